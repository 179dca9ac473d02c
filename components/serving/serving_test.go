package serving

import (
	"errors"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest"
	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/scheduling"
	"gantry.dev/gantry/modules/spec"
)

const namespace = "models"

// classifier is the first model of the platform.
func classifier() spec.Model {
	return spec.Model{
		Name:      "image-classifier",
		Image:     "registry.example.com/image-classifier:v1",
		Port:      8000,
		GPU:       spec.ModelGPU{Type: "l4", Count: 1},
		Resources: spec.ModelResources{CPU: "500m", Memory: "2Gi"},
		Scale:     spec.ModelScale{Min: 2, Max: 10},
		Storage:   spec.ModelStorage{Models: "10Gi"},
	}
}

// changed returns the classifier after a change.
func changed(change func(*spec.Model)) spec.Model {
	model := classifier()
	change(&model)
	return model
}

func onCPU(m *spec.Model)        { m.GPU = spec.ModelGPU{} }
func withoutFiles(m *spec.Model) { m.Storage = spec.ModelStorage{} }

// variants are models that take different ways through the code.
func variants() map[string]spec.Model {
	return map[string]spec.Model{
		"GPU and files": classifier(),
		"CPU":           changed(onCPU),
		"no files":      changed(withoutFiles),
		"no drain":      changed(func(m *spec.Model) { m.DrainSeconds = new(0) }),
		"everything said": changed(func(m *spec.Model) {
			m.Command, m.Args = []string{"/bin/server"}, []string{"--quiet"}
			m.Env = map[string]string{"B": "2", "A": "1"}
			m.Health = spec.ModelHealth{Path: "/ready", StartupSeconds: 601}
		}),
	}
}

// fixture is a platform with one model and the cluster that it runs on.
type fixture struct {
	platform spec.Platform
	pools    []spec.PoolPlan
	storage  []cluster.StorageClass
	protect  bool
	bucket   *cluster.Bucket
	account  *cluster.BoundAccount
	gateway  *Gateway
	secrets  map[string]spec.Secret
	rec      componenttest.Recorder
	// endpoint is the output of the model once it ran.
	endpoint string
}

func newFixture(t *testing.T, model spec.Model) *fixture {
	t.Helper()
	platform := spec.Default(spec.Platform{
		Project: "gantry",
		Stack:   "dev",
		Models:  map[string]spec.Model{model.Name: model},
		Pools: []spec.Pool{
			{Name: "system", Role: spec.RoleSystem, CPU: 4, Memory: "16Gi", Min: 2, Max: 4},
			{Name: "train", Role: spec.RoleTraining, GPU: "l4", Max: 4},
			{Name: "serve", Role: spec.RoleInference, GPU: "l4", Min: 2, Max: 12},
			{Name: "spot", Role: spec.RoleInference, GPU: "l4", Capacity: spec.CapacitySpot, Max: 4},
		},
	})
	pools, err := spec.PlanPools(platform)
	require.NoError(t, err)
	return &fixture{
		platform: platform,
		pools:    pools,
		storage: []cluster.StorageClass{
			{Name: cluster.ClassBlock, Access: cluster.ReadWriteOnce, Default: true, WaitForConsumer: true},
			{Name: cluster.ClassShared, Access: cluster.ReadWriteMany},
		},
	}
}

// run deploys the fixture's only model after a resource called "cluster".
func (f *fixture) run() error {
	return f.rec.Run(func(ctx *pulumi.Context) error {
		var ready struct{ pulumi.CustomResourceState }
		if err := ctx.RegisterResource("test:index:Cluster", "cluster", nil, &ready); err != nil {
			return err
		}
		for name, model := range f.platform.Models {
			made, err := NewModel(ctx, name, &ModelArgs{
				Model:     model,
				Namespace: namespace,
				Fleet:     scheduling.NewFleet(f.platform, f.pools),
				Storage:   f.storage,
				Bucket:    f.bucket,
				Account:   f.account,
				Gateway:   f.gateway,
				Secrets:   f.secrets,
				Protect:   f.protect,
				DependsOn: []pulumi.Resource{&ready},
			})
			if err != nil {
				return err
			}
			endpoint := make(chan string, 1)
			made.Endpoint.ApplyT(func(url string) string {
				endpoint <- url
				return url
			})
			select {
			case f.endpoint = <-endpoint:
			case <-time.After(time.Second):
				return errors.New("the endpoint is not known at plan time")
			}
		}
		return nil
	})
}

// rendered is the objects of one model.
type rendered struct {
	account    corev1.ServiceAccount
	claim      *corev1.PersistentVolumeClaim
	deployment appsv1.Deployment
	service    corev1.Service
	scaler     autoscalingv2.HorizontalPodAutoscaler
	budget     policyv1.PodDisruptionBudget
}

// pod is the template of the model's pods.
func (r rendered) pod() corev1.PodTemplateSpec { return r.deployment.Spec.Template }

// server is the one container of the model's pods.
func (r rendered) server() corev1.Container { return r.pod().Spec.Containers[0] }

func (f *fixture) render(t *testing.T) rendered {
	t.Helper()
	require.NoError(t, f.run())
	require.Len(t, f.platform.Models, 1)
	var out rendered
	for name := range f.platform.Models {
		out.account = manifest.Decode[corev1.ServiceAccount](t, f.rec.Named(t, name+"-account"))
		out.deployment = manifest.Decode[appsv1.Deployment](t, f.rec.Named(t, name+"-deployment"))
		out.service = manifest.Decode[corev1.Service](t, f.rec.Named(t, name+"-service"))
		out.scaler = manifest.Decode[autoscalingv2.HorizontalPodAutoscaler](t, f.rec.Named(t, name+"-scaler"))
		out.budget = manifest.Decode[policyv1.PodDisruptionBudget](t, f.rec.Named(t, name+"-budget"))
		if claims := f.rec.OfType("kubernetes:core/v1:PersistentVolumeClaim"); len(claims) > 0 {
			claim := manifest.Decode[corev1.PersistentVolumeClaim](t, claims[0])
			out.claim = &claim
		}
	}
	require.Len(t, out.pod().Spec.Containers, 1)
	return out
}

// render is the objects of a model on the usual platform.
func render(t *testing.T, model spec.Model) rendered {
	t.Helper()
	return newFixture(t, model).render(t)
}
