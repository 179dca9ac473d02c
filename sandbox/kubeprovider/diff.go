package kubeprovider

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Diff compares new inputs with the live object, cut down to what the old
// inputs spoke of: drift of fields that the program sets is seen, and what the
// cluster filled in is not.
func (p *provider) Diff(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := decode(req.GetOlds())
	if err != nil {
		return nil, fmt.Errorf("reading the state of %s: %w", req.GetUrn(), err)
	}
	news, err := decode(req.GetNews())
	if err != nil {
		return nil, fmt.Errorf("reading the inputs of %s: %w", req.GetUrn(), err)
	}
	if isRelease(req.GetUrn()) {
		return diffRelease(req, olds, news)
	}
	c, set := p.session(ctx).target()
	old := parseState(olds)
	inputs, _ := canonical(toObject(news))
	base := comparable(old, inputs, c.namespaced(inputs.GroupVersionKind()))

	d := differ{replaces: forceNew(inputs, set), changes: map[string]*pulumirpc.PropertyDiff{}}
	d.compare(nil, base.Object, inputs.Object)
	if err := d.ignore(req.GetIgnoreChanges()); err != nil {
		return nil, err
	}
	resp := &pulumirpc.DiffResponse{
		Changes:         pulumirpc.DiffResponse_DIFF_NONE,
		Replaces:        d.replacing(),
		DetailedDiff:    d.changes,
		HasDetailedDiff: true,
	}
	if len(d.changes) > 0 {
		resp.Changes = pulumirpc.DiffResponse_DIFF_SOME
	}
	resp.DeleteBeforeReplace = len(resp.Replaces) > 0 && keepsIdentity(inputs, old.live)
	return resp, nil
}

// comparable returns the old object in the shape of its inputs, and brings
// both sides to one spelling of the namespace.
func comparable(old state, inputs *unstructured.Unstructured, namespaced bool) *unstructured.Unstructured {
	oldInputs, _ := canonical(old.inputs)
	base := shapeObject(old.live, oldInputs)
	for _, obj := range []*unstructured.Unstructured{base, inputs} {
		metadata, ok := child(obj.Object, "metadata")
		switch {
		case !ok || isUnknown(metadata["namespace"]):
		case namespaced:
			obj.SetNamespace(canonicalNamespace(obj.GetNamespace()))
		default:
			delete(metadata, "namespace")
		}
	}
	if base.GetKind() == "" {
		base.SetGroupVersionKind(inputs.GroupVersionKind())
	}
	if inputs.GetName() != "" {
		base.SetName(old.live.GetName())
	}
	unstructured.RemoveNestedField(base.Object, "metadata", "resourceVersion")
	return base
}

// keepsIdentity tells whether a replacement would get the very name of what it
// replaces, which must then be gone first.
func keepsIdentity(inputs, live *unstructured.Unstructured) bool {
	return inputs.GetName() != "" && !annotated(inputs, annotationAutonamed) &&
		inputs.GetName() == live.GetName() && inputs.GetNamespace() == live.GetNamespace()
}

// differ collects the differences between two object trees by property path.
type differ struct {
	replaces []fieldPattern
	changes  map[string]*pulumirpc.PropertyDiff
}

// compare records what changes from before to after at path. Null counts as
// absent, as it does in a Kubernetes object.
func (d *differ) compare(path []any, before, after any) {
	switch {
	case before == nil && after == nil:
		return
	case before == nil:
		d.record(path, after, pulumirpc.PropertyDiff_ADD)
		return
	case after == nil:
		d.record(path, before, pulumirpc.PropertyDiff_DELETE)
		return
	}
	switch after := after.(type) {
	case map[string]any:
		if before, ok := before.(map[string]any); ok {
			d.compareMaps(path, before, after)
			return
		}
	case []any:
		if before, ok := before.([]any); ok {
			d.compareLists(path, before, after)
			return
		}
	default:
		if equalScalars(before, after) {
			return
		}
	}
	d.record(path, after, pulumirpc.PropertyDiff_UPDATE)
}

func (d *differ) compareMaps(path []any, before, after map[string]any) {
	for key, v := range after {
		d.compare(extend(path, key), before[key], v)
	}
	for key, v := range before {
		if _, ok := after[key]; !ok {
			d.compare(extend(path, key), v, nil)
		}
	}
}

func (d *differ) compareLists(path []any, before, after []any) {
	at := func(list []any, i int) any {
		if i < len(list) {
			return list[i]
		}
		return nil
	}
	for i := range max(len(before), len(after)) {
		d.compare(extend(path, i), at(before, i), at(after, i))
	}
}

// extend never shares memory between the paths of siblings.
func extend(path []any, step any) []any {
	return append(slices.Clip(path), step)
}

// equalScalars compares leaves; Kubernetes and Pulumi hold the same number in
// different Go types. An unknown value equals nothing.
func equalScalars(a, b any) bool {
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y
	}
	return !isUnknown(b) && reflect.DeepEqual(a, b)
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

var replacing = map[pulumirpc.PropertyDiff_Kind]pulumirpc.PropertyDiff_Kind{
	pulumirpc.PropertyDiff_ADD:    pulumirpc.PropertyDiff_ADD_REPLACE,
	pulumirpc.PropertyDiff_DELETE: pulumirpc.PropertyDiff_DELETE_REPLACE,
	pulumirpc.PropertyDiff_UPDATE: pulumirpc.PropertyDiff_UPDATE_REPLACE,
}

// record notes one change. The engine shows what is deleted from the old
// inputs and everything else from the old live object.
func (d *differ) record(path []any, value any, kind pulumirpc.PropertyDiff_Kind) {
	deleted := kind == pulumirpc.PropertyDiff_DELETE
	for _, pattern := range d.replaces {
		if pattern.touches(path, value) {
			kind = replacing[kind]
			break
		}
	}
	d.changes[pathText(path)] = &pulumirpc.PropertyDiff{Kind: kind, InputDiff: deleted}
}

// ignore drops the changes at and below the paths of ignoreChanges.
func (d *differ) ignore(paths []string) error {
	for _, path := range paths {
		ignored, err := resource.ParsePropertyPath(path)
		if err != nil {
			return fmt.Errorf("ignoreChanges path %q: %w", path, err)
		}
		maps.DeleteFunc(d.changes, func(changed string, _ *pulumirpc.PropertyDiff) bool {
			at, err := resource.ParsePropertyPath(changed)
			return err == nil && ignored.Contains(at)
		})
	}
	return nil
}

// replacing returns the sorted paths of the changes that need a new object.
func (d *differ) replacing() []string {
	var paths []string
	for path, change := range d.changes {
		switch change.GetKind() {
		case pulumirpc.PropertyDiff_ADD_REPLACE, pulumirpc.PropertyDiff_DELETE_REPLACE,
			pulumirpc.PropertyDiff_UPDATE_REPLACE:
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// pathText writes a path as Pulumi does: spec.containers[0]["a.b"].
func pathText(path []any) string {
	var b strings.Builder
	for _, step := range path {
		switch step := step.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(step) + "]")
		case string:
			switch {
			case strings.ContainsAny(step, `."[]`):
				b.WriteString(`["` + strings.ReplaceAll(step, `"`, `\"`) + `"]`)
			case b.Len() > 0:
				b.WriteString("." + step)
			default:
				b.WriteString(step)
			}
		}
	}
	return b.String()
}
