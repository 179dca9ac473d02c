package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"gantry.dev/gantry/sandbox/kubeprovider"
)

// chartsFromNetwork is the environment variable that, set to true, has charts
// come from other machines where they answer. By default none is asked.
const chartsFromNetwork = "GANTRY_SANDBOX_NETWORK"

// providers are the resource providers served by this process.
type providers struct {
	attach []string
	quit   chan bool
	done   []<-chan error
}

// serve starts the emulated clouds and the Kubernetes provider on loopback.
func (s *Sandbox) serve() (*providers, error) {
	p := &providers{quit: make(chan bool)}
	for _, account := range s.accounts {
		if err := p.serve(account.provider, account.server); err != nil {
			return p, err
		}
	}
	return p, p.serve("kubernetes", kubeprovider.New(kubeprovider.Options{
		Resolver:    s.resolve,
		Project:     s.options.Project,
		Definitions: filepath.Join(filepath.Dir(s.options.Bin), "crds"),
		Network:     os.Getenv(chartsFromNetwork) == "true",
	}))
}

func (p *providers) serve(name string, server pulumirpc.ResourceProviderServer) error {
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: p.quit,
		Init: func(registrar *grpc.Server) error {
			pulumirpc.RegisterResourceProviderServer(registrar, server)
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("serve the %s provider: %w", name, err)
	}
	p.attach = append(p.attach, fmt.Sprintf("%s:%d", name, handle.Port))
	p.done = append(p.done, handle.Done)
	return nil
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
