package stacks

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/quota"
	"gantry.dev/gantry/modules/spec"
)

// preflight tells, before anything is registered, what is allowed and yet
// likely to hurt, and what the cloud has to grant for the platform to grow to
// its maximum. Both show in the preview and stop nothing.
func preflight(ctx *pulumi.Context, config spec.Platform, pools []spec.PoolPlan) error {
	for _, warning := range spec.Warnings(config, pools) {
		if err := ctx.Log.Warn(fmt.Sprintf("%s\nfix: %s", warning, warning.Fix), nil); err != nil {
			return err
		}
	}
	if !config.Has(spec.LayerCluster) {
		return nil
	}
	needs := quota.Needs(config, pools)
	if len(needs) == 0 {
		return nil
	}
	return ctx.Log.Info(quota.Table(needs), nil)
}
