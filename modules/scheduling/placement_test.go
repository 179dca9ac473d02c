package scheduling

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

var (
	gpuTaint      = Toleration{Key: naming.TaintGPU, Value: naming.TaintGPUValue, Effect: spec.NoSchedule}
	trainingTaint = Toleration{Key: naming.TaintRole, Value: "training", Effect: spec.NoSchedule}
)

func TestFor(t *testing.T) {
	cpu := spec.Pool{Name: "cpu", Role: spec.RoleInference, Max: 4}
	spot := serve
	spot.Name, spot.Capacity = "serve-spot", spec.CapacitySpot
	reserved := serve
	reserved.Name = "reserved"
	reserved.Taints = []spec.Taint{{Key: "example.com/team", Value: "vision"}, {Key: "example.com/bare"}}
	pinned := onGPU("m", "l4", 1, 2)
	pinned.Pool = "reserved"
	tolerant := onGPU("m", "l4", 1, 2)
	tolerant.SpotTolerant = true

	tests := map[string]struct {
		pools       []spec.Pool
		model       spec.Model
		nodes       Term
		tolerations []Toleration
	}{
		"a GPU model runs on the on-demand inference pools with its GPU": {
			pools: []spec.Pool{system, train, serve, spot},
			model: onGPU("m", "l4", 1, 2),
			nodes: Term{
				{Key: naming.LabelRole, Values: []string{"inference"}},
				{Key: naming.LabelCapacity, Values: []string{"on-demand"}},
				{Key: naming.LabelGPU, Values: []string{"l4"}},
			},
			tolerations: []Toleration{gpuTaint},
		},
		"a model that tolerates spot selects and tolerates both": {
			pools: []spec.Pool{system, train, serve, spot},
			model: tolerant,
			nodes: Term{
				{Key: naming.LabelRole, Values: []string{"inference"}},
				{Key: naming.LabelCapacity, Values: []string{"on-demand", "spot"}},
				{Key: naming.LabelGPU, Values: []string{"l4"}},
			},
			tolerations: []Toleration{gpuTaint},
		},
		"a CPU model stays off GPU nodes and tolerates nothing": {
			pools: []spec.Pool{system, train, serve, cpu},
			model: spec.Model{Name: "m"},
			nodes: Term{
				{Key: naming.LabelRole, Values: []string{"inference"}},
				{Key: naming.LabelCapacity, Values: []string{"on-demand"}},
				{Key: naming.LabelGPU},
			},
		},
		"a CPU model without an inference pool runs on system nodes": {
			pools: []spec.Pool{system, train, serve},
			model: spec.Model{Name: "m"},
			nodes: Term{
				{Key: naming.LabelRole, Values: []string{"system"}},
				{Key: naming.LabelCapacity, Values: []string{"on-demand"}},
				{Key: naming.LabelGPU},
			},
		},
		"pools are named where their purpose matches one that is too small": {
			pools:       []spec.Pool{system, serve, sized(serve, "big", 4, 2)},
			model:       onGPU("m", "l4", 4, 1),
			nodes:       Term{{Key: naming.LabelPool, Values: []string{"big"}}},
			tolerations: []Toleration{gpuTaint},
		},
		"a reserved pool is no one's by default": {
			pools:       []spec.Pool{system, serve, reserved},
			model:       onGPU("m", "l4", 1, 1),
			nodes:       Term{{Key: naming.LabelPool, Values: []string{"serve"}}},
			tolerations: []Toleration{gpuTaint},
		},
		"a model that names a pool tolerates all of its taints and no others": {
			pools: []spec.Pool{system, train, serve, reserved},
			model: pinned,
			nodes: Term{{Key: naming.LabelPool, Values: []string{"reserved"}}},
			tolerations: []Toleration{
				{Key: "example.com/bare", Effect: spec.NoSchedule},
				{Key: "example.com/team", Value: "vision", Effect: spec.NoSchedule},
				gpuTaint,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, plans := plan(t, test.pools, test.model)
			got, err := For(p.Models["m"], plans)
			require.NoError(t, err)
			assert.Equal(t, Placement{Nodes: []Term{test.nodes}, Tolerations: test.tolerations, GPUResource: naming.ResourceGPU}, got)
		})
	}
}

func TestFor_AnEqualPoolDoesNotMoveAModel(t *testing.T) {
	model := onGPU("m", "l4", 1, 2)
	p, before := plan(t, []spec.Pool{system, serve}, model)
	_, after := plan(t, []spec.Pool{system, serve, sized(serve, "more", 1, 5)}, model)

	one, err := For(p.Models["m"], before)
	require.NoError(t, err)
	two, err := For(p.Models["m"], after)
	require.NoError(t, err)
	assert.Equal(t, one, two, "the pod template would change, and every replica be replaced")
}

func TestFor_NamesModelAndPoolsWhenNoneFits(t *testing.T) {
	p, plans := plan(t, []spec.Pool{system, serve}, onGPU("huge", "h100", 1, 1))
	_, err := For(p.Models["huge"], plans)
	assert.ErrorContains(t, err, "huge")
	assert.ErrorContains(t, err, "serve, system")
}

func TestTolerateAll_IsTheUnionOfAllTaints(t *testing.T) {
	_, plans := plan(t, []spec.Pool{system, train, serve})
	assert.Equal(t, []Toleration{trainingTaint, gpuTaint}, TolerateAll(plans))
	assert.Equal(t, []Toleration{gpuTaint}, TolerateAll(plans[2:]))
	assert.Empty(t, TolerateAll(plans[:1]))
}

func TestWithGPU(t *testing.T) {
	_, plans := plan(t, []spec.Pool{system, train, serve})
	assert.Equal(t, []string{"serve", "train"}, names(WithGPU(plans)))
}

func TestFor_TellsWhatItsNodesCallAccelerators(t *testing.T) {
	slices := planned("slices", spec.Sharing{MIG: "1g.10gb", MIGStrategy: spec.MIGMixed})
	model := spec.Model{Name: "m", GPU: spec.ModelGPU{Type: "a100", Count: 1}, Resources: spec.ModelResources{CPU: "1", Memory: "1Gi"}}
	pools := []spec.PoolPlan{planned("whole", spec.Sharing{}), slices}
	placement, err := For(model, pools)
	require.NoError(t, err)
	assert.Equal(t, "nvidia.com/gpu", placement.GPUResource)
	model.Pool = "slices"
	placement, err = For(model, pools)
	require.NoError(t, err)
	assert.Equal(t, "nvidia.com/mig-1g.10gb", placement.GPUResource)
}

// planned is an on-demand inference pool of eight A100.
func planned(name string, sharing spec.Sharing) spec.PoolPlan {
	machine, _ := accelerators.Lookup("aws", "p4de.24xlarge")
	return spec.PoolPlan{
		Pool: spec.Pool{
			Name: name, Role: spec.RoleInference, Capacity: spec.CapacityOnDemand, GPU: "a100", GPUCount: 8, Sharing: sharing,
		},
		Machines:   []accelerators.Machine{machine},
		NodeLabels: map[string]string{naming.LabelRole: "inference", naming.LabelCapacity: "on-demand", naming.LabelGPU: "a100", naming.LabelPool: name},
	}
}
