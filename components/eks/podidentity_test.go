package eks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest"
)

// bind makes the cluster and binds a service account of it.
func bind(t *testing.T, grants ...cluster.Grant) (*cluster.BoundAccount, *componenttest.Recorder, error) {
	t.Helper()
	return bindTo(t, dev(), func(*cluster.Handle) []cluster.Grant { return grants })
}

// bindTo makes a cluster and binds a service account that is granted something of
// it.
func bindTo(t *testing.T, args *Args, grants func(*cluster.Handle) []cluster.Grant) (*cluster.BoundAccount, *componenttest.Recorder, error) {
	t.Helper()
	var bound *cluster.BoundAccount
	rec := &componenttest.Recorder{Outputs: outputs, Invoke: account}
	err := rec.Run(func(ctx *pulumi.Context) error {
		c, err := New(ctx, "cluster", args)
		if err != nil {
			return err
		}
		bound, err = c.Handle.BindServiceAccount(ctx, "reader", cluster.Binding{
			Namespace: "models", ServiceAccount: "image-classifier", Grants: grants(c.Handle),
		})
		return err
	})
	return bound, rec, err
}

func TestBindServiceAccount_GrantsOneBucketAndNoMore(t *testing.T) {
	bound, rec, err := bind(t,
		cluster.Grant{Kind: cluster.ReadObjects, Resource: pulumi.String("arn:aws:s3:::models")},
		cluster.Grant{Kind: cluster.WriteObjects, Resource: pulumi.String("arn:aws:s3:::checkpoints")})
	require.NoError(t, err)

	association := rec.Named(t, "reader-association")
	assert.Equal(t, "models", association.Input(t, "namespace"))
	assert.Equal(t, "image-classifier", association.Input(t, "serviceAccount"))
	assert.Contains(t, association.Input(t, "roleArn"), "reader-role")
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::models"]},
		{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::models/*"]}]}`,
		rec.Named(t, "reader-policy-1").Input(t, "policy").(string))
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::checkpoints"]},
		{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject","s3:AbortMultipartUpload"],"Resource":["arn:aws:s3:::checkpoints/*"]}]}`,
		rec.Named(t, "reader-policy-2").Input(t, "policy").(string))
	assert.True(t, rec.DependsOn(association, rec.Named(t, "reader-policy-2")), "pods that start before their role may do anything crash")
	assert.True(t, rec.DependsOn(association, rec.Named(t, "cluster-addon-eks-pod-identity-agent")))
	assert.Empty(t, bound.Annotations, "Pod Identity needs none")
	assert.NotEmpty(t, bound.Ready)
}

func TestBindServiceAccount_RefusesWhatIsNoBucket(t *testing.T) {
	_, _, err := bind(t, cluster.Grant{Kind: cluster.ReadObjects, Resource: pulumi.String("models")})
	require.ErrorContains(t, err, `the bucket "models" of a grant is not an ARN`)

	_, rec, err := bind(t, cluster.Grant{Kind: "own-objects", Resource: pulumi.String("arn:aws:s3:::models")})
	require.ErrorContains(t, err, `grant 0 is of kind "own-objects"`)
	assert.Empty(t, rec.OfType("aws:eks/podIdentityAssociation:PodIdentityAssociation"))
}
