package emulator

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// Diff implements pulumirpc.ResourceProviderServer: it compares the inputs that
// the object has with those that it is to have.
func (p *Provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	t, err := p.lookup(urn.URN(req.GetUrn()).Type().String())
	if err != nil {
		return nil, err
	}
	olds, err := decode(oldInputs(req))
	if err != nil {
		return nil, err
	}
	news, err := decode(req.GetNews())
	if err != nil {
		return nil, err
	}
	found := t.diff(olds, news)
	found.ignore(req.GetIgnoreChanges())
	return found.response(t.deletesFirst(olds, news)), nil
}

// oldInputs are the previous inputs; engines before 3.54 sent only the outputs.
func oldInputs(req *pulumirpc.DiffRequest) *structpb.Struct {
	if req.GetOldInputs() != nil {
		return req.GetOldInputs()
	}
	return req.GetOlds()
}

// deletesFirst tells whether the old object has to go before its replacement
// comes.
func (t *Type) deletesFirst(olds, news Properties) bool {
	if t.DeleteFirst {
		return t.Name == nil || t.Name.Fixed || !t.Name.chosen(olds)
	}
	return t.nameBlocksReplacement(olds, news)
}

// nameBlocksReplacement tells whether old and new object would bear the same
// name.
func (t *Type) nameBlocksReplacement(olds, news Properties) bool {
	return t.Name != nil && !t.Name.chosen(news) && news.Known(t.Name.Property) &&
		news.Has(t.Name.Property) && olds.At(t.Name.Property) == news.At(t.Name.Property)
}

// change is one difference between old and new inputs.
type change struct {
	kind    pulumirpc.PropertyDiff_Kind
	replace bool
}

// changes by path.
type changes map[string]change

// ignore forgets changes at or below the paths of ignoreChanges. The engine
// takes them out of the inputs itself, but not when it compares after a refresh.
func (c changes) ignore(paths []string) {
	maps.DeleteFunc(c, func(path string, _ change) bool {
		return slices.ContainsFunc(paths, func(ignored string) bool { return within(path, ignored) })
	})
}

func (t *Type) diff(olds, news Properties) changes {
	found := changes{}
	t.compare(found, "", plain(olds), plain(news))
	if t.ReplaceIf == nil {
		return found
	}
	for _, fixed := range t.ReplaceIf(olds, news) {
		for path, c := range found {
			if within(pattern(path), fixed) {
				found[path] = change{c.kind, true}
			}
		}
	}
	return found
}

// plain is properties without the provider's own marks.
func plain(p Properties) map[string]any {
	out := maps.Clone(map[string]any(p))
	maps.DeleteFunc(out, func(key string, _ any) bool { return strings.HasPrefix(key, "__") })
	return out
}

// compare walks into objects and arrays, so that a change is reported at the
// place where it is. An absent object is compared as an empty one.
func (t *Type) compare(found changes, path string, a, b any) {
	if t.same(path, a, b) {
		return
	}
	x, isObject := a.(map[string]any)
	y, areObjects := b.(map[string]any)
	if (isObject || a == nil) && (areObjects || b == nil) {
		keys := map[string]any{}
		maps.Copy(keys, x)
		maps.Copy(keys, y)
		for key := range keys {
			t.compare(found, join(path, key), x[key], y[key])
		}
		return
	}
	l, isArray := a.([]any)
	r, areArrays := b.([]any)
	switch {
	case (isArray || a == nil) && (areArrays || b == nil) && slices.Contains(t.Sets, pattern(path)):
		t.compareSets(found, path, l, r)
	case (isArray || a == nil) && (areArrays || b == nil):
		for i := range max(len(l), len(r)) {
			t.compare(found, index(path, i), at(l, i), at(r, i))
		}
	case a == nil:
		found.add(t, path, pulumirpc.PropertyDiff_ADD)
	case b == nil:
		found.add(t, path, pulumirpc.PropertyDiff_DELETE)
	default:
		found.add(t, path, pulumirpc.PropertyDiff_UPDATE)
	}
}

