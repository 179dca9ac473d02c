package serving

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"gantry.dev/gantry/modules/spec"
)

func TestDeployment_LeavesReplicasToTheScaler(t *testing.T) {
	f := newFixture(t, classifier())
	got := f.render(t)
	assert.Nil(t, got.deployment.Spec.Replicas)
	assert.Equal(t, []string{"spec.replicas"}, f.rec.Named(t, "image-classifier-deployment").IgnoreChanges)
	assert.Equal(t, "Deployment", got.scaler.Spec.ScaleTargetRef.Kind)
	assert.Equal(t, got.deployment.Name, got.scaler.Spec.ScaleTargetRef.Name)
	assert.Equal(t, got.deployment.APIVersion, got.scaler.Spec.ScaleTargetRef.APIVersion)
}

func TestDeployment_RollsOutAsTheSpareGPUsAllow(t *testing.T) {
	tests := map[string]struct {
		change   func(*spec.Model)
		surge    intstr.IntOrString
		unavail  intstr.IntOrString
		batches  int
		replaced time.Duration
	}{
		"two of twelve GPUs are spare": {
			change: func(*spec.Model) {}, surge: intstr.FromInt32(2), unavail: intstr.FromInt32(0), batches: 5,
		},
		"no GPU is spare": {
			change: func(m *spec.Model) { m.Scale.Max = 12 },
			surge:  intstr.FromInt32(0), unavail: intstr.FromInt32(1), batches: 12,
		},
		"no GPU is needed": {
			change: onCPU, surge: intstr.FromString("25%"), unavail: intstr.FromInt32(0), batches: 4,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			model := changed(test.change)
			f := newFixture(t, model)
			got := f.render(t).deployment
			require.Equal(t, appsv1.RollingUpdateDeploymentStrategyType, got.Spec.Strategy.Type)
			assert.Equal(t, test.surge, *got.Spec.Strategy.RollingUpdate.MaxSurge)
			assert.Equal(t, test.unavail, *got.Spec.Strategy.RollingUpdate.MaxUnavailable)

			// 300 s to load and 35 s to stop.
			replica := 335 * time.Second
			recorded := f.rec.Named(t, "image-classifier-deployment")
			assert.Equal(t, 15*time.Minute+replica, recorded.CreateTimeout)
			assert.Equal(t, 15*time.Minute+time.Duration(test.batches)*replica, recorded.UpdateTimeout)
			assert.EqualValues(t, (15*time.Minute + replica).Seconds(), *got.Spec.ProgressDeadlineSeconds)
		})
	}
}

func TestDeployment_SelectsItsPodsByLabelsThatNeverChange(t *testing.T) {
	got := render(t, classifier())
	selection := map[string]string{"gantry.dev/model": "image-classifier", "gantry.dev/version": "stable"}
	assert.Equal(t, selection, got.deployment.Spec.Selector.MatchLabels)
	assert.Equal(t, selection, got.service.Spec.Selector)
	assert.Equal(t, selection, got.budget.Spec.Selector.MatchLabels)
	for _, spread := range got.pod().Spec.TopologySpreadConstraints {
		assert.Equal(t, selection, spread.LabelSelector.MatchLabels)
	}
	assert.Subset(t, got.pod().Labels, selection)
	assert.Equal(t, "image-classifier", got.pod().Labels["app.kubernetes.io/name"])
}
