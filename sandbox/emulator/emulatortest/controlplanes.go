package emulatortest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/localkube"
)

// ControlPlanes stand in for the clusters of package localkube and remember what
// they were told.
type ControlPlanes struct {
	// Clusters are the nodes of each cluster, by name.
	Clusters map[string]map[string]localkube.Node
	// Addons tells of each cluster/addon whether it was last switched on.
	Addons map[string]bool
	// Groups are the node groups of each cluster, by name. A test that plays
	// an autoscaler changes them.
	Groups map[string]map[string]localkube.NodeGroup
	// Broken is what becomes of every new cluster. Nil: it comes up.
	Broken error

	// Live are real control planes that are told the same. Nil: none are.
	Live localkube.ControlPlanes

	mu   sync.Mutex
	main string
}

var _ localkube.ControlPlanes = (*ControlPlanes)(nil)

// NewControlPlanes runs no cluster yet. Nodes looks into the one named main.
func NewControlPlanes(main string) *ControlPlanes {
	return &ControlPlanes{
		Clusters: map[string]map[string]localkube.Node{}, Addons: map[string]bool{},
		Groups: map[string]map[string]localkube.NodeGroup{}, main: main,
	}
}

// CreateCluster remembers a cluster, broken or not.
func (k *ControlPlanes) CreateCluster(ctx context.Context, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Clusters[name] == nil {
		k.Clusters[name], k.Groups[name] = map[string]localkube.Node{}, map[string]localkube.NodeGroup{}
	}
	if k.Live != nil {
		return k.Live.CreateCluster(ctx, name)
	}
	return k.Broken
}

// DeleteCluster forgets a cluster and its nodes.
func (k *ControlPlanes) DeleteCluster(ctx context.Context, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.Clusters, name)
	delete(k.Groups, name)
	if k.Live != nil {
		return k.Live.DeleteCluster(ctx, name)
	}
	return nil
}

// PutNode remembers a node of a cluster that there is.
func (k *ControlPlanes) PutNode(ctx context.Context, cluster string, n localkube.Node) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Clusters[cluster] == nil {
		return fmt.Errorf("no cluster %s", cluster)
	}
	k.Clusters[cluster][n.Name] = n
	if k.Live != nil {
		return k.Live.PutNode(ctx, cluster, n)
	}
	return nil
}

// DeleteNode forgets a node.
func (k *ControlPlanes) DeleteNode(ctx context.Context, cluster, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.Clusters[cluster], name)
	if k.Live != nil {
		return k.Live.DeleteNode(ctx, cluster, name)
	}
	return nil
}

// PutNodeGroup remembers a group, as a cluster does whose autoscaler may have
// changed it.
func (k *ControlPlanes) PutNodeGroup(ctx context.Context, cluster string, g localkube.NodeGroup) (localkube.NodeGroup, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Live != nil {
		return k.Live.PutNodeGroup(ctx, cluster, g)
	}
	if k.Groups[cluster] == nil {
		return g, fmt.Errorf("no cluster %s", cluster)
	}
	if published, found := k.Groups[cluster][g.Name]; found {
		g = g.Merged(published)
	}
	k.Groups[cluster][g.Name] = g
	return g, nil
}

// NodeGroup is a group as it was put, or changed by the test.
func (k *ControlPlanes) NodeGroup(ctx context.Context, cluster, name string) (localkube.NodeGroup, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Live != nil {
		return k.Live.NodeGroup(ctx, cluster, name)
	}
	g, found := k.Groups[cluster][name]
	return g, found, nil
}

// DeleteNodeGroup forgets a group.
func (k *ControlPlanes) DeleteNodeGroup(ctx context.Context, cluster, name string) (localkube.NodeGroup, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Live != nil {
		return k.Live.DeleteNodeGroup(ctx, cluster, name)
	}
	g := k.Groups[cluster][name]
	delete(k.Groups[cluster], name)
	return g, nil
}

// Autoscale plays the autoscaler of the main cluster on its only group whose name
// holds a text: it starts or ends machines until there are so many. It returns
// the names of all.
func (k *ControlPlanes) Autoscale(t *testing.T, group string, size int) []string {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	var found []string
	for name := range k.Groups[k.main] {
		if strings.Contains(name, group) {
			found = append(found, name)
		}
	}
	require.Len(t, found, 1, "groups named %s", group)
	g := k.Groups[k.main][found[0]]
	var places []string
	for _, place := range g.Places {
		places = append(places, place.Name)
	}
	for g.Size() < size {
		m, err := g.Launch(places, func(string) bool { return false })
		require.NoError(t, err)
		k.Clusters[k.main][m.Name] = g.Node(m)
	}
	for g.Size() > size {
		last := g.Machines[len(g.Machines)-1]
		g.End(last.Name)
		delete(k.Clusters[k.main], last.Name)
	}
	k.Groups[k.main][g.Name] = g
	var names []string
	for _, m := range g.Machines {
		names = append(names, m.Name)
	}
	return names
}

// SetAddon remembers whether an add-on is to run.
func (k *ControlPlanes) SetAddon(ctx context.Context, cluster, addon string, installed bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.Addons[cluster+"/"+addon] = installed
	if k.Live != nil {
		return k.Live.SetAddon(ctx, cluster, addon, installed)
	}
	return nil
}

// Nodes of the main cluster that carry a label, by name.
func (k *ControlPlanes) Nodes(label, value string) []localkube.Node {
	k.mu.Lock()
	defer k.mu.Unlock()
	var found []localkube.Node
	for _, n := range k.Clusters[k.main] {
		if n.Labels[label] == value {
			found = append(found, n)
		}
	}
	slices.SortFunc(found, func(a, b localkube.Node) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// Main is the name of the main cluster.
func (k *ControlPlanes) Main() string { return k.main }
