package kubeprovider

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// unknown is a value that only the deployment will bring.
var unknown = resource.MakeComputed(resource.NewProperty(""))

// urnOf returns the URN of a resource named web of a type.
func urnOf(typ string) string {
	return "urn:pulumi:dev::gantry::" + typ + "::web"
}

// props reads YAML as Pulumi properties.
func props(t testing.TB, manifest string) resource.PropertyMap {
	t.Helper()
	var m map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(manifest), &m))
	return resource.NewPropertyMapFromMap(m)
}

func structOf(t testing.TB, pm resource.PropertyMap) *structpb.Struct {
	t.Helper()
	s, err := encode(pm)
	require.NoError(t, err)
	return s
}

func propsOf(t testing.TB, s *structpb.Struct) resource.PropertyMap {
	t.Helper()
	pm, err := decode(s)
	require.NoError(t, err)
	return pm
}

// object reads YAML as a live object, with JSON's number types.
func object(t testing.TB, manifest string) *unstructured.Unstructured {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(manifest))
	require.NoError(t, err)
	obj := &unstructured.Unstructured{}
	require.NoError(t, json.Unmarshal(raw, obj))
	return obj
}

// stateOf is the state after the live object was made from the inputs.
func stateOf(t testing.TB, live, inputs string) *structpb.Struct {
	t.Helper()
	s := state{live: object(t, live), inputs: object(t, inputs), manager: defaultManager}
	s.initialVersion = s.live.GetAPIVersion()
	return structOf(t, s.properties(nil))
}

// offline is a provider that no cluster was configured for.
func offline() pulumirpc.ResourceProviderServer { return New(Options{}) }

func mustKind(t testing.TB, typ string) schema.GroupKind {
	t.Helper()
	gvk, err := kindOf(typ)
	require.NoError(t, err)
	return gvk.GroupKind()
}
