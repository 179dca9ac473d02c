package localkube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/sandbox/localkube/agent"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// nodeTimeout is how long a node may take to become ready; KWOK takes about a
// second.
const nodeTimeout = time.Minute

// PutNode lets a machine join a cluster, or updates it, and waits until pods
// can be placed on it. Labels of an earlier call that are not in n are removed.
func (c *Clusters) PutNode(ctx context.Context, cluster string, n Node) error {
	client, err := c.client(cluster)
	if err != nil {
		return err
	}
	if err := fleet.Join(ctx, client, n, agent.Annotations(n)); err != nil {
		return fmt.Errorf("node %s of local cluster %s: %w", n.Name, cluster, err)
	}
	if err := c.waitForNode(ctx, client, n.Name); err != nil {
		return fmt.Errorf("node %s of local cluster %s: %w", n.Name, cluster, err)
	}
	return nil
}

// waitForNode waits until the node is ready and the taint of unready nodes is
// gone.
func (c *Clusters) waitForNode(ctx context.Context, client kubernetes.Interface, name string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, nodeTimeout, fmt.Errorf("not ready after %s", nodeTimeout))
	defer cancel()
	begin := time.Now()
	reported := begin
	for {
		node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err == nil && isReady(node) {
			return nil
		}
		if err != nil && apierrors.IsNotFound(err) {
			return errors.New("deleted while it was getting ready")
		}
		if time.Since(reported) >= progressEvery {
			reported = time.Now()
			c.opts.Log("waiting for node %s (%d s)…", name, int(time.Since(begin).Seconds()))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func isReady(node *corev1.Node) bool {
	tainted := slices.ContainsFunc(node.Spec.Taints, func(t corev1.Taint) bool {
		return t.Key == corev1.TaintNodeNotReady
	})
	return !tainted && slices.ContainsFunc(node.Status.Conditions, func(condition corev1.NodeCondition) bool {
		return condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue
	})
}

// DeleteNode takes a machine out of a cluster, and its pods with it, so that
// their controllers replace them elsewhere. A node that is not there is no
// error.
func (c *Clusters) DeleteNode(ctx context.Context, cluster, name string) error {
	client, err := c.client(cluster)
	if err != nil {
		return err
	}
	if err := fleet.Leave(ctx, client, name); err != nil {
		return fmt.Errorf("node %s of local cluster %s: %w", name, cluster, err)
	}
	return nil
}
