package engine

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"gantry.dev/gantry/sandbox/emulator/aws"
	"gantry.dev/gantry/sandbox/kubeprovider"
)

// providers are the resource providers served by this process.
type providers struct {
	attach []string
	quit   chan bool
	done   []<-chan error
}

// serve starts the emulated AWS and the Kubernetes provider on loopback.
func (s *Sandbox) serve() (*providers, error) {
	cloud, account := aws.NewProvider(s.store, s.clusters, aws.Options{Latency: s.options.Latency})
	s.account = account
	kubernetes := kubeprovider.New(kubeprovider.Options{Resolver: s.resolve})

	p := &providers{quit: make(chan bool)}
	for _, provider := range []struct {
		name   string
		server pulumirpc.ResourceProviderServer
	}{{"aws", cloud}, {"kubernetes", kubernetes}} {
		handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
			Cancel: p.quit,
			Init: func(server *grpc.Server) error {
				pulumirpc.RegisterResourceProviderServer(server, provider.server)
				return nil
			},
		})
		if err != nil {
			return p, fmt.Errorf("serve the %s provider: %w", provider.name, err)
		}
		p.attach = append(p.attach, fmt.Sprintf("%s:%d", provider.name, handle.Port))
		p.done = append(p.done, handle.Done)
	}
	return p, nil
}

// debugProviders is the value of PULUMI_DEBUG_PROVIDERS that attaches the
// engine to them.
func (p *providers) debugProviders() string {
	return strings.Join(p.attach, ",")
}

// Close ends the servers after the calls under way.
func (p *providers) Close() error {
	close(p.quit)
	var problems []error
	for _, done := range p.done {
		problems = append(problems, <-done)
	}
	return errors.Join(problems...)
}

// resolve maps the kubeconfig of an emulated cluster, with its exec plugin and
// its endpoint in the cloud's form, to the local control plane.
func (s *Sandbox) resolve(config *clientcmdapi.Config) (*rest.Config, error) {
	context, ok := config.Contexts[config.CurrentContext]
	if !ok {
		return nil, fmt.Errorf("the kubeconfig has no context %q", config.CurrentContext)
	}
	cluster, ok := config.Clusters[context.Cluster]
	if !ok {
		return nil, fmt.Errorf("the kubeconfig has no cluster %q", context.Cluster)
	}
	name, ok := s.account.ClusterByEndpoint(cluster.Server)
	if !ok {
		return nil, fmt.Errorf("no cluster of the emulated account answers at %s", cluster.Server)
	}
	return s.clusters.RESTConfig(name)
}
