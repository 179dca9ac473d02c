package kubeprovider

import (
	"context"
	"errors"
	"fmt"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/kube"
	helmrelease "helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

func init() {
	// Helm would call itself after the binary that it is part of.
	kube.ManagedFieldsManager = "helm"
}

// helmClient lets Helm reach a cluster, and no kubeconfig of the machine.
type helmClient struct {
	config    *rest.Config
	kinds     discovery.CachedDiscoveryInterface
	namespace string
}

func newHelmClient(c *cluster, namespace string) (*helmClient, error) {
	kinds, err := discovery.NewDiscoveryClientForConfig(c.config)
	if err != nil {
		return nil, fmt.Errorf("discovery client for %s: %w", c.config.Host, err)
	}
	return &helmClient{config: c.config, kinds: memory.NewMemCacheClient(kinds), namespace: namespace}, nil
}

// ToRESTConfig implements genericclioptions.RESTClientGetter.
func (h *helmClient) ToRESTConfig() (*rest.Config, error) { return rest.CopyConfig(h.config), nil }

// ToDiscoveryClient implements genericclioptions.RESTClientGetter.
func (h *helmClient) ToDiscoveryClient() (discovery.CachedDiscoveryInterface, error) {
	return h.kinds, nil
}

// ToRESTMapper implements genericclioptions.RESTClientGetter.
func (h *helmClient) ToRESTMapper() (meta.RESTMapper, error) {
	return restmapper.NewDeferredDiscoveryRESTMapper(h.kinds), nil
}

// ToRawKubeConfigLoader implements genericclioptions.RESTClientGetter. Helm
// takes from it the namespace for objects that name none.
func (h *helmClient) ToRawKubeConfigLoader() clientcmd.ClientConfig {
	return clientcmd.NewDefaultClientConfig(*clientcmdapi.NewConfig(),
		&clientcmd.ConfigOverrides{Context: clientcmdapi.Context{Namespace: h.namespace}})
}

// helm returns what Helm's actions need to work in a namespace. What Helm is
// doing shows in the resource's status.
func (s *session) helm(ctx context.Context, c *cluster, urn, namespace string) (*action.Configuration, error) {
	client, err := newHelmClient(c, namespace)
	if err != nil {
		return nil, err
	}
	shown := &wait{session: s, urn: urn}
	config := &action.Configuration{}
	err = config.Init(client, namespace, "secret", func(format string, args ...any) {
		shown.show(ctx, fmt.Sprintf(format, args...))
	})
	if err != nil {
		return nil, fmt.Errorf("preparing Helm for namespace %s: %w", namespace, err)
	}
	return config, nil
}

// lastRevision returns the newest revision of a release, nil if it has none.
func lastRevision(config *action.Configuration, name string) (*helmrelease.Release, error) {
	found, err := config.Releases.Last(name)
	switch {
	case errors.Is(err, driver.ErrReleaseNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading release %s: %w", name, err)
	}
	return found, nil
}
