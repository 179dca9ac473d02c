package eks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
)

func TestFileSystem_OnlyWhenAModelStoresFiles(t *testing.T) {
	var handle *cluster.Handle
	rec, err := try(dev(), func(h *cluster.Handle) { handle = h })
	require.NoError(t, err)
	assert.Empty(t, rec.OfType(typeFileSystem))
	require.Len(t, handle.Storage, 1)
	assert.Equal(t, cluster.ClassBlock, handle.Storage[0].Name)
}

func TestFileSystem_IsEncryptedAndReachedByNodesOnly(t *testing.T) {
	rec := run(t, prod())
	files := rec.Named(t, "cluster-files")
	assert.Equal(t, true, files.Input(t, "encrypted"))
	assert.Contains(t, files.Input(t, "kmsKeyId"), "cluster-key")

	targets := rec.OfType(typeMountTarget)
	require.Len(t, targets, 3, "one for each zone")
	for i, target := range targets {
		assert.Equal(t, []string{"cluster-files-sg-id"}, target.Strings(t, "securityGroups"))
		assert.Contains(t, target.Input(t, "subnetId"), "cluster-private-", "zone %d", i)
	}

	group := rec.Named(t, "cluster-files-sg")
	assert.Nil(t, group.Input(t, "ingress"), "inline rules and rules of their own overwrite each other")
	rule := rec.Named(t, "cluster-files-nfs")
	assert.Equal(t, "sg-cluster", rule.Input(t, "referencedSecurityGroupId"))
	assert.EqualValues(t, 2049, rule.Input(t, "fromPort"))
	assert.EqualValues(t, 2049, rule.Input(t, "toPort"))
	assert.Equal(t, "tcp", rule.Input(t, "ipProtocol"))
	assert.Nil(t, rule.Input(t, "cidrIpv4"))
}

func TestStorageClasses(t *testing.T) {
	var handle *cluster.Handle
	_, err := try(prod(), func(h *cluster.Handle) { handle = h })
	require.NoError(t, err)
	require.Len(t, handle.Storage, 3)

	block, shared := handle.Storage[0], handle.Storage[1]
	assert.Equal(t, cluster.ClassBlock, block.Name)
	assert.Equal(t, "ebs.csi.aws.com", block.Provisioner)
	assert.Equal(t, pulumi.StringMap{"type": pulumi.String("gp3"), "encrypted": pulumi.String("true")}, block.Parameters)
	assert.True(t, block.Default)
	assert.True(t, block.WaitForConsumer)
	assert.Equal(t, cluster.ReadWriteOnce, block.Access)

	assert.Equal(t, cluster.ClassShared, shared.Name)
	assert.Equal(t, "efs.csi.aws.com", shared.Provisioner)
	assert.False(t, shared.Default)
	assert.Equal(t, cluster.ReadWriteMany, shared.Access)
	values := resolve(t, prod(), func(h *cluster.Handle) []pulumi.StringOutput {
		var all []pulumi.StringOutput
		for _, key := range []string{"provisioningMode", "fileSystemId", "directoryPerms", "uid", "gid"} {
			all = append(all, h.Storage[1].Parameters[key].ToStringOutput())
		}
		return all
	})
	assert.Equal(t, []string{"efs-ap", "cluster-files-id", "700", "10001", "10001"}, values)

	readOnly, ok := handle.Storage.For(cluster.ReadOnlyMany)
	require.True(t, ok)
	assert.Equal(t, cluster.ClassReadOnly, readOnly.Name)
	assert.Equal(t, cluster.NoProvisioner, readOnly.Provisioner, "its volumes are declared")
	assert.Equal(t, "efs.csi.aws.com", readOnly.Driver)
	assert.False(t, readOnly.Default)
}
