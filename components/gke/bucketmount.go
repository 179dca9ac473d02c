package gke

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
)

// annotationFuse makes GKE add the container that reads the bucket to a pod. That
// container meets the Pod Security level `restricted`. Source:
// https://cloud.google.com/kubernetes-engine/docs/how-to/cloud-storage-fuse-csi-driver-sidecar
const annotationFuse = "gke-gcsfuse/volumes"

// bucketMount is Cloud Storage FUSE, which runs beside the server in its pod, as
// the pod's own identity: it is subject to the pod's network policy.
func bucketMount(bucket pulumi.StringOutput) *cluster.BucketMount {
	return &cluster.BucketMount{
		Volume:         bucket,
		FolderOption:   "only-dir=",
		PodAnnotations: map[string]string{annotationFuse: "true"},
		Egress: []cluster.Egress{
			// The metadata server, which hands out the identity's tokens, as
			// Dataplane V2 sees it. Source:
			// https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy
			{To: "169.254.169.254/32", Ports: []int{80, 8080}},
			// Google's APIs have no ranges that stay: whatever is no private
			// address (RFC 1918, RFC 6598) or link-local.
			{
				To:     "0.0.0.0/0",
				Except: []string{"10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"},
				Ports:  []int{443},
			},
		},
	}
}
