package platform

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/scheduling"
	"gantry.dev/gantry/modules/spec"
)

// tolerations are those of pods that have to run on every one of the pools, as
// charts take them.
func tolerations(pools []spec.PoolPlan) pulumi.Array {
	all := pulumi.Array{}
	for _, t := range scheduling.TolerateAll(pools) {
		all = append(all, pulumi.Map{
			"key":      pulumi.String(t.Key),
			"operator": pulumi.String("Equal"),
			"value":    pulumi.String(t.Value),
			"effect":   pulumi.String(t.Effect),
		})
	}
	return all
}

// accountValues are the usual values of a chart for the service account that an
// identity is bound to. The name is set because a chart's own depends on the
// name of the release, and the binding is for one name.
func accountValues(name string, bound pulumi.StringMap) pulumi.Map {
	values := pulumi.Map{"create": pulumi.Bool(true), "name": pulumi.String(name)}
	// Left out where there are none: a cluster of another stack hands over an
	// empty map where this stack's own has nothing, and nothing may change when a
	// stack is divided.
	if len(bound) > 0 {
		values["annotations"] = bound
	}
	return values
}
