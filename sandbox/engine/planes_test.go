package engine

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/localkube"
)

// calls notes what was asked of which control plane.
type calls []string

func (c *calls) note(call, cluster string) error {
	*c = append(*c, call+" "+cluster)
	return nil
}

func (c *calls) CreateCluster(_ context.Context, name string) error { return c.note("create", name) }

func (c *calls) DeleteCluster(_ context.Context, name string) error { return c.note("delete", name) }

func (c *calls) PutNode(_ context.Context, cluster string, n localkube.Node) error {
	return c.note("put "+n.Name+" into", cluster)
}

func (c *calls) DeleteNode(_ context.Context, cluster, node string) error {
	return c.note("delete "+node+" of", cluster)
}

func (c *calls) PutNodeGroup(_ context.Context, cluster string, g localkube.NodeGroup) (localkube.NodeGroup, error) {
	return g, c.note("put group "+g.Name+" into", cluster)
}

func (c *calls) NodeGroup(_ context.Context, cluster, name string) (localkube.NodeGroup, bool, error) {
	return localkube.NodeGroup{}, false, c.note("look at group "+name+" of", cluster)
}

func (c *calls) DeleteNodeGroup(_ context.Context, cluster, name string) (localkube.NodeGroup, error) {
	return localkube.NodeGroup{}, c.note("delete group "+name+" of", cluster)
}

func (c *calls) SetAddon(_ context.Context, cluster, addon string, _ bool) error {
	return c.note("set "+addon+" of", cluster)
}

func TestPlanes_TellCloudsApart(t *testing.T) {
	var made calls
	ctx, p := t.Context(), planes{all: &made, prefix: "aks_"}
	require.NoError(t, p.CreateCluster(ctx, "dev"))
	require.NoError(t, p.PutNode(ctx, "dev", localkube.Node{Name: "n"}))
	require.NoError(t, p.SetAddon(ctx, "dev", "dns", true))
	require.NoError(t, p.DeleteNode(ctx, "dev", "n"))
	_, err := p.PutNodeGroup(ctx, "dev", localkube.NodeGroup{Name: "g"})
	require.NoError(t, err)
	_, _, err = p.NodeGroup(ctx, "dev", "g")
	require.NoError(t, err)
	_, err = p.DeleteNodeGroup(ctx, "dev", "g")
	require.NoError(t, err)
	require.NoError(t, p.DeleteCluster(ctx, "dev"))
	assert.Equal(t, calls{
		"create aks_dev", "put n into aks_dev", "set dns of aks_dev", "delete n of aks_dev",
		"put group g into aks_dev", "look at group g of aks_dev", "delete group g of aks_dev", "delete aks_dev",
	}, made)

	all, first, _ := fakeAccounts()
	all[0].prefix = "aks_"
	name, ok := all.clusterByEndpoint(first.endpoint)
	assert.True(t, ok)
	assert.Equal(t, "aks_first", name)
}
