package aks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/components/cluster"
)

func TestBucketMount_AsksForNoKeyOfTheAccount(t *testing.T) {
	var mount *cluster.BucketMount
	values := resolve(t, stocked(dev()), func(h *cluster.Handle) []pulumi.StringOutput {
		mount = h.Bucket.Mount
		return []pulumi.StringOutput{mount.Volume, mount.Attributes["storageAccount"].ToStringOutput()}
	})
	account := run(t, stocked(dev())).Named(t, "cluster-models").Input(t, "accountName").(string)
	assert.Contains(t, values[0], "#"+account+"#models")
	assert.Equal(t, account, values[1])
	assert.Equal(t, "#", mount.Separator)
	assert.Equal(t, pulumi.String("true"), mount.Attributes["mountWithWorkloadIdentityToken"])
	assert.Equal(t, pulumi.String("models"), mount.Attributes["containerName"])
	assert.Equal(t, []string{"clientID", annotationClient}, []string{mount.IdentityAttribute, mount.IdentityAnnotation})
	assert.Contains(t, mount.Options, "-o allow_other")
	assert.Equal(t, "--subdirectory=", mount.FolderOption)
	assert.Empty(t, mount.Egress, "it runs on the node")
}
