package kubeprovider

import (
	"fmt"
	"os"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// parseKubeconfig reads a kubeconfig given as YAML or JSON text, as the path
// of a file, or as an object. A null one is an empty configuration.
func parseKubeconfig(v resource.PropertyValue) (*clientcmdapi.Config, error) {
	raw := text(v)
	if raw == "" {
		return clientcmdapi.NewConfig(), nil
	}
	if _, err := os.Stat(raw); err == nil {
		content, err := os.ReadFile(raw)
		if err != nil {
			return nil, fmt.Errorf("reading kubeconfig file: %w", err)
		}
		raw = string(content)
	}
	config, err := clientcmd.Load([]byte(raw))
	if err != nil {
		return nil, fmt.Errorf("failed to parse kubeconfig: %w", err)
	}
	return config, nil
}

// activeCluster returns the cluster that the provider's arguments choose, nil
// when there is none.
func activeCluster(args resource.PropertyMap) (*clientcmdapi.Cluster, error) {
	config, err := parseKubeconfig(args["kubeconfig"])
	if err != nil {
		return nil, err
	}
	if name := text(args["context"]); name != "" {
		config.CurrentContext = name
	}
	active := config.Contexts[config.CurrentContext]
	if active == nil {
		return nil, nil
	}
	if name := text(args["cluster"]); name != "" {
		return config.Clusters[name], nil
	}
	return config.Clusters[active.Cluster], nil
}

func sameCluster(a, b *clientcmdapi.Cluster) bool {
	return reflect.DeepEqual(a, b)
}
