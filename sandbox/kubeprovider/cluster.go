package kubeprovider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// cluster is a reachable API server.
type cluster struct {
	config  *rest.Config
	objects dynamic.Interface
	mapper  meta.ResettableRESTMapper
	// namespace for objects that name none.
	namespace string
}

// connectTimeout bounds the first request: an API server on loopback answers
// in milliseconds or is not there.
const connectTimeout = 10 * time.Second

// connect resolves the kubeconfig and makes sure that its API server answers.
func connect(ctx context.Context, set settings, resolve Resolver) (*cluster, error) {
	kubeconfig, err := parseKubeconfig(set.kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- %w", err)
	}
	if len(kubeconfig.Clusters) == 0 {
		return nil, errors.New("the provider has no kubeconfig, and the sandbox does not use the ambient one: " +
			"pass the kubeconfig of the stack's cluster")
	}
	override(kubeconfig, set)
	if resolve == nil {
		resolve = direct
	}
	config, err := resolve(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("no control plane for context %q: %w", kubeconfig.CurrentContext, err)
	}
	c, err := newCluster(limited(config, set.client))
	if err != nil {
		return nil, err
	}
	c.namespace = namespaceOf(kubeconfig, set)
	return c, c.ping(ctx, config)
}

// override applies the arguments that choose another context or cluster.
func override(kubeconfig *clientcmdapi.Config, set settings) {
	if set.context != "" {
		kubeconfig.CurrentContext = set.context
	}
	if active := kubeconfig.Contexts[kubeconfig.CurrentContext]; active != nil && set.cluster != "" {
		active.Cluster = set.cluster
	}
}

func namespaceOf(kubeconfig *clientcmdapi.Config, set settings) string {
	if set.namespace != "" {
		return set.namespace
	}
	if active := kubeconfig.Contexts[kubeconfig.CurrentContext]; active != nil && active.Namespace != "" {
		return active.Namespace
	}
	return "default"
}

func direct(kubeconfig *clientcmdapi.Config) (*rest.Config, error) {
	return clientcmd.NewDefaultClientConfig(*kubeconfig, nil).ClientConfig()
}

func limited(config *rest.Config, set clientSettings) *rest.Config {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst, config.Timeout = set.limits()
	config.WarningHandler = rest.NoWarnings{}
	config.UserAgent = "pulumi-kubernetes/" + Version
	return config
}

func newCluster(config *rest.Config) (*cluster, error) {
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("client for %s: %w", config.Host, err)
	}
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("discovery client for %s: %w", config.Host, err)
	}
	return &cluster{
		config:  config,
		objects: objects,
		mapper:  restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kinds)),
	}, nil
}

func (c *cluster) ping(ctx context.Context, config *rest.Config) error {
	config = rest.CopyConfig(config)
	config.Timeout = connectTimeout
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return fmt.Errorf("discovery client for %s: %w", config.Host, err)
	}
	if _, err := kinds.RESTClient().Get().AbsPath("/version").DoRaw(ctx); err != nil {
		return fmt.Errorf("unable to load schema information from the API server at %s: %w. "+
			"Is the control plane running? Bringing the stack up again starts it", config.Host, err)
	}
	return nil
}

// mapping finds how the API server serves a kind. Kinds may have been
// installed by the same run, so a miss asks the server once more.
func (c *cluster) mapping(gvk schema.GroupVersionKind) (*meta.RESTMapping, error) {
	m, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if meta.IsNoMatchError(err) {
		c.mapper.Reset()
		m, err = c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	}
	return m, err
}

func (c *cluster) serves(gvk schema.GroupVersionKind) bool {
	_, err := c.mapping(gvk)
	return err == nil
}

// client returns the API of obj's kind, in obj's namespace where the kind has
// one.
func (c *cluster) client(obj *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	m, err := c.mapping(obj.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	if m.Scope.Name() == meta.RESTScopeNameRoot {
		return c.objects.Resource(m.Resource), nil
	}
	return c.objects.Resource(m.Resource).Namespace(canonicalNamespace(obj.GetNamespace())), nil
}

// namespaced tells whether objects of a kind live in namespaces. It asks the
// cluster, if there is one; a custom kind that is not installed yet counts as
// namespaced until it is.
func (c *cluster) namespaced(gvk schema.GroupVersionKind) bool {
	if c != nil {
		if m, err := c.mapping(gvk); err == nil {
			return m.Scope.Name() == meta.RESTScopeNameNamespace
		}
	}
	return !clusterScoped[gvk.GroupKind()]
}

// canonicalNamespace spells out the namespace that no namespace stands for.
func canonicalNamespace(ns string) string {
	if ns == "" {
		return "default"
	}
	return ns
}
