package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/blang/semver"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Provider serves one emulated cloud to the Pulumi engine. The engine attaches
// to it (PULUMI_DEBUG_PROVIDERS) and never starts or stops it, so one provider
// sees many runs; each begins with Configure and ends with Cancel.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer

	cloud    Cloud
	types    map[string]*Type
	store    *Store
	log      func(format string, args ...any)
	latency  func(token string) time.Duration
	patience time.Duration

	mu     sync.Mutex
	cancel context.CancelFunc
	run    context.Context //nolint:containedctx // a run outlives the call that begins it
}

// Options tune a provider.
type Options struct {
	// Log takes what happens without the engine: objects rolled back. Nil
	// drops it.
	Log func(format string, args ...any)
	// Latency is how long the creation of an object of a type takes, so that
	// it can be interrupted. Nil: no time.
	Latency func(token string) time.Duration
	// Patience is how long a new object may take to become ready. 0: the
	// first answer counts.
	Patience time.Duration
}

// NewProvider serves cloud from the account in store. It fails when the tables
// contradict the schema.
func NewProvider(cloud Cloud, store *Store, options Options) (*Provider, error) {
	if _, err := semver.Parse(cloud.Version); err != nil {
		return nil, fmt.Errorf("emulated %s: version %q: %w", cloud.Package, cloud.Version, err)
	}
	types, err := cloud.types()
	if err != nil {
		return nil, err
	}
	p := &Provider{cloud: cloud, types: types, store: store, log: options.Log, latency: options.Latency, patience: options.Patience}
	if p.log == nil {
		p.log = func(string, ...any) {}
	}
	if p.latency == nil {
		p.latency = func(string) time.Duration { return 0 }
	}
	p.begin()
	return p, nil
}

// begin starts a run: from now on until Cancel, work is done.
func (p *Provider) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run == nil || p.run.Err() != nil {
		p.run, p.cancel = context.WithCancel(context.Background())
	}
}

// during is ctx, cut short when the run is cancelled.
func (p *Provider) during(ctx context.Context) (context.Context, context.CancelFunc) {
	p.mu.Lock()
	run := p.run
	p.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(run, cancel)
	return ctx, func() { stop(); cancel() }
}

// Handshake implements pulumirpc.ResourceProviderServer. The provider takes no
// secrets: the engine unwraps them on the way in and marks the outputs of the
// same name on the way back.
func (p *Provider) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{}, nil
}

// Attach implements pulumirpc.ResourceProviderServer. The provider calls
// nothing on the engine, so there is nothing to keep.
func (p *Provider) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// GetPluginInfo implements pulumirpc.ResourceProviderServer.
func (p *Provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: p.cloud.Version}, nil
}

// CheckConfig implements pulumirpc.ResourceProviderServer.
func (p *Provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	config, err := decode(req.GetNews())
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{
		Inputs:   req.GetNews(),
		Failures: failures(p.cloud.Schema.check(nested(config), p.configTypes())),
	}, nil
}

// configTypes are the provider's inputs and what the engine adds to them.
func (p *Provider) configTypes() map[string]PropertyType {
	types := map[string]PropertyType{"version": "string?", "pluginDownloadURL": "string?"}
	for name, t := range p.cloud.Schema.Config {
		types[name] = t
	}
	return types
}

// DiffConfig implements pulumirpc.ResourceProviderServer.
func (p *Provider) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	t := Type{Replace: p.cloud.ReplaceConfig}
	olds, err := decode(oldInputs(req))
	if err != nil {
		return nil, err
	}
	news, err := decode(req.GetNews())
	if err != nil {
		return nil, err
	}
	return t.diff(nested(olds), nested(news)).response(false), nil
}

// Configure implements pulumirpc.ResourceProviderServer. It begins a run.
func (p *Provider) Configure(_ context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	config, err := decode(req.GetArgs())
	if err != nil {
		return nil, err
	}
	if p.cloud.Configure != nil {
		if err := p.cloud.Configure(nested(config)); err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
	}
	p.begin()
	return &pulumirpc.ConfigureResponse{SupportsPreview: true}, nil
}

// Cancel implements pulumirpc.ResourceProviderServer. Work in hand stops and is
// undone.
func (p *Provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cancel()
	return &emptypb.Empty{}, nil
}

// Invoke implements pulumirpc.ResourceProviderServer.
func (p *Provider) Invoke(ctx context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	invoke, ok := p.cloud.Invokes[req.GetTok()]
	if !ok {
		return nil, status.Errorf(codes.Unimplemented,
			"the emulated %s has no function %s; add it to the cloud's Invokes", p.cloud.Package, req.GetTok())
	}
	args, err := decode(req.GetArgs())
	if err != nil {
		return nil, err
	}
	result, err := invoke(ctx, args)
	if err != nil {
		return nil, status.Errorf(codes.Unknown, "invoking %s: %v", req.GetTok(), err)
	}
	wire, err := encode(result)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.InvokeResponse{Return: wire}, nil
}

// lookup is the table of a type.
func (p *Provider) lookup(token string) (*Type, error) {
	if t, ok := p.types[token]; ok {
		return t, nil
	}
	return nil, status.Errorf(codes.Unimplemented,
		"the emulated %s has no type %s; add a table for it", p.cloud.Package, token)
}

// nested decodes the JSON strings in which SDKs pass the nested values of
// explicit providers.
func nested(config Properties) Properties {
	out := config.Clone()
	for key, v := range out {
		text, ok := v.(string)
		if !ok {
			continue
		}
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			continue
		}
		switch value.(type) {
		case map[string]any, []any, bool:
			out[key] = value
		}
	}
	return out
}
