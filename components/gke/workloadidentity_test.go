package gke

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest"
)

// bind makes the cluster and binds a service account of it, and a probe that
// waits for the binding.
func bind(t *testing.T, grants ...cluster.Grant) (annotation string, rec *componenttest.Recorder, err error) {
	t.Helper()
	rec = &componenttest.Recorder{Outputs: outputs, Invoke: lookup}
	err = rec.Run(func(ctx *pulumi.Context) error {
		c, err := New(ctx, "cluster", dev())
		if err != nil {
			return err
		}
		bound, err := c.Handle.BindServiceAccount(ctx, "reader", cluster.Binding{
			Namespace: "models", ServiceAccount: "image-classifier", Grants: grants,
		})
		if err != nil {
			return err
		}
		bound.Annotations["iam.gke.io/gcp-service-account"].ToStringOutput().ApplyT(func(v string) string {
			annotation = v
			return v
		})
		var probe struct{ pulumi.CustomResourceState }
		return ctx.RegisterResource("test:index:Probe", "probe", nil, &probe, pulumi.DependsOn(bound.Ready))
	})
	return annotation, rec, err
}

func TestBindServiceAccount_ActsAsAGoogleAccountOfItsOwn(t *testing.T) {
	annotation, rec, err := bind(t,
		cluster.Grant{Kind: cluster.ReadObjects, Resource: pulumi.String("models")},
		cluster.Grant{Kind: cluster.WriteObjects, Resource: pulumi.String("checkpoints")})
	require.NoError(t, err)
	assert.Equal(t, "reader-account@ml-platform.iam.gserviceaccount.com", annotation)

	user := rec.Named(t, "reader-user")
	assert.Equal(t, "roles/iam.workloadIdentityUser", user.Input(t, "role"))
	assert.Equal(t, "serviceAccount:ml-platform.svc.id.goog[models/image-classifier]", user.Input(t, "member"))
	assert.Equal(t, "projects/ml-platform/serviceAccounts/"+annotation, user.Input(t, "serviceAccountId"))
	assert.True(t, rec.DependsOn(user, rec.Named(t, "cluster-cluster")), "the pool of identities exists with the first cluster of a project")

	var grants []map[string]any
	for _, grant := range rec.OfType(typeBucketIAM) {
		assert.Equal(t, "serviceAccount:"+annotation, grant.Input(t, "member"))
		grants = append(grants, map[string]any{"bucket": grant.Input(t, "bucket"), "role": grant.Input(t, "role")})
	}
	assert.ElementsMatch(t, []map[string]any{
		{"bucket": "models", "role": "roles/storage.objectViewer"},
		{"bucket": "checkpoints", "role": "roles/storage.objectUser"},
	}, grants, "and nothing else")

	provider := rec.OfType(typeProvider)[0]
	for _, name := range []string{"reader-account", "reader-user", "reader-grant-1", "reader-grant-2"} {
		assert.True(t, rec.DependsOn(rec.Named(t, "probe"), rec.Named(t, name)), "pods that start before %s crash", name)
		assert.True(t, strings.HasPrefix(rec.Named(t, name).Provider, provider.URN+"::"), name)
	}
}

func TestBindServiceAccount_RefusesWhatIsNoBucket(t *testing.T) {
	for _, name := range []string{"gs://models", "arn:aws:s3:::models", ""} {
		_, _, err := bind(t, cluster.Grant{Kind: cluster.ReadObjects, Resource: pulumi.String(name)})
		assert.ErrorContains(t, err, "of a grant is not the name of a bucket", name)
	}
	_, rec, err := bind(t, cluster.Grant{Kind: "own-objects", Resource: pulumi.String("models")})
	require.ErrorContains(t, err, `grant 0 is of kind "own-objects"`)
	assert.Empty(t, rec.OfType(typeBucketIAM))
}

func TestAccountID_TellsBindingsApartInThirtyCharacters(t *testing.T) {
	seen := map[string]cluster.Binding{}
	for _, platform := range []string{"p", "gantry-dev", strings.Repeat("platform", 5)} {
		w := &workloadIdentities{build: &build{platform: edit(dev(), func(a *Args) { a.Platform.Name = platform }).Platform}}
		for _, binding := range []cluster.Binding{
			{Namespace: "models", ServiceAccount: "image-classifier"},
			{Namespace: "models", ServiceAccount: "image-classifier-two"},
			{Namespace: "other", ServiceAccount: "image-classifier"},
			{Namespace: "models", ServiceAccount: "a.b"},
			{Namespace: "models", ServiceAccount: "a-b"},
		} {
			id := w.accountID(binding)
			assert.Regexp(t, `^[a-z]([-a-z0-9]{4,28}[a-z0-9])$`, id)
			assert.NotContains(t, seen, id, "%s %v", platform, binding)
			seen[id] = binding
		}
	}
}
