package eks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScaling_AutoscalerOwnsTheDesiredSize(t *testing.T) {
	rec := run(t, dev())
	assert.Equal(t, map[string]any{"minSize": 2.0, "desiredSize": 2.0, "maxSize": 4.0},
		rec.Named(t, "cluster-system").Input(t, "scalingConfig"))
	assert.Equal(t, map[string]any{"minSize": 0.0, "desiredSize": 0.0, "maxSize": 20.0},
		rec.Named(t, "cluster-serve").Input(t, "scalingConfig"))
	for _, group := range rec.OfType(typeNodeGroup) {
		assert.Equal(t, []string{"scalingConfig.desiredSize"}, group.IgnoreChanges, group.Name)
	}
}

func TestScaling_WithoutAutoscalerThePoolHasExactlyMin(t *testing.T) {
	rec := run(t, edit(dev(), func(a *Args) { a.Platform.Addons.Autoscaler.Enabled = off() }))
	assert.Equal(t, map[string]any{"minSize": 2.0, "desiredSize": 2.0, "maxSize": 2.0},
		rec.Named(t, "cluster-system").Input(t, "scalingConfig"))
	assert.Equal(t, map[string]any{"minSize": 0.0, "desiredSize": 0.0, "maxSize": 1.0},
		rec.Named(t, "cluster-serve").Input(t, "scalingConfig"), "EKS wants room for one node")
	for _, group := range rec.OfType(typeNodeGroup) {
		assert.Empty(t, group.IgnoreChanges, "a changed min must reach %s", group.Name)
	}
	assert.Empty(t, rec.OfType(typeASGTag))
}

func TestScaleFromZero_GroupTellsWhatItsNodesWouldBe(t *testing.T) {
	rec := run(t, dev())
	got := map[string]string{}
	for _, tag := range rec.OfType(typeASGTag) {
		if tag.Input(t, "autoscalingGroupName") != "eks-cluster-serve" {
			continue
		}
		assert.Equal(t, false, tag.Input(t, "tag.propagateAtLaunch"))
		got[tag.Input(t, "tag.key").(string)] = tag.Input(t, "tag.value").(string)
	}
	const template = "k8s.io/cluster-autoscaler/node-template/"
	assert.Equal(t, map[string]string{
		template + "label/gantry.dev/role":               "inference",
		template + "label/gantry.dev/pool":               "serve",
		template + "label/gantry.dev/gpu":                "l4",
		template + "label/k8s.amazonaws.com/accelerator": "l4",
		template + "taint/nvidia.com/gpu":                "present:NoSchedule",
		template + "resources/nvidia.com/gpu":            "1",
		template + "resources/ephemeral-storage":         "178Gi",
	}, got)
}

func TestScaleFromZero_LabelsOfGroupAndTagsAgree(t *testing.T) {
	rec := run(t, dev())
	for _, pool := range dev().Pools {
		labels := rec.Named(t, "cluster-"+pool.Name).Input(t, "labels").(map[string]any)
		for key, value := range labels {
			tag := rec.Named(t, fmt.Sprintf("cluster-%s-asg-label/%s", pool.Name, key))
			assert.Equal(t, value, tag.Input(t, "tag.value"))
		}
	}
}

func TestScaleFromZero_TagsThatAWSRefusesAreFoundBefore(t *testing.T) {
	many := edit(dev(), func(a *Args) {
		for i := range 50 {
			a.Pools[2].NodeLabels[fmt.Sprintf("example.com/label-%d", i)] = "x"
		}
	})
	rec, err := try(many, nil)
	require.ErrorContains(t, err, "pool serve needs 57 tags")
	assert.Empty(t, rec.All())

	long := edit(dev(), func(a *Args) { a.Pools[2].NodeLabels[strings.Repeat("x", 100)+"/y"] = "x" })
	_, err = try(long, nil)
	require.ErrorContains(t, err, "longer than AWS takes")

	long.Platform.Addons.Autoscaler.Enabled = off()
	run(t, long)
}
