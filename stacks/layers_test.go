package stacks

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

// otherStack answers stack references with outputs.
type otherStack struct {
	nothing
	outputs map[string]any
}

func (o otherStack) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if args.TypeToken != "pulumi:pulumi:StackReference" {
		return o.nothing.NewResource(args)
	}
	return args.Name, resource.NewPropertyMapFromMap(map[string]any{"name": args.Name, "outputs": o.outputs}), nil
}

// withOutputs runs part of a program beside a stack with the outputs.
func withOutputs(t *testing.T, outputs, config map[string]any, program pulumi.RunFunc) error {
	t.Helper()
	values := map[string]string{}
	for key, value := range config {
		text, isText := value.(string)
		if !isText {
			encoded, err := json.Marshal(value)
			require.NoError(t, err)
			text = string(encoded)
		}
		values[key] = text
	}
	environment, err := json.Marshal(values)
	require.NoError(t, err)
	t.Setenv(pulumi.EnvConfig, string(environment))
	return pulumi.RunErr(program, pulumi.WithMocks("gantry", "prod-models", otherStack{outputs: outputs}),
		func(info *pulumi.RunInfo) { info.Config = values })
}

// handedOutputs are the outputs of a stack with a cluster, as handOver writes
// them.
func handedOutputs(t *testing.T) map[string]any {
	t.Helper()
	platform, plans, err := loadWith(t, soundConfig())
	require.NoError(t, err)
	written := make(chan string, 1)
	err = pulumi.RunErr(func(*pulumi.Context) error {
		handOver(platform, &cluster.Handle{
			Name: "gantry-prod", Pools: plans,
			Storage: cluster.StorageClasses{{
				Name: cluster.ClassShared, Provisioner: "efs.csi.aws.com", Access: cluster.ReadWriteMany,
				Parameters: pulumi.StringMap{"fileSystemId": pulumi.String("fs-1").ToStringOutput()},
			}},
			Bucket: &cluster.Bucket{
				URL: pulumi.String("gs://files").ToStringOutput(), Resource: pulumi.String("files").ToStringOutput(),
				Mount: &cluster.BucketMount{
					Volume: pulumi.String("files").ToStringOutput(), FolderOption: "only-dir=",
					Attributes:     pulumi.StringMap{"a": pulumi.String("b").ToStringOutput()},
					PodAnnotations: map[string]string{"c": "d"}, Egress: []cluster.Egress{{To: "0.0.0.0/0", Ports: []int{443}}},
				},
			},
		}).ApplyT(func(s string) string {
			written <- s
			return s
		})
		return nil
	}, pulumi.WithMocks("gantry", "prod", nothing{}))
	require.NoError(t, err)
	var text string
	select {
	case text = <-written:
	case <-time.After(10 * time.Second):
		t.Fatal("the output is never written")
	}
	return map[string]any{
		OutputContractVersion: float64(ContractVersion), OutputCluster: text,
		OutputEndpoint: "https://api", OutputIdentifier: "issuer", OutputKubeconfig: "secret kubeconfig",
	}
}

func modelsConfig() map[string]any {
	return map[string]any{
		"gantry:layers": []any{"models"}, "gantry:layersFrom": "organization/gantry/prod",
		"gantry:models": map[string]any{"image-classifier": map[string]any{"scale": map[string]any{"max": 5}}},
	}
}

func TestLayersBelow_HandsOverTheWholeHandle(t *testing.T) {
	outputs := handedOutputs(t)
	var platform spec.Platform
	var plans []spec.PoolPlan
	var below *lower
	require.NoError(t, withOutputs(t, outputs, modelsConfig(), func(ctx *pulumi.Context) (err error) {
		if below, err = layersBelow(ctx); err != nil {
			return err
		}
		platform, plans, err = load(ctx, below)
		return err
	}))

	assert.Equal(t, spec.AWS, platform.Cloud)
	assert.Equal(t, "gantry-prod", platform.Name, "the name of the platform is the cluster's")
	assert.Equal(t, "eu-central-1", platform.Region)
	assert.Equal(t, "1.35", platform.KubernetesVersion())
	assert.Equal(t, []spec.Layer{spec.LayerModels}, platform.Layers)
	assert.Equal(t, 5, platform.Models["image-classifier"].Scale.Max)
	require.Len(t, plans, 2)
	assert.Equal(t, "serve", plans[1].Name)
	assert.Equal(t, "g6.xlarge", plans[1].Machines[0].Type)
	assert.Equal(t, "l4", plans[1].NodeLabels["gantry.dev/gpu"])
	assert.NotEmpty(t, plans[1].NodeTaints)
	shared, ok := below.handle.Storage.For(cluster.ReadWriteMany)
	require.True(t, ok)
	assert.Equal(t, cluster.ClassShared, shared.Name)
	assert.Equal(t, pulumi.String("fs-1"), shared.Parameters["fileSystemId"])
	mount := below.handle.Bucket.Mount
	require.NotNil(t, mount)
	assert.Equal(t, "only-dir=", mount.FolderOption)
	assert.Equal(t, pulumi.StringMap{"a": pulumi.String("b")}, mount.Attributes)
	assert.Equal(t, map[string]string{"c": "d"}, mount.PodAnnotations)
	assert.Equal(t, []cluster.Egress{{To: "0.0.0.0/0", Ports: []int{443}}}, mount.Egress)
	assert.Nil(t, below.handle.Binder, "a stack without the cluster holds no credentials of its cloud")
}

func TestLayersBelow_NoneWhereTheStackMakesItsCluster(t *testing.T) {
	for name, config := range map[string]map[string]any{
		"nothing said":             {},
		"all layers":               {"gantry:layers": []any{"cluster", "platform", "models"}, "gantry:layersFrom": "organization/gantry/prod"},
		"layers that are no layer": {"gantry:layers": "modles", "gantry:layersFrom": "organization/gantry/prod"},
	} {
		require.NoError(t, withOutputs(t, nil, config, func(ctx *pulumi.Context) error {
			below, err := layersBelow(ctx)
			assert.Nil(t, below, name)
			return err
		}), name)
	}
}

func TestLayersBelow_SaysWhatTheOtherStackLacks(t *testing.T) {
	for name, test := range map[string]struct {
		change func(map[string]any)
		want   string
	}{
		"a stack that was never up": {func(o map[string]any) { clear(o) }, "bring that stack up first"},
		"a stack of another release": {
			func(o map[string]any) { o[OutputContractVersion] = float64(ContractVersion + 1) },
			"with the same release of Gantry",
		},
		"an output that is no cluster": {func(o map[string]any) { o[OutputCluster] = "{" }, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			outputs := handedOutputs(t)
			test.change(outputs)
			err := withOutputs(t, outputs, modelsConfig(), func(ctx *pulumi.Context) error {
				_, err := layersBelow(ctx)
				return err
			})
			assert.ErrorContains(t, err, "gantry:layersFrom: organization/gantry/prod")
			assert.ErrorContains(t, err, test.want)
		})
	}
}
