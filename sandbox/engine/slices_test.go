package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"gantry.dev/gantry/modules/naming"
)

// An A100 cut into seven slices runs seven pods that ask for one each; the eighth
// waits.
func TestSlices_SevenPodsOnOneAccelerator(t *testing.T) {
	for _, cloud := range []string{"azure", "gcp"} {
		t.Run(cloud, func(t *testing.T) {
			w := newWorldOn(t, projectWith(t, func(config map[string]any) {
				config["gantry:pools"] = []any{
					map[string]any{"name": "system", "role": "system", "min": 2, "max": 2},
					map[string]any{
						"name": "slices", "role": "inference", "gpu": "a100", "gpuMemory": "80Gi", "min": 1, "max": 1, "zones": 1,
						"sharing": map[string]any{"mig": "1g.10gb"},
					},
				}
				config["gantry:models"] = map[string]any{"image-classifier": map[string]any{"enabled": false}}
			}), cloud)
			w.up("dev")
			client := w.client(w.localCluster("dev"))
			onSlice := func(spec *corev1.PodSpec) {
				spec.Tolerations = []corev1.Toleration{{Key: naming.TaintGPU, Operator: corev1.TolerationOpExists}}
				spec.NodeSelector = map[string]string{naming.LabelPool: "slices"}
				spec.Containers[0].Resources.Limits = corev1.ResourceList{naming.ResourceGPU: resource.MustParse("1")}
			}
			for i := range 7 {
				requirePhase(t, client, createPod(t, client, fmt.Sprintf("slice-%d", i), onSlice), corev1.PodRunning)
			}
			eighth := createPod(t, client, "slice-7", onSlice)
			require.Eventually(t, func() bool { return unschedulable(client, eighth) }, patience, poll)
			w.downToNothing("dev")
		})
	}
}
