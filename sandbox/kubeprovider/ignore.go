package kubeprovider

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// yieldIgnored keeps an update from changing the fields of ignoreChanges. A
// field that another manager alone owns, such as the replica count once an
// autoscaler has set it, is left out of what is applied; any other keeps its
// live value. Paths into lists are left as they are.
func yieldIgnored(inputs, live *unstructured.Unstructured, manager string, paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	ours, theirs, err := owners(live, manager)
	if err != nil {
		return err
	}
	for _, path := range paths {
		parsed, err := resource.ParsePropertyPath(path)
		if err != nil {
			return fmt.Errorf("ignoreChanges path %q: %w", path, err)
		}
		fields, ok := fieldNames(parsed)
		if !ok {
			continue
		}
		at := fieldpath.MakePathOrDie(anys(fields)...)
		if theirs.Has(at) && !ours.Has(at) {
			unstructured.RemoveNestedField(inputs.Object, fields...)
			continue
		}
		value, found, err := unstructured.NestedFieldCopy(live.Object, fields...)
		if err != nil || !found {
			continue
		}
		if err := unstructured.SetNestedField(inputs.Object, value, fields...); err != nil {
			return fmt.Errorf("ignoreChanges path %q: %w", path, err)
		}
	}
	return nil
}

// owners returns the fields that manager owns and those that others own, with
// every field's parents.
func owners(live *unstructured.Unstructured, manager string) (ours, theirs *fieldpath.Set, err error) {
	ours, theirs = fieldpath.NewSet(), fieldpath.NewSet()
	for _, entry := range live.GetManagedFields() {
		if entry.FieldsV1 == nil {
			continue
		}
		var fields fieldpath.Set
		if err := fields.FromJSON(entry.FieldsV1.GetRawReader()); err != nil {
			return nil, nil, fmt.Errorf("managed fields of %s %s: %w", live.GetKind(), live.GetName(), err)
		}
		set := theirs
		if entry.Manager == manager {
			set = ours
		}
		fields.Iterate(func(p fieldpath.Path) {
			for i := range p {
				set.Insert(p[:i+1].Copy())
			}
		})
	}
	return ours, theirs, nil
}

func fieldNames(path resource.PropertyPath) ([]string, bool) {
	names := make([]string, len(path))
	for i, step := range path {
		name, ok := step.(string)
		if !ok || name == "*" {
			return nil, false
		}
		names[i] = name
	}
	return names, len(names) > 0
}

func anys(names []string) []any {
	out := make([]any, len(names))
	for i, name := range names {
		out[i] = name
	}
	return out
}
