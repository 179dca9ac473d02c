package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/engine"
	"gantry.dev/gantry/sandbox/localkube"
)

// status shows every local cluster: its nodes by pool and its models, and what
// the stack costs.
func status(ctx context.Context, options engine.Options) error {
	clusters := engine.Clusters(options)
	names, err := clusters.Names()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		fmt.Fprintln(options.Out, "No cluster is running. Begin with: make up")
	}
	for _, name := range names {
		client, err := clientOf(clusters, name)
		if err != nil {
			return err
		}
		if err := showCluster(ctx, options.Out, name, client); err != nil {
			return fmt.Errorf("cluster %s does not answer (make up starts it again): %w", name, err)
		}
	}
	showCost(options.Out, options)
	return nil
}

func clientOf(clusters *localkube.Clusters, name string) (kubernetes.Interface, error) {
	config, err := clusters.RESTConfig(name)
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	return client, nil
}

func showCluster(ctx context.Context, out io.Writer, name string, client kubernetes.Interface) error {
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	models, err := client.AppsV1().Deployments("").List(ctx, metav1.ListOptions{LabelSelector: naming.LabelModel})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nCluster %s\n", name)
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "\nPOOL\tROLE\tCAPACITY\tNODES READY\tMACHINE\tGPUS")
	for _, pool := range poolsOf(nodes.Items) {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d of %d\t%s\t%s\n", pool.name, pool.role, pool.capacity,
			pool.ready, pool.nodes, strings.Join(slices.Sorted(maps.Keys(pool.machines)), ", "), pool.gpus)
	}
	fmt.Fprintln(table, "\nMODEL\tREADY\tIMAGE\tENDPOINT")
	for _, model := range models.Items {
		fmt.Fprintf(table, "%s\t%d of %d\t%s\thttp://%s.%s.svc.cluster.local\n", model.Name,
			model.Status.ReadyReplicas, wanted(model), model.Spec.Template.Spec.Containers[0].Image,
			model.Name, model.Namespace)
	}
	return table.Flush()
}

func wanted(deployment appsv1.Deployment) int32 {
	if deployment.Spec.Replicas == nil {
		return 1
	}
	return *deployment.Spec.Replicas
}

// pool sums up the nodes of one node pool.
type pool struct {
	name, role, capacity string
	machines             map[string]bool
	nodes, ready         int
	gpus                 string
	allocatable          int64
}

func poolsOf(nodes []corev1.Node) []*pool {
	pools := map[string]*pool{}
	for _, node := range nodes {
		labels := node.Labels
		name := labels[naming.LabelPool]
		if pools[name] == nil {
			pools[name] = &pool{
				name: name, role: labels[naming.LabelRole], capacity: labels[naming.LabelCapacity],
				machines: map[string]bool{},
			}
		}
		p := pools[name]
		p.nodes++
		p.machines[labels[corev1.LabelInstanceTypeStable]] = true
		if isReady(node) {
			p.ready++
		}
		gpus := node.Status.Allocatable[naming.ResourceGPU]
		p.allocatable += gpus.Value()
		p.gpus = "-"
		if model := labels[naming.LabelGPU]; model != "" {
			p.gpus = fmt.Sprintf("%d %s", p.allocatable, model)
		}
	}
	return slices.SortedFunc(maps.Values(pools), func(a, b *pool) int { return cmp.Compare(a.name, b.name) })
}

func isReady(node corev1.Node) bool {
	return slices.ContainsFunc(node.Status.Conditions, func(condition corev1.NodeCondition) bool {
		return condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue
	})
}
