package localkube

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"gantry.dev/gantry/sandbox/localkube/agent"
)

// SetAddon records that a managed add-on, by the cloud's name for it, is
// installed in the cluster or not. The agent acts on the add-ons that it knows
// how to simulate; the others are only recorded.
func (c *Clusters) SetAddon(ctx context.Context, cluster, addon string, installed bool) error {
	client, err := c.client(cluster)
	if err != nil {
		return err
	}
	maps := client.CoreV1().ConfigMaps(metav1.NamespaceSystem)
	empty := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: agent.AddonsConfigMap}}
	if _, err := maps.Create(ctx, empty, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("add-on %s of local cluster %s: %w", addon, cluster, err)
	}
	// In a merge patch, null removes the key; other add-ons are not touched.
	var value any
	if installed {
		value = agent.AddonInstalled
	}
	patch, err := json.Marshal(map[string]any{"data": map[string]any{addon: value}})
	if err != nil {
		return fmt.Errorf("add-on %s of local cluster %s: %w", addon, cluster, err)
	}
	_, err = maps.Patch(ctx, agent.AddonsConfigMap, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("add-on %s of local cluster %s: %w", addon, cluster, err)
	}
	return nil
}
