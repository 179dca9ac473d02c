package kubeprovider

import (
	"context"
	"errors"
	"fmt"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// session is one provider instance of the engine: its settings, its cluster
// and the way back to the engine's display.
type session struct {
	options Options
	charts  *charts
	done    context.Context
	cancel  context.CancelFunc

	mu       sync.Mutex
	engine   pulumirpc.EngineClient
	settings settings
	cluster  *cluster
	// unreachable says why there is no cluster.
	unreachable string
}

func newSession(o Options, found *charts) *session {
	done, cancel := context.WithCancel(context.Background())
	return &session{options: o, charts: found, done: done, cancel: cancel, unreachable: "the provider is not configured"}
}

func (s *session) attach(conn grpc.ClientConnInterface) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.engine = pulumirpc.NewEngineClient(conn)
}

func (s *session) configure(set settings, c *cluster, unreachable string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings, s.cluster, s.unreachable = set, c, unreachable
}

// target returns the cluster and the settings to use it with; the cluster is
// nil when it cannot be reached.
func (s *session) target() (*cluster, settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cluster, s.settings
}

// reachable is target for what cannot be done without a cluster.
func (s *session) reachable() (*cluster, settings, error) {
	c, set := s.target()
	if c == nil {
		return nil, set, fmt.Errorf("configured Kubernetes cluster is unreachable: %s", s.reason())
	}
	return c, set, nil
}

func (s *session) reason() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unreachable
}

// bound ends ctx also when the engine cancels the instance.
func (s *session) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.done, cancel)
	return ctx, func() { stop(); cancel() }
}

// errUnreachable is what pulumi-kubernetes says where state can be cleaned up
// without the cluster.
var errUnreachable = errors.New("configured Kubernetes cluster is unreachable. If the cluster was deleted, " +
	"you can remove this resource from Pulumi state by rerunning the operation with the " +
	"PULUMI_K8S_DELETE_UNREACHABLE environment variable set to \"true\"")

// warn writes a line that stays in the output of the run.
func (s *session) warn(ctx context.Context, urn, message string) {
	s.log(ctx, &pulumirpc.LogRequest{Severity: pulumirpc.LogSeverity_WARNING, Urn: urn, Message: message})
}

// info writes a line that stays in the output of the run and is no cause for
// worry.
func (s *session) info(ctx context.Context, urn, message string) {
	if s.options.Log != nil {
		s.options.Log(urn, message)
	}
	s.log(ctx, &pulumirpc.LogRequest{Severity: pulumirpc.LogSeverity_INFO, Urn: urn, Message: message})
}

// status replaces the resource's line in the engine's status column; an empty
// message clears it.
func (s *session) status(ctx context.Context, urn, message string) {
	if message != "" && s.options.Log != nil {
		s.options.Log(urn, message)
	}
	s.log(ctx, &pulumirpc.LogRequest{
		Severity: pulumirpc.LogSeverity_INFO, Urn: urn, Message: message, Ephemeral: true,
	})
}

// log is best effort: a display that is gone must not fail a deployment.
func (s *session) log(ctx context.Context, req *pulumirpc.LogRequest) {
	s.mu.Lock()
	engine := s.engine
	s.mu.Unlock()
	if engine != nil {
		_, _ = engine.Log(context.WithoutCancel(ctx), req)
	}
}