// compareSets reports the elements that came and went, at the position that
// they have in their array.
func (t *Type) compareSets(found changes, path string, olds, news []any) {
	has := func(set []any, v any) bool {
		return slices.ContainsFunc(set, func(w any) bool { return equalValues(v, w) })
	}
	for i, v := range olds {
		if !has(news, v) {
			found.add(t, index(path, i), pulumirpc.PropertyDiff_DELETE)
		}
	}
	for i, v := range news {
		if has(olds, v) {
			continue
		}
		kind := pulumirpc.PropertyDiff_ADD
		if _, gone := found[index(path, i)]; gone {
			kind = pulumirpc.PropertyDiff_UPDATE
		}
		found.add(t, index(path, i), kind)
	}
}

func at(array []any, i int) any {
	if i < len(array) {
		return array[i]
	}
	return nil
}

// same tells whether two values mean the same at path. An absent input means
// its default. An unknown value may become anything, so it counts as changed.
func (t *Type) same(path string, a, b any) bool {
	if containsUnknown(b) {
		return false
	}
	at := pattern(path)
	if slices.Contains(t.JSON, at) {
		x, isText := a.(string)
		y, areTexts := b.(string)
		return isText && areTexts && equalJSON(x, y)
	}
	return equalValues(t.orDefault(at, a), t.orDefault(at, b))
}

// orDefault is v, or what stands in for it when it is absent. Empty arrays and
// objects are as good as absent.
func (t *Type) orDefault(path string, v any) any {
	switch w := v.(type) {
	case nil:
		return t.Defaults[path]
	case []any:
		if len(w) == 0 {
			return nil
		}
	case map[string]any:
		if len(w) == 0 {
			return nil
		}
	}
	return v
}

func (c changes) add(t *Type, path string, kind pulumirpc.PropertyDiff_Kind) {
	c[path] = change{kind, t.replaces(path)}
}

// replaces tells whether a change at path cannot be made in place: it is at or
// in a property of the Replace list, or it is an unknown value around one.
func (t *Type) replaces(path string) bool {
	changed := pattern(path)
	return slices.ContainsFunc(t.Replace, func(fixed string) bool {
		return within(changed, fixed) || within(fixed, changed)
	})
}

// within tells whether path is at or below root.
func within(path, root string) bool {
	rest, ok := strings.CutPrefix(path, root)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func (c changes) response(deleteFirst bool) *pulumirpc.DiffResponse {
	resp := &pulumirpc.DiffResponse{
		Changes:         pulumirpc.DiffResponse_DIFF_NONE,
		HasDetailedDiff: true,
		DetailedDiff:    map[string]*pulumirpc.PropertyDiff{},
	}
	for _, path := range slices.Sorted(maps.Keys(c)) {
		resp.Changes = pulumirpc.DiffResponse_DIFF_SOME
		top := steps(path)[0]
		if !slices.Contains(resp.Diffs, top) {
			resp.Diffs = append(resp.Diffs, top)
		}
		kind := c[path].kind
		if c[path].replace {
			kind = replacing[kind]
			if !slices.Contains(resp.Replaces, top) {
				resp.Replaces = append(resp.Replaces, top)
			}
		}
		resp.DetailedDiff[path] = &pulumirpc.PropertyDiff{Kind: kind, InputDiff: true}
	}
	resp.DeleteBeforeReplace = deleteFirst && len(resp.Replaces) > 0
	return resp
}

// replacing is each kind of change when it forces a replacement.
var replacing = map[pulumirpc.PropertyDiff_Kind]pulumirpc.PropertyDiff_Kind{
	pulumirpc.PropertyDiff_ADD:    pulumirpc.PropertyDiff_ADD_REPLACE,
	pulumirpc.PropertyDiff_DELETE: pulumirpc.PropertyDiff_DELETE_REPLACE,
	pulumirpc.PropertyDiff_UPDATE: pulumirpc.PropertyDiff_UPDATE_REPLACE,
}
