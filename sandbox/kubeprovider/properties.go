package kubeprovider

import (
	"math"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Keys that the state of an object has beside the live object: the inputs that
// made it, the version they were first written in, and the field manager that
// owns its fields. pulumi-kubernetes keeps the same three.
const (
	inputsKey         = "__inputs"
	initialVersionKey = "__initialApiVersion"
	fieldManagerKey   = "__fieldManager"
)

// decode reads properties, with unknown and secret values kept as such.
func decode(s *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
}

// decodePlain reads properties with secrets replaced by their values.
func decodePlain(s *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true})
}

func encode(pm resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(pm, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
}

// toObject turns properties into a Kubernetes object. Secrets lose their mark;
// unknown values stay in the tree as resource.Computed.
func toObject(pm resource.PropertyMap) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: pm.MapRepl(schemaKeyToKubernetes, plainValue)}
}

// toProperties is the inverse of toObject.
func toProperties(obj *unstructured.Unstructured) resource.PropertyMap {
	return resource.NewPropertyMapFromMapRepl(obj.Object, schemaKeyToPulumi, nil)
}

// maxExactInt is the largest integer that a property, a float64, holds exactly.
const maxExactInt = 1 << 53

func plainValue(v resource.PropertyValue) (any, bool) {
	switch {
	case v.IsSecret():
		return v.SecretValue().Element.MapRepl(schemaKeyToKubernetes, plainValue), true
	case v.IsComputed(), v.IsOutput():
		return resource.Computed{Element: resource.NewProperty("")}, true
	case v.IsNumber():
		// Kubernetes tells integers from fractions.
		if n := v.NumberValue(); n == math.Trunc(n) && math.Abs(n) < maxExactInt {
			return int64(n), true
		}
	}
	return nil, false
}

// Keys of CRD schemas such as x-kubernetes-list-type have dashes, which no
// Pulumi property may have: the SDKs write underscores.
const (
	schemaKeyPrefix       = "x-kubernetes-"
	pulumiSchemaKeyPrefix = "x_kubernetes_"
)

func schemaKeyToKubernetes(key string) (string, bool) {
	return strings.ReplaceAll(key, "_", "-"), strings.HasPrefix(key, pulumiSchemaKeyPrefix)
}

func schemaKeyToPulumi(key string) (resource.PropertyKey, bool) {
	return resource.PropertyKey(strings.ReplaceAll(key, "-", "_")), strings.HasPrefix(key, schemaKeyPrefix)
}

// isUnknown tells whether a value of an object tree is not known yet.
func isUnknown(v any) bool {
	_, ok := v.(resource.Computed)
	return ok
}

// hasUnknown tells whether anything in an object tree is not known yet.
func hasUnknown(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			if hasUnknown(e) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if hasUnknown(e) {
				return true
			}
		}
	}
	return isUnknown(v)
}

// state is what a deployment remembers of an object.
type state struct {
	inputs, live   *unstructured.Unstructured
	initialVersion string
	manager        string
}

// properties renders the state, with what was secret in from marked secret.
func (s state) properties(from resource.PropertyMap) resource.PropertyMap {
	live, inputs := toProperties(s.live), toProperties(s.inputs)
	markSecrets(live, from)
	markSecrets(inputs, from)
	live[inputsKey] = resource.NewProperty(inputs)
	live[initialVersionKey] = resource.NewProperty(s.initialVersion)
	live[fieldManagerKey] = resource.NewProperty(s.manager)
	return live
}

// parseState reads what properties rendered.
func parseState(pm resource.PropertyMap) state {
	s := state{
		initialVersion: text(pm[initialVersionKey]),
		manager:        text(pm[fieldManagerKey]),
		inputs:         &unstructured.Unstructured{Object: map[string]any{}},
		live:           toObject(pm),
	}
	if inputs, ok := s.live.Object[inputsKey].(map[string]any); ok {
		s.inputs.Object = inputs
	}
	delete(s.live.Object, inputsKey)
	delete(s.live.Object, initialVersionKey)
	delete(s.live.Object, fieldManagerKey)
	if s.initialVersion == "" {
		s.initialVersion = s.inputs.GetAPIVersion()
	}
	return s
}

// markSecrets marks in out what is secret in from. Within objects the mark
// stays as narrow as it was; a list is marked whole, since the server may have
// moved its elements. The data of a Secret is always secret.
func markSecrets(out, from resource.PropertyMap) {
	if kind, ok := out["kind"]; ok && kind.IsString() && kind.StringValue() == secretKind.Kind {
		for _, key := range []resource.PropertyKey{"data", "stringData"} {
			if v, ok := out[key]; ok && !v.IsSecret() {
				out[key] = resource.MakeSecret(v)
			}
		}
	}
	for key, v := range from {
		current, ok := out[key]
		switch {
		case !ok || current.IsSecret():
		case current.IsObject() && v.IsObject():
			markSecrets(current.ObjectValue(), v.ObjectValue())
		case v.ContainsSecrets():
			out[key] = resource.MakeSecret(current)
		}
	}
}
