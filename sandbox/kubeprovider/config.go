package kubeprovider

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// settings are the provider arguments that this provider honours, named as in
// the pulumi-kubernetes schema.
type settings struct {
	kubeconfig resource.PropertyValue
	context    string
	cluster    string
	namespace  string

	patchForce            bool
	configMapMutable      bool
	secretMutable         bool
	deleteUnreachable     bool
	skipUpdateUnreachable bool

	client clientSettings
}

// clientSettings tune the API client. The defaults are those of
// pulumi-kubernetes: client-go's own are too low for a parallel deployment.
type clientSettings struct {
	Burst   *int     `json:"burst"`
	QPS     *float64 `json:"qps"`
	Timeout *int     `json:"timeout"` // seconds for one request
}

func (c clientSettings) limits() (qps float32, burst int, timeout time.Duration) {
	qps, burst = 50, 120
	if c.QPS != nil {
		qps = float32(*c.QPS)
	}
	if c.Burst != nil {
		burst = *c.Burst
	}
	if c.Timeout != nil {
		timeout = time.Duration(*c.Timeout) * time.Second
	}
	return qps, burst, timeout
}

// CheckConfig validates the provider's arguments.
func (p *provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	news, err := decodePlain(req.GetNews())
	if err != nil {
		return nil, fmt.Errorf("reading the kubernetes provider's arguments: %w", err)
	}
	resp := &pulumirpc.CheckResponse{Inputs: req.GetNews()}
	fail := func(property, reason string) {
		resp.Failures = append(resp.Failures, &pulumirpc.CheckFailure{Property: property, Reason: reason})
	}
	if v, ok := news["enableServerSideApply"]; ok && text(v) == "false" {
		fail("enableServerSideApply", "the sandbox's kubernetes provider has server-side apply only: "+
			"remove the argument or set it to true")
	}
	if v := text(news["renderYamlToDirectory"]); v != "" {
		fail("renderYamlToDirectory", "the sandbox's kubernetes provider renders no YAML: remove the argument")
	}
	return resp, nil
}

// clusterIdentifier names a cluster for good: see DiffConfig.
const clusterIdentifier = "clusterIdentifier"

// activeClusterKeys are the arguments that choose the cluster.
var activeClusterKeys = []string{"kubeconfig", "context", "cluster"}

// DiffConfig tells a new cluster, which replaces the provider and with it all
// that it deployed, from a changed way to the same one. Without an identifier
// it goes by the active cluster of the kubeconfig, and must take an unknown
// one for a new one. With an identifier only a change of that counts; adding
// or removing it replaces nothing by itself.
func (p *provider) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := decodePlain(req.GetOlds())
	if err != nil {
		return nil, fmt.Errorf("reading the kubernetes provider's old arguments: %w", err)
	}
	news, err := decodePlain(req.GetNews())
	if err != nil {
		return nil, fmt.Errorf("reading the kubernetes provider's new arguments: %w", err)
	}
	diff := olds.Diff(news)
	if diff == nil {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	resp := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_SOME}
	for _, k := range diff.ChangedKeys() {
		resp.Diffs = append(resp.Diffs, string(k))
	}
	slices.Sort(resp.Diffs)
	if diff.Same(clusterIdentifier) && news.HasValue(clusterIdentifier) {
		return resp, nil
	}
	if diff.Updated(clusterIdentifier) {
		resp.Replaces = append(resp.Replaces, clusterIdentifier)
	}
	moved, err := clusterMoved(olds, news, resp.Diffs)
	if err != nil {
		return nil, err
	}
	resp.Replaces = append(resp.Replaces, moved...)
	return resp, nil
}

// clusterMoved returns the changed arguments that make, or may make, another
// cluster the active one.
func clusterMoved(olds, news resource.PropertyMap, changed []string) ([]string, error) {
	for _, key := range activeClusterKeys {
		if news[resource.PropertyKey(key)].ContainsUnknowns() {
			return []string{key}, nil
		}
	}
	before, err := activeCluster(olds)
	if err != nil {
		return nil, fmt.Errorf("reading the old kubeconfig: %w", err)
	}
	after, err := activeCluster(news)
	if err != nil {
		return nil, fmt.Errorf("reading the new kubeconfig: %w", err)
	}
	if before == nil || after == nil || sameCluster(before, after) {
		return nil, nil
	}
	var moved []string
	for _, key := range activeClusterKeys {
		if slices.Contains(changed, key) {
			moved = append(moved, key)
		}
	}
	return moved, nil
}

// Configure connects to the cluster. A cluster that cannot be reached is no
// error here: it fails what needs it, so that state can still be cleaned up.
func (p *provider) Configure(ctx context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	args, err := decodePlain(req.GetArgs())
	if err != nil {
		return nil, fmt.Errorf("reading the kubernetes provider's arguments: %w", err)
	}
	set, err := parseSettings(args)
	if err != nil {
		return nil, err
	}
	c, err := connect(ctx, set, p.options.Resolver)
	unreachable := ""
	if err != nil {
		c, unreachable = nil, err.Error()
	}
	p.own(ctx).configure(set, c, unreachable)
	return &pulumirpc.ConfigureResponse{
		AcceptSecrets:                   true,
		SupportsPreview:                 true,
		SupportsAutonamingConfiguration: true,
	}, nil
}

func parseSettings(args resource.PropertyMap) (settings, error) {
	set := settings{
		kubeconfig: args["kubeconfig"],
		context:    text(args["context"]),
		cluster:    text(args["cluster"]),
		namespace:  text(args["namespace"]),

		patchForce:            flag(args, "enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
		configMapMutable:      flag(args, "enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
		secretMutable:         flag(args, "enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
		deleteUnreachable:     flag(args, "deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
		skipUpdateUnreachable: flag(args, "skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
	}
	if v := text(args["kubeClientSettings"]); v != "" {
		if err := json.Unmarshal([]byte(v), &set.client); err != nil {
			return settings{}, fmt.Errorf("kubernetes provider argument kubeClientSettings: %w", err)
		}
	}
	return set, nil
}

// flag reads a boolean argument, which wins, or its environment variable.
func flag(args resource.PropertyMap, key resource.PropertyKey, env string) bool {
	if v, ok := args[key]; ok && !v.IsNull() {
		return text(v) == "true"
	}
	return os.Getenv(env) == "true"
}

// text returns an argument as the string that SDKs may or may not have
// encoded it to: they send booleans and objects as JSON text.
func text(v resource.PropertyValue) string {
	switch {
	case v.IsString():
		return v.StringValue()
	case v.IsNull() || v.IsComputed() || v.IsOutput():
		return ""
	}
	raw, err := json.Marshal(v.Mappable())
	if err != nil {
		return ""
	}
	return string(raw)
}
