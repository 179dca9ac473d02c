package rollback

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/spec"
)

const v1, v2, v3 = "r.example.com/m:v1", "r.example.com/m:v2", "r.example.com/m:v3"

func model(image string, rollout spec.ModelRollout) spec.Model {
	return spec.Model{Name: "m", Image: image, Rollout: rollout}
}

func withCanary(weight int) spec.ModelRollout {
	return spec.ModelRollout{Canary: spec.ModelCanary{Image: v2, Weight: weight}}
}

func TestPlan_Rollouts(t *testing.T) {
	canary := []string{"rollout", "canary"}
	for name, test := range map[string]struct {
		past          Past
		before, after string
		changes       []Change
	}{
		"a canary of the stack": {
			Past{Model: model(v1, withCanary(50))},
			"50% " + v2 + " (canary), 50% " + v1, "100% " + v1, []Change{{Path: canary}},
		},
		"a canary of the model file": {
			Past{Model: model(v1, withCanary(5)), Shared: model(v1, withCanary(5))},
			"5% " + v2 + " (canary), 95% " + v1, "100% " + v1, []Change{{Path: canary}, {Path: canary, Value: "null"}},
		},
		"green": {
			Past{Model: model(v1, spec.ModelRollout{BlueGreen: spec.ModelBlueGreen{Green: v2, Active: spec.Green}})},
			"100% " + v2 + " (green)", "100% " + v1 + " (blue)", []Change{{Path: []string{"rollout", "blueGreen", "active"}, Value: "blue"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			step, err := Plan(test.past)
			require.NoError(t, err)
			assert.Equal(t, test.before, step.Before)
			assert.Equal(t, test.after, step.After)
			assert.Equal(t, test.changes, step.Changes)
		})
	}
	_, err := Plan(Past{Model: model(v1, spec.ModelRollout{BlueGreen: spec.ModelBlueGreen{Green: v2, Active: spec.Blue}})})
	assert.ErrorContains(t, err, "go to blue, "+v1+", already")
	_, err = Plan(Past{Model: model(v1, spec.ModelRollout{Analysis: spec.ModelAnalysis{MaxErrorRate: 1}})})
	assert.ErrorContains(t, err, "which gives the requests back by itself")
}

func TestPlan_Images(t *testing.T) {
	none := spec.ModelRollout{}
	for name, test := range map[string]struct {
		past Past
		want string
	}{
		"the revision before":                {Past{Model: model(v3, none), Revisions: []Revision{{1, v1, 0}, {3, v3, 2}, {2, v2, 0}}}, v2},
		"the one that serves before a later": {Past{Model: model(v3, none), Revisions: []Revision{{1, v1, 2}, {2, v2, 0}, {3, v3, 0}}}, v1},
		"not one that never came up": {Past{
			Model: model(v3, none), Revisions: []Revision{{1, v1, 0}, {2, v2, 0}, {3, v3, 2}},
			Updates: []Update{{Succeeded: true, Image: v3}, {Image: v2}, {Succeeded: true}},
		}, v1},
		"one that came up in the end": {Past{
			Model: model(v3, none), Revisions: []Revision{{1, v1, 0}, {2, v2, 0}, {3, v3, 2}},
			Updates: []Update{{Succeeded: true, Image: v2}, {Image: v2}},
		}, v2},
		"not the one that was left before": {Past{
			Model: model(v2, none), Revisions: []Revision{{1, v1, 0}, {3, v3, 0}, {4, v2, 2}},
			Updates: []Update{{Succeeded: true, Image: v2, Message: Step{Model: "m", from: v3}.Message()}, {Succeeded: true, Image: v3}},
		}, v1},
		"the engine's history where the cluster has none": {Past{
			Model: model(v3, none), Updates: []Update{{Image: v3}, {Succeeded: true, Image: v2}, {Succeeded: true, Image: v1}},
		}, v2},
		"what serves, not what was written and never brought up": {Past{Model: model(v3, none), Live: v2, Revisions: []Revision{{1, v1, 0}, {2, v2, 2}}}, v2},
	} {
		t.Run(name, func(t *testing.T) {
			step, err := Plan(test.past)
			require.NoError(t, err)
			assert.Equal(t, []Change{{Path: []string{"image"}, Value: test.want}}, step.Changes)
			assert.Equal(t, "100% "+test.want, step.After)
		})
	}
}

func TestPlan_TheConfigurationIsBackAlready(t *testing.T) {
	step, err := Plan(Past{Model: model(v1, spec.ModelRollout{}), Live: v2, Revisions: []Revision{{1, v1, 2}, {2, v2, 0}}})
	require.NoError(t, err)
	assert.Empty(t, step.Changes)
	assert.Equal(t, "100% "+v2, step.Before)
	assert.Equal(t, "100% "+v1, step.After)
}

func TestPlan_NothingToGoBackTo(t *testing.T) {
	for name, past := range map[string]Past{
		"one revision":       {Model: model(v1, spec.ModelRollout{}), Revisions: []Revision{{1, v1, 2}}},
		"only a failed one":  {Model: model(v1, spec.ModelRollout{}), Revisions: []Revision{{1, v1, 2}, {2, v2, 0}}, Updates: []Update{{Image: v2}}},
		"of another's model": {Model: model(v1, spec.ModelRollout{}), Updates: []Update{{Succeeded: true}}},
	} {
		_, err := Plan(past)
		assert.ErrorContains(t, err, "there is nothing to go back to", name)
	}
}

func TestEdit_KeepsTheRestOfTheStack(t *testing.T) {
	canary := Step{Model: "m", Changes: []Change{{Path: []string{"rollout", "canary"}}}}
	null := Step{Model: "m", Changes: []Change{{Path: []string{"rollout", "canary"}}, {Path: []string{"rollout", "canary"}, Value: "null"}}}
	image := Step{Model: "m", Changes: []Change{{Path: []string{"image"}, Value: v1}}}
	for name, test := range map[string]struct {
		step          Step
		before, after string
		lines         []string
	}{
		"a canary on one line": {
			canary, "config:\n  # models\n  gantry:models:\n    m: {scale: {max: 4}, rollout: {canary: {image: a:v2, weight: 5}}} # now\n",
			"config:\n  # models\n  gantry:models:\n    m: {scale: {max: 4}} # now\n", []string{"gantry:models.m.rollout.canary removed"},
		},
		"a canary in a block": {
			canary, "config:\n  gantry:models:\n    m:\n      rollout:\n        canary:\n          image: a:v2\n          weight: 5\n      # how many\n      scale: {max: 4}\n",
			"config:\n  gantry:models:\n    m:\n      # how many\n      scale: {max: 4}\n", []string{"gantry:models.m.rollout.canary removed"},
		},
		"a canary of the model file": {
			null, "config:\n  gantry:models:\n    m: {scale: {max: 4}}\n",
			"config:\n  gantry:models:\n    m: {scale: {max: 4}, rollout: {canary: null}}\n", []string{"gantry:models.m.rollout.canary: null"},
		},
		"an image": {
			image, "config:\n  gantry:models:\n    m:\n      image: " + v2 + " # new\n",
			"config:\n  gantry:models:\n    m:\n      image: " + v1 + " # new\n", []string{"gantry:models.m.image: " + v1},
		},
		"an image of the model file": {
			image, "config:\n  gantry:cloud: aws # dear\n",
			"config:\n  gantry:cloud: aws # dear\n  gantry:models: {m: {image: " + v1 + "}}\n", []string{"gantry:models.m.image: " + v1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			edited, lines, err := test.step.Edit([]byte(test.before))
			require.NoError(t, err)
			assert.Equal(t, test.after, string(edited))
			assert.Equal(t, test.lines, lines)
		})
	}
}

func TestEdit_SaysWhatToWriteByHand(t *testing.T) {
	step := Step{Model: "m", Changes: []Change{{Path: []string{"image"}, Value: v1}}}
	_, _, err := step.Edit([]byte("config:\n  a: &a {image: x}\n  gantry:models: {m: *a}\n"))
	assert.ErrorContains(t, err, "gantry:models.m.image cannot be edited where it stands")
	assert.ErrorContains(t, err, "gantry:models.m.image: "+v1)
}
