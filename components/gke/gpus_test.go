package gke

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

func TestNodePools_FollowTheDriversOwner(t *testing.T) {
	operator := func(p *spec.PoolPlan) { p.NodeLabels[naming.LabelNoGKEPlugin] = "true" }
	for name, test := range map[string]struct {
		edit                       func(*spec.PoolPlan)
		image, driver              string
		secureBoot                 bool
		streaming, sharing, slices any
	}{
		"GKE's plugin": {func(*spec.PoolPlan) {}, "COS_CONTAINERD", "DEFAULT", true, true, nil, nil},
		"GKE's plugin, turns": {func(p *spec.PoolPlan) { p.Sharing.TimeSlices = 4 }, "COS_CONTAINERD", "DEFAULT", true, true,
			map[string]any{"gpuSharingStrategy": "TIME_SHARING", "maxSharedClientsPerGpu": 4.0}, nil},
		"the operator's plugin": {operator, "COS_CONTAINERD", "INSTALLATION_DISABLED", true, true, nil, nil},
		"the operator's plugin, turns": {func(p *spec.PoolPlan) { operator(p); p.Sharing.TimeSlices = 4 },
			"COS_CONTAINERD", "INSTALLATION_DISABLED", true, true, nil, nil},
		"the operator's plugin, slices": {func(p *spec.PoolPlan) { operator(p); p.Sharing.MIG = "1g.5gb" },
			"COS_CONTAINERD", "INSTALLATION_DISABLED", true, true, nil, "1g.5gb"},
		"the operator's driver": {func(p *spec.PoolPlan) { operator(p); p.Driver = spec.DriverOperator },
			"UBUNTU_CONTAINERD", "INSTALLATION_DISABLED", false, nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			rec := run(t, edit(dev(), func(a *Args) { test.edit(&a.Pools[0]) }))
			pool := rec.Named(t, "cluster-serve")
			assert.Equal(t, test.image, pool.Input(t, "nodeConfig.imageType"))
			assert.Equal(t, test.secureBoot, pool.Input(t, "nodeConfig.shieldedInstanceConfig.enableSecureBoot"))
			assert.Equal(t, test.streaming, pool.Input(t, "nodeConfig.gcfsConfig.enabled"))
			const accelerators = "nodeConfig.guestAccelerators[0]."
			assert.Equal(t, test.driver, pool.Input(t, accelerators+"gpuDriverInstallationConfig.gpuDriverVersion"))
			assert.Equal(t, test.sharing, pool.Input(t, accelerators+"gpuSharingConfig"))
			assert.Equal(t, test.slices, pool.Input(t, accelerators+"gpuPartitionSize"))

			system := rec.Named(t, "cluster-system")
			assert.Equal(t, "COS_CONTAINERD", system.Input(t, "nodeConfig.imageType"))
			assert.Equal(t, true, system.Input(t, "nodeConfig.shieldedInstanceConfig.enableSecureBoot"))
		})
	}
}
