package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/helm"
	"gantry.dev/gantry/components/platform"
	"gantry.dev/gantry/modules/spec"
)

// release is a chart with the values that Gantry gives it.
type release struct {
	chart, version string
	values         map[string]any
}

// releases builds the platform of a variant and returns its Helm releases.
func (v variant) releases() ([]release, error) {
	config, pools, err := spec.Load(v.raw)
	if err != nil {
		return nil, err
	}
	m := &monitor{}
	err = pulumi.RunErr(func(ctx *pulumi.Context) error {
		_, err := platform.New(ctx, config.Name, &platform.Args{Platform: config, Handle: handle(config, pools)})
		return err
	}, pulumi.WithMocks(config.Project, config.Stack, m))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(m.releases, func(a, b release) int { return strings.Compare(a.chart, b.chart) })
	return m.releases, nil
}

// handle is a cluster whose outputs are all known.
func handle(config spec.Platform, pools []spec.PoolPlan) *cluster.Handle {
	known := func(text string) pulumi.StringOutput { return pulumi.String(text).ToStringOutput() }
	h := &cluster.Handle{
		Name: config.Name, Pools: pools, Accounts: map[string]*cluster.BoundAccount{},
		Endpoint: known("https://cluster.example.com"), Identifier: known("cluster"),
		Kubeconfig: known("{}"), Network: known("network"),
		Registry: &cluster.Registry{URL: known("registry.example.com/images")},
		Bucket:   &cluster.Bucket{URL: known("s3://models"), Resource: known("models")},
		Storage: cluster.StorageClasses{{
			Name: cluster.ClassBlock, Provisioner: "disk.example.com", Access: cluster.ReadWriteOnce, Default: true,
		}},
	}
	for name := range platform.Bindings(config) {
		h.Accounts[name] = &cluster.BoundAccount{
			Annotations: pulumi.StringMap{"example.com/identity": pulumi.String(name)},
			PodLabels:   map[string]string{"example.com/identity": "true"},
		}
	}
	return h
}

// monitor is an engine that makes everything as it is asked, and remembers Helm
// releases.
type monitor struct {
	mu       sync.Mutex
	releases []release
}

// Call implements pulumi.MockResourceMonitor.
func (m *monitor) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("the platform calls %s, which needs a cloud", args.Token)
}

// NewResource implements pulumi.MockResourceMonitor.
func (m *monitor) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if args.TypeToken == helm.Type {
		inputs, _ := plain(resource.NewProperty(args.Inputs)).(map[string]any)
		chart, _ := inputs["chart"].(string)
		version, _ := inputs["version"].(string)
		values, _ := inputs["values"].(map[string]any)
		m.mu.Lock()
		m.releases = append(m.releases, release{chart: path.Base(chart), version: version, values: values})
		m.mu.Unlock()
	}
	return args.Name + "-id", args.Inputs, nil
}

// plain is a value of the engine as YAML has it. Of secrets, only the keys
// matter.
func plain(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return plain(value.SecretValue().Element)
	case value.IsOutput():
		return plain(value.OutputValue().Element)
	case value.IsObject():
		values := map[string]any{}
		for key, item := range value.ObjectValue() {
			values[string(key)] = plain(item)
		}
		return values
	case value.IsArray():
		var values []any
		for _, item := range value.ArrayValue() {
			values = append(values, plain(item))
		}
		return values
	default:
		return value.V
	}
}
