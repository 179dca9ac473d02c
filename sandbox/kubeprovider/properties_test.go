package kubeprovider

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestKindOfReadsTypeTokens(t *testing.T) {
	for typ, want := range map[string]schema.GroupVersionKind{
		"kubernetes:core/v1:Namespace":                       {Version: "v1", Kind: "Namespace"},
		"kubernetes:apps/v1:Deployment":                      {Group: "apps", Version: "v1", Kind: "Deployment"},
		"kubernetes:rbac.authorization.k8s.io/v1:Role":       {Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "Role"},
		"kubernetes:monitoring.coreos.com/v1:ServiceMonitor": {Group: "monitoring.coreos.com", Version: "v1", Kind: "ServiceMonitor"},
	} {
		got, err := kindOf(typ)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, typ := range []string{"", "kubernetes:apps:Deployment", "aws:apps/v1:Deployment", "kubernetes:apps/v1", "kubernetes:apps/v1:"} {
		_, err := kindOf(typ)
		assert.Error(t, err, typ)
	}
}

func TestShapeKeepsWhatTheInputsSpeakOf(t *testing.T) {
	for name, tc := range map[string]struct{ live, like, want string }{
		"defaults go":                     {`{a: 1, b: 2}`, `{a: 9}`, `{a: 1}`},
		"what is gone stays gone":         {`{b: 2}`, `{a: 9, b: 1}`, `{b: 2}`},
		"nested":                          {`{s: {a: 1, b: {c: 1, d: 1}}}`, `{s: {b: {d: 0}}}`, `{s: {b: {d: 1}}}`},
		"lists go by position":            {`{l: [{a: 1, z: 1}, {a: 2}, {a: 3}]}`, `{l: [{a: 0}, {a: 0}]}`, `{l: [{a: 1}, {a: 2}]}`},
		"a shorter live list shows":       {`{l: [1]}`, `{l: [1, 2]}`, `{l: [1]}`},
		"another type shows as a whole":   {`{a: {b: 1}}`, `{a: x}`, `{a: {b: 1}}`},
		"a list in place of a map shows":  {`{a: [1]}`, `{a: {b: 1}}`, `{a: [1]}`},
		"an empty map in the inputs cuts": {`{a: {b: 1}}`, `{a: {}}`, `{a: {}}`},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, toObject(props(t, tc.want)).Object, shape(toObject(props(t, tc.live)).Object, toObject(props(t, tc.like)).Object))
		})
	}
}

func TestSecretsOfTheInputsAreSecretsOfTheState(t *testing.T) {
	inputs := props(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {x: y}}, data: {open: o, hidden: h}, list: [{a: b}]}`)
	inputs["data"].ObjectValue()["hidden"] = resource.MakeSecret(resource.NewProperty("h"))
	inputs["list"].ArrayValue()[0].ObjectValue()["a"] = resource.MakeSecret(resource.NewProperty("b"))
	plain := toObject(inputs)
	got := state{inputs: plain, live: plain, initialVersion: "v1", manager: defaultManager}.properties(inputs)
	for _, pm := range []resource.PropertyMap{got, got[inputsKey].ObjectValue()} {
		assert.True(t, pm["data"].ObjectValue()["hidden"].IsSecret())
		assert.False(t, pm["data"].ObjectValue()["open"].IsSecret())
		assert.True(t, pm["list"].IsSecret(), "elements may have moved, so the list is secret")
		assert.False(t, pm["metadata"].ContainsSecrets())
	}

	back := parseState(got)
	assert.Equal(t, plain.Object, back.live.Object)
	assert.Equal(t, plain.Object, back.inputs.Object)
	assert.Equal(t, defaultManager, back.manager)
}

func TestSecretDataIsAlwaysSecret(t *testing.T) {
	live := object(t, `{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {k: dg==}}`)
	got := state{inputs: live, live: live}.properties(nil)
	assert.True(t, got["data"].IsSecret())
	assert.True(t, got[inputsKey].ObjectValue()["data"].IsSecret())
}

func TestNumbersKeepTheirKind(t *testing.T) {
	obj := toObject(props(t, `{a: 3, b: 0.5, c: 9007199254740993}`))
	assert.Equal(t, int64(3), obj.Object["a"])
	assert.InDelta(t, 0.5, obj.Object["b"], 0)
	assert.IsType(t, 0.0, obj.Object["c"], "beyond what a property holds exactly")
}

func TestSchemaKeysLoseTheirDashesInPulumi(t *testing.T) {
	obj := object(t, `{kind: X, s: {x-kubernetes-list-type: map, x-other: 1, a_b: 2}}`)
	pm := toProperties(obj)
	assert.Equal(t, "map", pm["s"].ObjectValue()["x_kubernetes_list_type"].StringValue())
	assert.Equal(t, obj.Object, toObject(pm).Object)
}
