package serving

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

func TestModel_SaysThatItToleratesSpot(t *testing.T) {
	for tolerant, capacities := range map[bool][]string{false: {"on-demand"}, true: {"on-demand", "spot"}} {
		pod := render(t, changed(func(m *spec.Model) { m.SpotTolerant = tolerant })).pod()
		_, labelled := pod.Labels[naming.LabelSpotTolerant]
		assert.Equal(t, tolerant, labelled, "policies go by it")
		terms := pod.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
		found := false
		for _, e := range terms[0].MatchExpressions {
			if e.Key == naming.LabelCapacity {
				found = true
				assert.Equal(t, capacities, e.Values)
			}
		}
		assert.True(t, found)
	}
}
