package kubeprovider

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// serve runs a gRPC server on loopback until the test ends.
func serve(t *testing.T, register func(*grpc.Server)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	register(server)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

func dial(t *testing.T, address string) pulumirpc.ResourceProviderClient {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return pulumirpc.NewResourceProviderClient(conn)
}

// display is an engine that keeps what it is told to show.
type display struct {
	pulumirpc.UnimplementedEngineServer
	mu   sync.Mutex
	seen []*pulumirpc.LogRequest
}

func (d *display) Log(_ context.Context, req *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen = append(d.seen, req)
	return &emptypb.Empty{}, nil
}

func TestEveryEngineInstanceHasItsOwnCluster(t *testing.T) {
	address := serve(t, func(s *grpc.Server) {
		pulumirpc.RegisterResourceProviderServer(s, New(Options{Resolver: func(c *clientcmdapi.Config) (*rest.Config, error) {
			return nil, errors.New("no control plane at " + c.Clusters["dev"].Server)
		}}))
	})
	ctx := context.Background()
	instances := map[string]pulumirpc.ResourceProviderClient{}
	for _, endpoint := range []string{"https://old.eks.amazonaws.com", "https://new.eks.amazonaws.com"} {
		client := dial(t, address)
		_, err := client.Configure(ctx, &pulumirpc.ConfigureRequest{
			Args: structOf(t, resource.PropertyMap{"kubeconfig": resource.NewProperty(eksKubeconfig(endpoint))}),
		})
		require.NoError(t, err)
		instances[endpoint] = client
	}
	for endpoint, client := range instances {
		_, err := client.Create(ctx, &pulumirpc.CreateRequest{Urn: urnOf(configMapType)})
		assert.ErrorContains(t, err, endpoint)
	}
}

func TestProgressAndWarningsReachTheEngine(t *testing.T) {
	engine := &display{}
	engineAddress := serve(t, func(s *grpc.Server) { pulumirpc.RegisterEngineServer(s, engine) })
	p := New(Options{}).(*provider)
	_, err := p.Attach(context.Background(), &pulumirpc.PluginAttach{Address: engineAddress})
	require.NoError(t, err)
	s := p.session(context.Background())
	s.status(context.Background(), "urn", "waiting")
	s.warn(context.Background(), "urn", "careful")
	require.Len(t, engine.seen, 2)
	assert.Equal(t, "waiting", engine.seen[0].GetMessage())
	assert.True(t, engine.seen[0].GetEphemeral())
	assert.Equal(t, pulumirpc.LogSeverity_WARNING, engine.seen[1].GetSeverity())
	assert.False(t, engine.seen[1].GetEphemeral())
}

func TestCancelEndsOneInstanceAndTheNextStartsAfresh(t *testing.T) {
	p := New(Options{}).(*provider)
	ctx := context.Background()
	other := newSession(Options{}, nil)
	first := p.own(ctx)
	_, err := p.Cancel(ctx, &emptypb.Empty{})
	require.NoError(t, err)

	bound, done := first.bound(ctx)
	defer done()
	<-bound.Done()
	bound, done = other.bound(ctx)
	defer done()
	assert.NoError(t, bound.Err())
	assert.NotSame(t, first, p.own(ctx))
}

func TestTheVersionIsThatOfTheSDK(t *testing.T) {
	info, err := New(Options{}).GetPluginInfo(context.Background(), &emptypb.Empty{})
	require.NoError(t, err)
	assert.Equal(t, "4.25.0", info.GetVersion())
}
