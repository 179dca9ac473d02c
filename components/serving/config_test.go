package serving

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/spec"
)

func TestConfig_IsMountedAndReplacesReplicasWhenItChanges(t *testing.T) {
	deployed := func(content string) appsv1.Deployment {
		f := newFixture(t, changed(func(m *spec.Model) { m.Config = map[string]string{"labels.txt": content} }))
		require.NoError(t, f.run())
		assert.Equal(t, content, f.rec.Named(t, "image-classifier-config").Input(t, `data["labels.txt"]`))
		return manifest.Decode[appsv1.Deployment](t, f.rec.Named(t, stableName))
	}
	one, same, other := deployed("cat\ndog"), deployed("cat\ndog"), deployed("cat\ncow")
	assert.Equal(t, one.Spec.Template, same.Spec.Template)
	assert.NotEqual(t, one.Spec.Template.Annotations, other.Spec.Template.Annotations)
	mounts := one.Spec.Template.Spec.Containers[0].VolumeMounts
	assert.Equal(t, "/config", mounts[1].MountPath)
	assert.True(t, mounts[1].ReadOnly)
}

func TestSecrets_ReachTheServerAndNothingElse(t *testing.T) {
	f := newFixture(t, changed(func(m *spec.Model) { m.Secrets.Env = map[string]string{"API_TOKEN": "shop"} }))
	f.secrets = map[string]spec.Secret{"shop": "s3cr3t", "other": "0th3r"}
	require.NoError(t, f.run())
	secret := f.rec.Named(t, "image-classifier-env")
	assert.Equal(t, map[string]any{"API_TOKEN": "s3cr3t"}, secret.Input(t, "stringData"))
	assert.True(t, secret.Secret(t, "stringData"))
	assert.Equal(t, true, secret.Input(t, "immutable"), "another value is another Secret, and new replicas")
	assert.Nil(t, secret.Input(t, "metadata.name"))
	for _, res := range f.rec.All() {
		if res.Name != secret.Name {
			assert.NotContains(t, res.Input(t, ""), "s3cr3t", res.Name)
		}
	}
}

func TestNetwork_LetsInWhoHasBusinessWithTheModel(t *testing.T) {
	f := routedFixture(t, func(m *spec.Model) { m.Clients, m.Egress = []string{"shop"}, []string{"10.20.0.0/16"} })
	policy := manifest.Decode[networkingv1.NetworkPolicy](t, f.rec.Named(t, "image-classifier-network"))
	assert.Equal(t, map[string]string{"gantry.dev/model": "image-classifier"}, policy.Spec.PodSelector.MatchLabels, "every version")
	require.Len(t, policy.Spec.Ingress, 1)
	var from []string
	for _, peer := range policy.Spec.Ingress[0].From {
		from = append(from, peer.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"])
	}
	assert.Equal(t, []string{"models", "monitoring", "gateway", "shop"}, from)
	assert.Equal(t, "http", policy.Spec.Ingress[0].Ports[0].Port.StrVal)
	require.Len(t, policy.Spec.Egress, 2)
	assert.EqualValues(t, 53, policy.Spec.Egress[0].Ports[0].Port.IntVal)
	assert.Equal(t, "10.20.0.0/16", policy.Spec.Egress[1].To[0].IPBlock.CIDR)
}

func TestNetwork_OfAnInternalModelKeepsTheGatewayOut(t *testing.T) {
	f := newFixture(t, classifier())
	f.gateway = &Gateway{Name: "gantry", Namespace: "gateway", Listener: "https"}
	require.NoError(t, f.run())
	policy := manifest.Decode[networkingv1.NetworkPolicy](t, f.rec.Named(t, "image-classifier-network"))
	assert.Len(t, policy.Spec.Ingress[0].From, 2)
	assert.Len(t, policy.Spec.Egress, 1, "DNS and nothing else")
}
