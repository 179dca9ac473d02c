package aks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
)

// class is the storage class of the platform with the name.
func class(t *testing.T, args *Args, name string) cluster.StorageClass {
	t.Helper()
	var handle *cluster.Handle
	_, err := try(args, func(h *cluster.Handle) { handle = h })
	require.NoError(t, err)
	for _, c := range handle.Storage {
		if c.Name == name {
			return c
		}
	}
	require.Fail(t, "no class "+name)
	return cluster.StorageClass{}
}

func TestStorageClasses_SharedOnlyWhenAModelStoresFiles(t *testing.T) {
	names := func(args *Args) []string {
		var all []string
		for _, c := range storageClasses(args.Platform) {
			all = append(all, c.Name)
		}
		return all
	}
	assert.Equal(t, []string{cluster.ClassBlock, cluster.ClassReadOnly}, names(dev()))
	assert.Equal(t, []string{cluster.ClassBlock, cluster.ClassShared, cluster.ClassReadOnly}, names(prod()))
}

func TestStorageClasses_Block(t *testing.T) {
	block := class(t, dev(), cluster.ClassBlock)
	assert.Equal(t, "disk.csi.azure.com", block.Provisioner)
	assert.Equal(t, pulumi.StringMap{"skuName": pulumi.String("Premium_LRS")}, block.Parameters)
	assert.True(t, block.Default)
	assert.True(t, block.WaitForConsumer, "disk and pod meet in one zone")
	assert.Equal(t, cluster.ReadWriteOnce, block.Access)
}

func TestStorageClasses_SharedLiesInTheGroupThatOutlivesTheCluster(t *testing.T) {
	shared := class(t, prod(), cluster.ClassShared)
	assert.Equal(t, "file.csi.azure.com", shared.Provisioner)
	assert.Equal(t, pulumi.StringMap{
		"protocol": pulumi.String("nfs"), "skuName": pulumi.String("Premium_LRS"), "resourceGroup": pulumi.String("gantry-prod"),
		"encryptInTransit": pulumi.String("true"), "mountPermissions": pulumi.String("0777"),
	}, shared.Parameters)
	assert.NotContains(t, shared.MountOptions, "vers=4.1", "the driver refuses to be told")
	assert.False(t, shared.Default)
	assert.Equal(t, cluster.ReadWriteMany, shared.Access)
}

func TestStorageClasses_ReadOnlyIsDeclared(t *testing.T) {
	readOnly := class(t, dev(), cluster.ClassReadOnly)
	assert.Equal(t, cluster.NoProvisioner, readOnly.Provisioner)
	assert.Equal(t, "blob.csi.azure.com", readOnly.Driver)
	assert.Equal(t, pulumi.StringMap{"protocol": pulumi.String("fuse2")}, readOnly.Parameters)
	assert.Equal(t, cluster.ReadOnlyMany, readOnly.Access)
	assert.False(t, readOnly.Default)
}
