package stacks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/componenttest"
)

// register makes a protected key, a protected bucket and a pool.
func register(t *testing.T, allowed ...string) (*protection, *componenttest.Recorder) {
	t.Helper()
	rec := &componenttest.Recorder{}
	var guards *protection
	require.NoError(t, rec.Run(func(ctx *pulumi.Context) error {
		var err error
		if guards, err = guard(ctx, allowed); err != nil {
			return err
		}
		for name, protected := range map[string]bool{"gantry-prod-key": true, "gantry-prod-bucket": true, "gantry-prod-serve": false} {
			var made struct{ pulumi.CustomResourceState }
			if err := ctx.RegisterResource("test:index:Thing", name, nil, &made, pulumi.Protect(protected)); err != nil {
				return err
			}
		}
		return guards.warn(ctx)
	}))
	return guards, rec
}

func TestProtection_IsTakenOffWhatTheStackNames(t *testing.T) {
	_, rec := register(t, "gantry-prod-bucket")
	assert.True(t, rec.Named(t, "gantry-prod-key").Protect)
	assert.False(t, rec.Named(t, "gantry-prod-bucket").Protect)
	assert.False(t, rec.Named(t, "gantry-prod-serve").Protect)
}

func TestProtection_KnowsWhichNamesGuardNothing(t *testing.T) {
	guards, rec := register(t, "gantry-prod-buckte", "gantry-prod-serve", "gantry-prod-key")
	assert.True(t, rec.Named(t, "gantry-prod-bucket").Protect)
	assert.Equal(t, []string{"gantry-prod-key"}, guards.met)
	assert.ElementsMatch(t, []string{"gantry-prod-key", "gantry-prod-bucket"}, guards.guarded)
}
