package gke

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/components/cluster"
)

func TestBucketMount_ReadsAsThePod(t *testing.T) {
	var mount *cluster.BucketMount
	values := resolve(t, stocked(dev()), func(h *cluster.Handle) []pulumi.StringOutput {
		mount = h.Bucket.Mount
		return []pulumi.StringOutput{mount.Volume, h.Bucket.Resource}
	})
	assert.Equal(t, values[1], values[0], "the name of the bucket is the handle of a volume")
	assert.Empty(t, mount.Separator)
	assert.Equal(t, "true", mount.PodAnnotations["gke-gcsfuse/volumes"])
	assert.Equal(t, "only-dir=", mount.FolderOption)
	assert.Empty(t, mount.IdentityAttribute)
	assert.Equal(t, cluster.Egress{To: "169.254.169.254/32", Ports: []int{80, 8080}}, mount.Egress[0], "for tokens")
	assert.Contains(t, mount.Egress[1].Except, "10.0.0.0/8", "what is in the network is none of its business")
}
