package cluster_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/components/cluster"
)

func TestBindServiceAccount_NeedsTheCloudOfTheCluster(t *testing.T) {
	bucket := pulumi.String("arn:aws:s3:::models")
	for name, test := range map[string]struct {
		binding cluster.Binding
		want    string
	}{
		"a cluster of another stack": {
			cluster.Binding{Namespace: "models", ServiceAccount: "a", Grants: []cluster.Grant{{Kind: cluster.ReadObjects, Resource: bucket}}},
			"bind the service account in the stack that has the layer cluster",
		},
		"no service account": {cluster.Binding{Namespace: "models"}, "must both be named"},
		"no resource": {
			cluster.Binding{Namespace: "models", ServiceAccount: "a", Grants: []cluster.Grant{{Kind: cluster.ReadObjects}}},
			"names no resource that it is for",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := (&cluster.Handle{Name: "gantry-dev"}).BindServiceAccount(nil, "reader", test.binding)
			assert.ErrorContains(t, err, test.want)
		})
	}
}
