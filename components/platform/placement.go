package platform

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// systemTolerations are those of add-ons, which run on the system pools: on AKS
// these have a taint that nothing else is let past.
func systemTolerations(in inputs) pulumi.Array { return tolerations(systemPools(in)) }

// systemSelector keeps add-ons off the nodes of models and jobs, where they would
// hold up a scale-down or take the room of a GPU pod. Nodes of an existing
// cluster have none of Gantry's labels, and any will do.
func systemSelector(in inputs) pulumi.Map {
	if !slices.ContainsFunc(systemPools(in), func(p spec.PoolPlan) bool { return !p.Foreign }) {
		return pulumi.Map{}
	}
	return pulumi.Map{naming.LabelRole: pulumi.String(spec.RoleSystem)}
}

func systemPools(in inputs) []spec.PoolPlan {
	return slices.DeleteFunc(slices.Clone(in.handle.Pools), func(p spec.PoolPlan) bool { return p.Role != spec.RoleSystem })
}

// requests are the resources of an add-on's container: what it asks for, and the
// memory above which it is stopped. CPU has no limit: an idle core serves
// whoever wants it.
func requests(cpu, memory, memoryLimit string) pulumi.Map {
	return pulumi.Map{
		"requests": pulumi.Map{"cpu": pulumi.String(cpu), "memory": pulumi.String(memory)},
		"limits":   pulumi.Map{"memory": pulumi.String(memoryLimit)},
	}
}
