package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// resolve maps the kubeconfig of an emulated cluster, with its exec plugin and
// its endpoint in the cloud's form, to the local control plane. A kubeconfig of
// a local control plane itself, as an existing cluster has, is used as it is. No
// other server is ever contacted.
func (s *Sandbox) resolve(config *clientcmdapi.Config) (*rest.Config, error) {
	context, ok := config.Contexts[config.CurrentContext]
	if !ok {
		return nil, fmt.Errorf("the kubeconfig has no context %q", config.CurrentContext)
	}
	cluster, ok := config.Clusters[context.Cluster]
	if !ok {
		return nil, fmt.Errorf("the kubeconfig has no cluster %q", context.Cluster)
	}
	if name, ok := s.accounts.clusterByEndpoint(cluster.Server); ok {
		return s.clusters.RESTConfig(name)
	}
	if _, err := s.localCluster(cluster.Server); err != nil {
		return nil, err
	}
	return clientcmd.NewDefaultClientConfig(*config, nil).ClientConfig()
}

// errUnknownEndpoint says that nothing in the sandbox answers at a URL.
var errUnknownEndpoint = errors.New("no cluster of an emulated account and no local control plane answers")

// localCluster is the name of the control plane that serves a URL on this
// machine.
func (s *Sandbox) localCluster(server string) (string, error) {
	names, err := s.clusters.Names()
	if err != nil {
		return "", err
	}
	var servers []string
	for _, name := range names {
		config, err := s.clusters.RESTConfig(name)
		if err != nil {
			continue // one that was not created to the end serves nothing
		}
		if config.Host == server {
			return name, nil
		}
		servers = append(servers, config.Host+" ("+name+")")
	}
	if len(servers) == 0 {
		return "", fmt.Errorf("%w at %s: no control plane runs here", errUnknownEndpoint, server)
	}
	slices.Sort(servers)
	return "", fmt.Errorf("%w at %s: those that run here are %s", errUnknownEndpoint, server, strings.Join(servers, ", "))
}
