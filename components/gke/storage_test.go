package gke

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
)

func storageOf(t *testing.T, args *Args) cluster.StorageClasses {
	t.Helper()
	var handle *cluster.Handle
	_, err := try(args, func(h *cluster.Handle) { handle = h })
	require.NoError(t, err)
	return handle.Storage
}

func TestStorageClasses_SharedOnlyWhenAModelStoresFiles(t *testing.T) {
	classes := storageOf(t, dev())
	_, shared := classes.For(cluster.ReadWriteMany)
	assert.False(t, shared)
	assert.Len(t, classes, 2)
}

func TestStorageClasses(t *testing.T) {
	classes := storageOf(t, prod())
	require.Len(t, classes, 3)

	block, _ := classes.For(cluster.ReadWriteOnce)
	assert.Equal(t, cluster.ClassBlock, block.Name)
	assert.Equal(t, "pd.csi.storage.gke.io", block.Provisioner)
	assert.Equal(t, pulumi.StringMap{"type": pulumi.String("pd-balanced")}, block.Parameters)
	assert.True(t, block.Default)
	assert.True(t, block.WaitForConsumer, "disk and pod meet in one zone")

	shared, _ := classes.For(cluster.ReadWriteMany)
	assert.Equal(t, cluster.ClassShared, shared.Name)
	assert.Equal(t, "filestore.csi.storage.gke.io", shared.Provisioner)
	assert.False(t, shared.Default)
	values := resolve(t, prod(), func(h *cluster.Handle) []pulumi.StringOutput {
		class, _ := h.Storage.For(cluster.ReadWriteMany)
		return []pulumi.StringOutput{class.Parameters["tier"].ToStringOutput(), class.Parameters["network"].ToStringOutput()}
	})
	assert.Equal(t, []string{"zonal", "cluster-vpc-1a2b3c4"}, values, "the default network of the project is another")

	readOnly, _ := classes.For(cluster.ReadOnlyMany)
	assert.Equal(t, cluster.ClassReadOnly, readOnly.Name)
	assert.Equal(t, cluster.NoProvisioner, readOnly.Provisioner, "its volumes are declared")
	assert.Equal(t, "gcsfuse.csi.storage.gke.io", readOnly.Driver)
	assert.Contains(t, readOnly.MountOptions, "implicit-dirs")
	assert.False(t, readOnly.Default)
}

func TestStorageClasses_DisksAreThoseThatTheSystemPoolAttaches(t *testing.T) {
	block, _ := storageOf(t, edit(dev(), func(a *Args) { a.pool("system").Machines[0].Type = "n4-standard-4" })).For(cluster.ReadWriteOnce)
	assert.Equal(t, pulumi.StringMap{"type": pulumi.String("hyperdisk-balanced")}, block.Parameters)
}
