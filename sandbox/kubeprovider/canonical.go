package kubeprovider

import (
	"encoding/base64"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// canonical rewrites inputs as the API server would store them, so that two
// spellings of one thing, such as the CPU quantities 0.5 and 500m, make no
// difference. Fields that the kind does not have are returned as messages, with
// their paths. Custom kinds and inputs with unknown values are left alone.
func canonical(obj *unstructured.Unstructured) (*unstructured.Unstructured, []string) {
	var problems []string
	gvk := obj.GroupVersionKind()
	switch {
	case hasUnknown(obj.Object):
	case gvk.GroupKind() == crdKind:
		dropServerSideCRDFields(obj.Object)
	case builtIn(gvk):
		var round map[string]any
		round, problems = roundTrip(obj)
		if gvk.GroupKind() == secretKind {
			encodeSecretData(obj.Object)
		} else if round != nil {
			obj = &unstructured.Unstructured{Object: shape(round, obj.Object).(map[string]any)}
		}
	}
	for _, field := range serverMetadata {
		unstructured.RemoveNestedField(obj.Object, "metadata", field)
	}
	return obj, problems
}

// serverMetadata are the fields of metadata that only the API server writes.
var serverMetadata = []string{
	"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp",
	"generation", "managedFields", "resourceVersion", "uid",
}

// roundTrip decodes an object into its Go type and back. It returns no object
// when the values do not fit the type: the API server words that better.
func roundTrip(obj *unstructured.Unstructured) (map[string]any, []string) {
	typed, err := scheme.Scheme.New(obj.GroupVersionKind())
	if err != nil {
		return nil, nil
	}
	var problems []string
	converter := runtime.DefaultUnstructuredConverter
	if err := converter.FromUnstructuredWithValidation(obj.Object, typed, true); err != nil {
		strict, ok := runtime.AsStrictDecodingError(err)
		if !ok {
			return nil, nil
		}
		for _, e := range strict.Errors() {
			problems = append(problems, fmt.Sprintf("%v in %s: check its spelling and where it is nested", e, obj.GetKind()))
		}
	}
	round, err := converter.ToUnstructured(typed)
	if err != nil {
		return nil, problems
	}
	return round, problems
}

// encodeSecretData folds stringData into data, as the API server does, and
// re-encodes data, which drops white space.
func encodeSecretData(secret map[string]any) {
	plainData, _ := secret["stringData"].(map[string]any)
	if data, ok := secret["data"].(map[string]any); ok {
		for key, v := range data {
			encoded, _ := v.(string)
			if raw, err := base64.StdEncoding.DecodeString(encoded); err == nil {
				data[key] = base64.StdEncoding.EncodeToString(raw)
			}
		}
	}
	if len(plainData) == 0 {
		return
	}
	data, ok := child(secret, "data")
	if !ok {
		return
	}
	for key, v := range plainData {
		value, ok := v.(string)
		if !ok {
			return
		}
		data[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	delete(secret, "stringData")
}

// dropServerSideCRDFields removes what the API server drops from a CRD: its
// status, and a deprecated field when it says nothing.
func dropServerSideCRDFields(crd map[string]any) {
	delete(crd, "status")
	if spec, ok := crd["spec"].(map[string]any); ok && spec["preserveUnknownFields"] == false {
		delete(spec, "preserveUnknownFields")
	}
}

// shape cuts value down to the fields that like has, list element by list
// element. What remains of a live object is what its inputs speak of.
func shape(value, like any) any {
	switch value := value.(type) {
	case map[string]any:
		likeMap, ok := like.(map[string]any)
		if !ok {
			return value
		}
		out := make(map[string]any, len(likeMap))
		for key, l := range likeMap {
			if v, ok := value[key]; ok {
				out[key] = shape(v, l)
			}
		}
		return out
	case []any:
		likeList, ok := like.([]any)
		if !ok {
			return value
		}
		out := make([]any, 0, len(likeList))
		for i := range min(len(value), len(likeList)) {
			out = append(out, shape(value[i], likeList[i]))
		}
		return out
	default:
		return value
	}
}

func shapeObject(live, like *unstructured.Unstructured) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: shape(live.Object, like.Object).(map[string]any)}
}
