package serving

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	policyv1 "k8s.io/api/policy/v1"

	"gantry.dev/gantry/modules/spec"
)

func TestBudget_NeverBlocksADrain(t *testing.T) {
	for name, least := range map[string]int{"one replica": 1, "several replicas": 3} {
		t.Run(name, func(t *testing.T) {
			budget := render(t, changed(func(m *spec.Model) { m.Scale.Min = least })).budget
			assert.Nil(t, budget.Spec.MinAvailable, "with as many replicas as must be there, none could be evicted")
			require.NotNil(t, budget.Spec.MaxUnavailable)
			assert.Equal(t, 1, budget.Spec.MaxUnavailable.IntValue())
			require.NotNil(t, budget.Spec.UnhealthyPodEvictionPolicy)
			assert.Equal(t, policyv1.AlwaysAllow, *budget.Spec.UnhealthyPodEvictionPolicy)
		})
	}
}
