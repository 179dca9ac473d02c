package emulatortest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"gantry.dev/gantry/sandbox/localkube"
)

// ControlPlanes stand in for the clusters of package localkube and remember what
// they were told.
type ControlPlanes struct {
	// Clusters are the nodes of each cluster, by name.
	Clusters map[string]map[string]localkube.Node
	// Addons tells of each cluster/addon whether it was last switched on.
	Addons map[string]bool
	// Broken is what becomes of every new cluster. Nil: it comes up.
	Broken error

	mu   sync.Mutex
	main string
}

var _ localkube.ControlPlanes = (*ControlPlanes)(nil)

// NewControlPlanes runs no cluster yet. Nodes looks into the one named main.
func NewControlPlanes(main string) *ControlPlanes {
	return &ControlPlanes{Clusters: map[string]map[string]localkube.Node{}, Addons: map[string]bool{}, main: main}
}

// CreateCluster remembers a cluster, broken or not.
func (k *ControlPlanes) CreateCluster(_ context.Context, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Clusters[name] == nil {
		k.Clusters[name] = map[string]localkube.Node{}
	}
	return k.Broken
}

// DeleteCluster forgets a cluster and its nodes.
func (k *ControlPlanes) DeleteCluster(_ context.Context, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.Clusters, name)
	return nil
}

// PutNode remembers a node of a cluster that there is.
func (k *ControlPlanes) PutNode(_ context.Context, cluster string, n localkube.Node) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Clusters[cluster] == nil {
		return fmt.Errorf("no cluster %s", cluster)
	}
	k.Clusters[cluster][n.Name] = n
	return nil
}

// DeleteNode forgets a node.
func (k *ControlPlanes) DeleteNode(_ context.Context, cluster, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.Clusters[cluster], name)
	return nil
}

// SetAddon remembers whether an add-on is to run.
func (k *ControlPlanes) SetAddon(_ context.Context, cluster, addon string, installed bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.Addons[cluster+"/"+addon] = installed
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
