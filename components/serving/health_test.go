package serving

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"gantry.dev/gantry/modules/spec"
)

func TestHealth_LoadingMayTakeAsLongAsConfigured(t *testing.T) {
	for _, seconds := range []int{10, 11, 300, 3600} {
		t.Run(fmt.Sprint(seconds), func(t *testing.T) {
			probe := render(t, changed(func(m *spec.Model) { m.Health.StartupSeconds = seconds })).server().StartupProbe
			require.NotNil(t, probe, "without it liveness would restart a loading model")
			allowed := int(probe.PeriodSeconds * probe.FailureThreshold)
			assert.GreaterOrEqual(t, allowed, seconds)
			assert.Less(t, allowed-seconds, int(probe.PeriodSeconds))
		})
	}
}

func TestHealth_ProbesAskTheHealthPathOfTheServer(t *testing.T) {
	server := render(t, changed(func(m *spec.Model) { m.Health.Path, m.Port = "/ready", 9000 })).server()
	assert.EqualValues(t, 9000, server.Ports[0].ContainerPort)
	for _, probe := range []*corev1.Probe{server.StartupProbe, server.ReadinessProbe, server.LivenessProbe} {
		assert.Equal(t, "/ready", probe.HTTPGet.Path)
		assert.Equal(t, server.Ports[0].Name, probe.HTTPGet.Port.StrVal)
	}
}

func TestHealth_TrafficStopsLongBeforeARestart(t *testing.T) {
	server := render(t, classifier()).server()
	unready := server.ReadinessProbe.PeriodSeconds * server.ReadinessProbe.FailureThreshold
	restart := server.LivenessProbe.PeriodSeconds * server.LivenessProbe.FailureThreshold
	assert.LessOrEqual(t, unready, int32(10))
	assert.GreaterOrEqual(t, restart, 5*unready)
	assert.Less(t, server.LivenessProbe.TimeoutSeconds, server.LivenessProbe.PeriodSeconds)
}

func TestHealth_StoppingLeavesTimeForOpenRequests(t *testing.T) {
	tests := map[int]struct{ sleep, grace int64 }{
		30:  {5, 35},
		600: {5, 605},
		0:   {0, 1},
	}
	for drain, want := range tests {
		t.Run(fmt.Sprint(drain), func(t *testing.T) {
			got := render(t, changed(func(m *spec.Model) { m.DrainSeconds = &drain }))
			assert.Equal(t, want.grace, *got.pod().Spec.TerminationGracePeriodSeconds)
			if want.sleep == 0 {
				assert.Nil(t, got.server().Lifecycle)
				return
			}
			assert.Equal(t, want.sleep, got.server().Lifecycle.PreStop.Sleep.Seconds)
		})
	}
}
