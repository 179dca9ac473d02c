package kubeprovider

import (
	"context"
	"regexp"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func check(t *testing.T, typ, news, olds string) (resource.PropertyMap, []string) {
	t.Helper()
	resp, err := offline().Check(context.Background(), &pulumirpc.CheckRequest{
		Urn: urnOf(typ), News: structOf(t, props(t, news)), Olds: structOf(t, props(t, olds)),
		RandomSeed: []byte("seed"),
	})
	require.NoError(t, err)
	var reasons []string
	for _, f := range resp.GetFailures() {
		reasons = append(reasons, f.GetReason())
	}
	return propsOf(t, resp.GetInputs()), reasons
}

func TestCheckFillsInWhatTheTypeKnows(t *testing.T) {
	for name, tc := range map[string]struct {
		typ, inputs, want string
	}{
		"core kind gets version, kind and the default namespace": {
			"kubernetes:core/v1:ConfigMap", `{metadata: {name: a}}`,
			`{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}}`,
		},
		"a given namespace stays": {
			"kubernetes:apps/v1:Deployment", `{metadata: {name: a, namespace: b}}`,
			`{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: b}}`,
		},
		"a cluster-scoped kind gets no namespace": {
			"kubernetes:core/v1:Namespace", `{metadata: {name: a}}`,
			`{apiVersion: v1, kind: Namespace, metadata: {name: a}}`,
		},
		"a custom kind counts as namespaced until it is installed": {
			"kubernetes:monitoring.coreos.com/v1:ServiceMonitor", `{metadata: {name: a}, spec: {x_kubernetes_y: 1, z: 2}}`,
			`{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: a, namespace: default}, spec: {x_kubernetes_y: 1, z: 2}}`,
		},
		"quantities are spelled as the API server spells them": {
			"kubernetes:core/v1:ResourceQuota", `{metadata: {name: a, namespace: b}, spec: {hard: {cpu: "0.5", pods: 3, memory: 1024Mi}}}`,
			`{apiVersion: v1, kind: ResourceQuota, metadata: {name: a, namespace: b}, spec: {hard: {cpu: 500m, pods: "3", memory: 1Gi}}}`,
		},
		"zero values that the API server drops are dropped": {
			"kubernetes:core/v1:Pod", `{metadata: {name: a, namespace: b}, spec: {hostNetwork: false, containers: []}}`,
			`{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: b}, spec: {containers: []}}`,
		},
		"metadata that only the server writes is dropped": {
			"kubernetes:core/v1:ServiceAccount", `{metadata: {name: a, namespace: b, uid: x, creationTimestamp: null}}`,
			`{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: b}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, failures := check(t, tc.typ, tc.inputs, `{}`)
			assert.Empty(t, failures)
			assert.Equal(t, props(t, tc.want), got)
		})
	}
}

func TestCheckNamesOnlyTheUnnamed(t *testing.T) {
	got, _ := check(t, "kubernetes:core/v1:ConfigMap", `{}`, `{}`)
	obj := toObject(got)
	assert.Regexp(t, regexp.MustCompile(`^web-[0-9a-f]{8}$`), obj.GetName())
	assert.Equal(t, map[string]string{annotationAutonamed: "true"}, obj.GetAnnotations())

	again, _ := check(t, "kubernetes:core/v1:ConfigMap", `{data: {a: b}}`,
		`{metadata: {name: web-0123abcd, annotations: {pulumi.com/autonamed: "true"}}}`)
	assert.Equal(t, "web-0123abcd", toObject(again).GetName(), "an update keeps the name")

	renamed, _ := check(t, "kubernetes:core/v1:ConfigMap", `{}`, `{metadata: {name: given}}`)
	assert.NotEqual(t, "given", toObject(renamed).GetName(), "a name that the program gave and took back is not kept")
}

func TestCheckKeepsTheManagedByLabelOfOlderState(t *testing.T) {
	got, _ := check(t, "kubernetes:core/v1:ConfigMap", `{metadata: {name: a}}`,
		`{metadata: {name: a, labels: {app.kubernetes.io/managed-by: pulumi}}}`)
	assert.Equal(t, "pulumi", toObject(got).GetLabels()[managedByLabel])
	got, _ = check(t, "kubernetes:core/v1:ConfigMap", `{metadata: {name: a}}`, `{}`)
	assert.Empty(t, toObject(got).GetLabels())
}

func TestCheckRejectsFieldsThatTheKindDoesNotHave(t *testing.T) {
	_, failures := check(t, "kubernetes:apps/v1:Deployment", `
metadata: {name: a, labls: {x: y}}
spec:
  replica: 2
  template: {spec: {containers: [{name: a, imagee: b}]}}`, `{}`)
	require.Len(t, failures, 3)
	for _, path := range []string{"metadata.labls", "spec.replica", "spec.template.spec.containers[0].imagee"} {
		assert.Condition(t, func() bool { return known(failures, `unknown field "`+path+`"`) }, "%s in %v", path, failures)
	}
}

func TestCheckKeepsUnknownsAndSecrets(t *testing.T) {
	news := props(t, `{metadata: {name: a, namespace: b}, spec: {template: {spec: {containers: [{name: c}]}}}}`)
	container := news["spec"].ObjectValue()["template"].ObjectValue()["spec"].ObjectValue()["containers"].ArrayValue()[0].ObjectValue()
	container["image"] = unknown
	news["spec"].ObjectValue()["paused"] = resource.MakeSecret(resource.NewProperty(true))
	resp, err := offline().Check(context.Background(), &pulumirpc.CheckRequest{
		Urn: urnOf("kubernetes:apps/v1:Deployment"), News: structOf(t, news),
	})
	require.NoError(t, err)
	assert.Empty(t, resp.GetFailures())
	spec := propsOf(t, resp.GetInputs())["spec"].ObjectValue()
	assert.True(t, spec["paused"].IsSecret())
	assert.True(t, spec["template"].ContainsUnknowns())
	assert.False(t, spec["template"].ContainsSecrets())
}

func TestCheckAcceptsAnUnknownName(t *testing.T) {
	news := props(t, `{metadata: {}}`)
	news["metadata"].ObjectValue()["name"] = unknown
	resp, err := offline().Check(context.Background(), &pulumirpc.CheckRequest{
		Urn: urnOf("kubernetes:core/v1:ConfigMap"), News: structOf(t, news),
	})
	require.NoError(t, err)
	metadata := propsOf(t, resp.GetInputs())["metadata"].ObjectValue()
	assert.True(t, metadata["name"].IsComputed())
	assert.NotContains(t, metadata, resource.PropertyKey("annotations"))
}

func TestCheckFoldsSecretTextIntoSecretData(t *testing.T) {
	got, _ := check(t, "kubernetes:core/v1:Secret", `{metadata: {name: a}, stringData: {k: v}, data: {l: "dw ==\n"}}`, `{}`)
	assert.NotContains(t, got, resource.PropertyKey("stringData"))
	require.True(t, got["data"].IsSecret())
	data := got["data"].SecretValue().Element.ObjectValue()
	assert.Equal(t, "dg==", data["k"].StringValue())
}

func TestCheckRefusesWhatIsNotServed(t *testing.T) {
	for typ, want := range map[string]string{
		"kubernetes:helm.sh/v3:Chart":       "install charts as kubernetes:helm.sh/v3:Release",
		"kubernetes:core/v1:ConfigMapList":  "list resources",
		"kubernetes:core/v1:NamespacePatch": "patch resources",
		"kubernetes:core:Pod":               "expected kubernetes:<group>/<version>:<Kind>",
	} {
		_, err := offline().Check(context.Background(), &pulumirpc.CheckRequest{Urn: urnOf(typ), News: structOf(t, resource.PropertyMap{})})
		assert.ErrorContains(t, err, want, typ)
	}
	_, failures := check(t, "kubernetes:example.com/v1:WishList", `{}`, `{}`)
	assert.Empty(t, failures, "a custom kind may end in List")
	_, err := offline().Check(context.Background(), &pulumirpc.CheckRequest{
		Urn: urnOf("kubernetes:core/v1:Pod"), News: structOf(t, props(t, `{metadata: {generateName: a-}}`)),
	})
	assert.ErrorContains(t, err, "generateName")
}

func TestCheckHonoursAutonamingSettings(t *testing.T) {
	req := &pulumirpc.CheckRequest{Urn: urnOf("kubernetes:core/v1:ConfigMap"), News: structOf(t, resource.PropertyMap{})}
	req.Autonaming = &pulumirpc.CheckRequest_AutonamingOptions{
		ProposedName: "proposed", Mode: pulumirpc.CheckRequest_AutonamingOptions_ENFORCE,
	}
	resp, err := offline().Check(context.Background(), req)
	require.NoError(t, err)
	assert.Equal(t, "proposed", toObject(propsOf(t, resp.GetInputs())).GetName())

	req.Autonaming.Mode = pulumirpc.CheckRequest_AutonamingOptions_DISABLE
	_, err = offline().Check(context.Background(), req)
	assert.ErrorContains(t, err, "autonaming is disabled")
}
