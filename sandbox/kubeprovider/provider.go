// Package kubeprovider is the sandbox's Pulumi resource provider for package
// kubernetes. It serves every kind that a cluster's API server knows, typed or
// custom, by server-side apply, and behaves as pulumi-kubernetes does in what
// a user can see: names, diffs, replacements, readiness, errors and state.
//
// Helm releases are installed by the Helm library wherever the chart can be
// reached: a folder, a packed chart, a repository or registry on loopback, and
// others when the network is allowed. Rendering, hooks, waits, revisions and
// rollbacks are then the real thing; only webhook configurations and aggregated
// APIs that lead into the cluster are left out, since simulated containers
// answer no calls. A chart that cannot be reached is recorded: the release is
// told as such and never as installed, none of its objects exist, and the
// custom resource definitions that are known of the chart are applied, so that
// objects of its kinds are judged as in a real cluster.
//
// It differs on purpose in two ways. A field that the API server does not know
// is an error and not dropped with a warning, and only clusters that the
// caller's Resolver maps are ever contacted: the ambient kubeconfig is not.
package kubeprovider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/types/known/emptypb"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Version is the release of pulumi-kubernetes whose behaviour is reproduced.
// It equals the version of the Go SDK that programs here are built with, so
// that the engine has nothing to warn about.
const Version = "4.25.0"

// Resolver maps a kubeconfig as a cloud hands it out, with its exec plugin and
// public endpoint, to a configuration that reaches the local control plane. An
// error makes the cluster unreachable; its text is shown to the user.
type Resolver func(kubeconfig *clientcmdapi.Config) (*rest.Config, error)

// Options of a provider.
type Options struct {
	// Resolver is asked once for every configured provider. Without one the
	// kubeconfig is used as it is.
	Resolver Resolver
	// Log, when set, receives the progress of each resource, beside the
	// engine's own status column.
	Log func(urn, message string)
	// Project is the folder that the relative paths of charts start from.
	// Default: the working directory.
	Project string
	// Definitions has, in one folder a chart, the custom resource definitions
	// of charts that cannot be reached. Empty: none are known.
	Definitions string
	// Network lets charts come from other machines. Without it only folders,
	// packed charts and loopback addresses are asked, so that a run does the
	// same on every machine.
	Network bool
}

// New returns the provider's gRPC service.
func New(o Options) pulumirpc.ResourceProviderServer {
	return &provider{options: o, charts: newCharts(o), sessions: map[string]*session{}}
}

// provider serves any number of engine-side provider instances. An engine that
// attaches to a running provider opens one connection for each instance and
// names the instance in no other way, so the connection tells them apart: two
// clusters in one update, such as during a replacement, stay separate.
type provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	options Options
	charts  *charts

	mu       sync.Mutex
	sessions map[string]*session
	last     *session
}

// begin gives the calling connection a new session. An address may have
// belonged to an earlier connection, whose session is over.
func (p *provider) begin(ctx context.Context) *session {
	s := newSession(p.options, p.charts)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions[connection(ctx)] = s
	p.last = s
	return s
}

// own returns the calling connection's session, a new one if it has none that
// is still going on.
func (p *provider) own(ctx context.Context) *session {
	p.mu.Lock()
	s := p.sessions[connection(ctx)]
	p.mu.Unlock()
	if s == nil || s.done.Err() != nil {
		return p.begin(ctx)
	}
	return s
}

// session returns the session of the calling connection. A connection that was
// reopened by gRPC never introduced itself again and continues the last one.
func (p *provider) session(ctx context.Context) *session {
	p.mu.Lock()
	s, last := p.sessions[connection(ctx)], p.last
	p.mu.Unlock()
	switch {
	case s != nil:
		return s
	case last != nil:
		return last
	default:
		return p.begin(ctx)
	}
}

func connection(ctx context.Context) string {
	if pr, ok := peer.FromContext(ctx); ok && pr.Addr != nil {
		return pr.Addr.String()
	}
	return ""
}

// GetPluginInfo reports the version, which the engine compares with the SDK's.
func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

// GetSchema returns a schema without types: kinds are taken from the cluster.
func (p *provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{
		Schema: fmt.Sprintf(`{"name": "kubernetes", "version": %q}`, Version),
	}, nil
}

// Attach connects back to the engine, whose display shows the progress.
func (p *provider) Attach(ctx context.Context, req *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	conn, err := grpc.NewClient(req.GetAddress(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("connecting to the engine at %s: %w", req.GetAddress(), err)
	}
	p.begin(ctx).attach(conn)
	return &emptypb.Empty{}, nil
}

// Cancel ends every wait of the calling instance at once.
func (p *provider) Cancel(ctx context.Context, _ *emptypb.Empty) (*emptypb.Empty, error) {
	p.session(ctx).cancel()
	return &emptypb.Empty{}, nil
}

// Invoke serves no function: those of pulumi-kubernetes decode YAML or render
// charts, which the engine asks for only from a program that uses them.
func (p *provider) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, fmt.Errorf("function %s is not available in the sandbox's kubernetes provider: "+
		"register the objects as typed resources or as CustomResource", req.GetTok())
}

// Construct serves no component: those of pulumi-kubernetes render charts and
// manifests.
func (p *provider) Construct(_ context.Context, req *pulumirpc.ConstructRequest) (*pulumirpc.ConstructResponse, error) {
	return nil, fmt.Errorf("component %s is not available in the sandbox's kubernetes provider: "+
		"register the objects as typed resources or as CustomResource", req.GetType())
}

// refuse returns an error for the kinds that this provider does not serve.
func refuse(urn string) error {
	typ := typeOf(urn)
	kind := typ[strings.LastIndex(typ, ":")+1:]
	switch {
	case strings.HasPrefix(typ, "kubernetes:helm.sh/") && typ != releaseType:
		return fmt.Errorf("%s is not available in the sandbox's kubernetes provider: install charts as %s", typ, releaseType)
	case strings.HasSuffix(kind, "Patch") && builtInToken(strings.TrimSuffix(typ, "Patch")):
		return fmt.Errorf("patch resources such as %s are not available in the sandbox's kubernetes provider: "+
			"register the whole object", typ)
	case strings.HasSuffix(kind, "List") && builtInToken(strings.TrimSuffix(typ, "List")):
		return errors.New("list resources exist for compatibility with YAML manifests and Helm charts, " +
			"and cannot be created directly. Use the underlying resource type instead")
	}
	return nil
}

func typeOf(urn string) string {
	return string(resource.URN(urn).Type())
}
