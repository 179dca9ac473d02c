package previewreport

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// properties are what changes in a resource: the paths that the provider tells,
// or else the properties that the engine found different, each down to single
// values.
func (r *resource) properties(p *Preview) []Property {
	old, new := p.maskedState(r.kind, r.old), p.maskedState(r.kind, r.new)
	var found []Property
	if len(r.detailed) > 0 {
		for _, path := range slices.Sorted(maps.Keys(r.detailed)) {
			kind := r.detailed[path].Kind
			found = append(found, changed(path, kind, old, new)...)
		}
	} else {
		for _, key := range merge(slices.Clone(r.diffs), r.keys) {
			if key == reasonProvider {
				continue // a property of the engine, not of the resource
			}
			kind := "update"
			if slices.Contains(r.keys, key) {
				kind = "update-replace"
			}
			found = append(found, changed(joinKey("", key), kind, old, new)...)
		}
	}
	slices.SortStableFunc(found, func(a, b Property) int { return strings.Compare(a.Path, b.Path) })
	return slices.Compact(found)
}

// twoSided is the inputs and outputs of a resource.
type twoSided struct{ inputs, outputs map[string]any }

func (p *Preview) maskedState(kind string, s *state) twoSided {
	if s == nil {
		return twoSided{}
	}
	return twoSided{p.masked(kind, s.Inputs, s.SecretOutputs), p.masked(kind, s.Outputs, s.SecretOutputs)}
}

// changed is what changes at a path and below it. Inputs are compared with
// inputs; what the program never said has only an output to compare with.
func changed(path, kind string, old, new twoSided) []Property {
	kind, forces := strings.CutSuffix(kind, "-replace")
	bare := []Property{{Path: path, Forces: forces}}
	elements, isPath := parsePath(path)
	if !isPath {
		return bare
	}
	before, had := at(old.inputs, elements)
	after, has := at(new.inputs, elements)
	if isHidden(before) || isHidden(after) {
		return []Property{{Path: path, Old: shownSecret, New: shownSecret, Forces: forces}}
	}
	same := had && has && reflect.DeepEqual(before, after)
	if same || !had {
		// Changed behind the program's back, or never said by it.
		before, had = at(old.outputs, elements)
	}
	if same && !had {
		return bare
	}
	switch kind {
	case "add":
		had = false
	case "delete":
		has = false
	}
	found := leaves(path, before, had, after, has)
	if len(found) == 0 {
		return bare
	}
	for i := range found {
		found[i].Forces = forces
	}
	return found
}

// leaves are the single values that differ.
func leaves(path string, old any, had bool, new any, has bool) []Property {
	if !had && !has {
		return nil
	}
	if oldMap, newMap := asMap(old), asMap(new); had && has && oldMap != nil && newMap != nil {
		keys := slices.Concat(slices.Collect(maps.Keys(oldMap)), slices.Collect(maps.Keys(newMap)))
		slices.Sort(keys)
		var found []Property
		for _, key := range slices.Compact(keys) {
			before, had := oldMap[key]
			after, has := newMap[key]
			found = append(found, leaves(joinKey(path, key), before, had, after, has)...)
		}
		return found
	}
	oldList, isOldList := old.([]any)
	newList, isNewList := new.([]any)
	if had && has && isOldList && isNewList && len(oldList) == len(newList) {
		var found []Property
		for i := range oldList {
			found = append(found, leaves(joinIndex(path, i), oldList[i], true, newList[i], true)...)
		}
		return found
	}
	if had && has && reflect.DeepEqual(old, new) {
		return nil
	}
	property := Property{Path: path}
	if had {
		property.Old = show(old)
	}
	if has {
		property.New = show(new)
	}
	return []Property{property}
}

func isHidden(value any) bool {
	_, secret := value.(hidden)
	return secret
}

func asMap(value any) map[string]any {
	items, _ := value.(map[string]any)
	return items
}
