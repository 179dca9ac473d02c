package serving

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/spec"
)

func TestModel_Golden(t *testing.T) {
	f := newFixture(t, classifier())
	require.NoError(t, f.run())
	manifest.Golden(t, "testdata/image-classifier.golden.yaml", f.rec.All())
}

func TestModel_ObjectsDescendFromItAndWaitForTheCluster(t *testing.T) {
	f := newFixture(t, classifier())
	require.NoError(t, f.run())
	model, ready := f.rec.Named(t, "image-classifier"), f.rec.Named(t, "cluster")
	assert.Equal(t, ModelType, model.Type)
	objects := 0
	for _, res := range f.rec.All() {
		if res.Parent != model.URN {
			continue
		}
		objects++
		assert.True(t, f.rec.DependsOn(res, ready), "%s would be created before the cluster and outlive it", res.Name)
		assert.Equal(t, "image-classifier", res.Input(t, "metadata.name"), res.Name)
		assert.Equal(t, namespace, res.Input(t, "metadata.namespace"), res.Name)
		assert.Equal(t, "image-classifier", res.Input(t, `metadata.labels["gantry.dev/model"]`), res.Name)
	}
	assert.Equal(t, 7, objects)
}

func TestModel_PodsStartAfterWhatTheyName(t *testing.T) {
	f := newFixture(t, classifier())
	require.NoError(t, f.run())
	deployment := f.rec.Named(t, "image-classifier-deployment")
	assert.True(t, f.rec.DependsOn(deployment, f.rec.Named(t, "image-classifier-account")))
	assert.True(t, f.rec.DependsOn(deployment, f.rec.Named(t, "image-classifier-claim")))
	scaler := f.rec.Named(t, "image-classifier-scaler")
	assert.False(t, f.rec.DependsOn(scaler, deployment), "the Deployment waits for replicas that only the scaler asks for")
}

func TestModel_ManifestsAreKnownAtPreview(t *testing.T) {
	f := newFixture(t, classifier())
	f.rec.Preview = true
	require.NoError(t, f.run())
	for _, res := range f.rec.All() {
		assert.False(t, res.Inputs.ContainsUnknowns(), "%s: policies and reviewers would see less than they could", res.Name)
	}
}

func TestModel_EveryVariantIsValidForTheAPI(t *testing.T) {
	for name, model := range variants() {
		t.Run(name, func(t *testing.T) { render(t, model) })
	}
}

func TestModel_EndpointIsTheService(t *testing.T) {
	f := newFixture(t, classifier())
	require.NoError(t, f.run())
	assert.Equal(t, "http://image-classifier.models.svc.cluster.local", f.endpoint)
}

func TestModel_RegistersNothingWhenItCannotRun(t *testing.T) {
	tests := map[string]struct {
		model   spec.Model
		change  func(*fixture)
		message string
	}{
		"no pool has the GPU": {
			model:   changed(func(m *spec.Model) { m.GPU.Type = "h100" }),
			message: "image-classifier: none of the pools",
		},
		"no class that many nodes can mount": {
			model:   classifier(),
			change:  func(f *fixture) { f.storage = f.storage[:1] },
			message: "models.image-classifier.storage.models: 10Gi",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, test.model)
			if test.change != nil {
				test.change(f)
			}
			assert.ErrorContains(t, f.run(), test.message)
			assert.Empty(t, f.rec.OfType(ModelType))
		})
	}
}

func TestNewModel_RefusesMissingArguments(t *testing.T) {
	f := newFixture(t, classifier())
	for name, args := range map[string]*ModelArgs{
		"none":         nil,
		"no fleet":     {Model: classifier(), Namespace: namespace},
		"no namespace": {Model: classifier()},
	} {
		err := f.rec.Run(func(ctx *pulumi.Context) error {
			_, err := NewModel(ctx, "m", args)
			return err
		})
		assert.ErrorContains(t, err, "must be set", name)
	}
}
