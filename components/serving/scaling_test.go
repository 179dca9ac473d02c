package serving

import (
	"testing"

	"github.com/stretchr/testify/assert"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"gantry.dev/gantry/modules/spec"
)

func TestScaler_StaysWithinTheModelsScale(t *testing.T) {
	scaler := render(t, classifier()).scaler
	assert.EqualValues(t, 2, *scaler.Spec.MinReplicas)
	assert.EqualValues(t, 10, scaler.Spec.MaxReplicas)
}

func TestScaler_HoldsUtilization(t *testing.T) {
	tests := map[string]struct {
		change      func(*spec.Model)
		cpu, memory int32
	}{
		"by default":    {func(*spec.Model) {}, 70, 80},
		"as configured": {func(m *spec.Model) { m.Scale.CPUUtilization, m.Scale.MemoryUtilization = 50, 90 }, 50, 90},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := map[string]int32{}
			for _, metric := range render(t, changed(test.change)).scaler.Spec.Metrics {
				assert.Equal(t, autoscalingv2.ResourceMetricSourceType, metric.Type)
				assert.Equal(t, autoscalingv2.UtilizationMetricType, metric.Resource.Target.Type)
				got[string(metric.Resource.Name)] = *metric.Resource.Target.AverageUtilization
			}
			assert.Equal(t, map[string]int32{"cpu": test.cpu, "memory": test.memory}, got)
		})
	}
}

func TestScaler_DoublesAtOnceAndHalvesSlowly(t *testing.T) {
	behavior := render(t, classifier()).scaler.Spec.Behavior
	assert.EqualValues(t, 0, *behavior.ScaleUp.StabilizationWindowSeconds)
	assert.Equal(t, []autoscalingv2.HPAScalingPolicy{
		{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: 30},
	}, behavior.ScaleUp.Policies)
	assert.EqualValues(t, 300, *behavior.ScaleDown.StabilizationWindowSeconds)
	assert.Equal(t, []autoscalingv2.HPAScalingPolicy{
		{Type: autoscalingv2.PercentScalingPolicy, Value: 50, PeriodSeconds: 60},
	}, behavior.ScaleDown.Policies)
}
