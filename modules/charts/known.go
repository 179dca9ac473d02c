package charts

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Known is what a chart knows of the values in one map.
type Known struct {
	// below are the keys that it knows.
	below map[string]*Known
	// open is a map whose keys are the user's to choose.
	open bool
	// whole is a map that a template writes out: what is in it need not be
	// the chart's to know, at any depth.
	whole bool
	// sealed is a map whose schema allows no other key.
	sealed bool
	// missing is the name of a chart that would know more and is not there.
	missing string
}

// Known gathers what a chart knows: from its values, the schema of its values,
// its templates, and the charts that it is made of. Those that do not lie within
// it are looked up among others by name.
func (c *Chart) Known(others map[string]*Chart) *Known {
	k := knownOf(c.Values)
	k.add(knownBySchema(c.Schema, c.Schema, nil))
	for _, template := range c.Templates {
		k.addReferences(template)
	}
	for _, dependency := range c.Dependencies {
		for condition := range strings.SplitSeq(dependency.Condition, ",") {
			k.at(split(strings.TrimSpace(condition)))
		}
		for _, tag := range dependency.Tags {
			k.at([]string{"tags", tag})
		}
		k.addPart(c, dependency, others)
	}
	k.open, k.sealed = false, true // the keys at the top are the chart's to choose
	return k
}

// addPart adds what a chart knows that another is made of. Values below global
// are handed on to it.
func (k *Known) addPart(c *Chart, dependency Dependency, others map[string]*Chart) {
	part := c.Parts[dependency.Name]
	if part == nil {
		part = others[dependency.Name]
	}
	own := k.at([]string{dependency.Key()})
	if part == nil {
		own.missing = dependency.Name
		return
	}
	theirs := part.Known(others)
	if global := theirs.below["global"]; global != nil {
		k.at([]string{"global"}).add(global)
	}
	own.add(theirs)
}

// knownOf is what values tell: a map that is empty, or holds nothing yet, is
// open.
func knownOf(value any) *Known {
	k := &Known{below: map[string]*Known{}}
	values, isMap := value.(map[string]any)
	for key, item := range values {
		k.below[key] = knownOf(item)
	}
	k.open = isMap && len(values) == 0
	return k
}

// knownBySchema is what a JSON schema tells. References lead back into the root;
// those being followed end a schema that holds itself.
func knownBySchema(root, schema map[string]any, following []string) *Known {
	k := &Known{below: map[string]*Known{}}
	if reference, ok := schema["$ref"].(string); ok && !slices.Contains(following, reference) {
		if target := resolve(root, reference); target != nil {
			k.add(knownBySchema(root, target, append(slices.Clone(following), reference)))
		}
	}
	for _, several := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := schema[several].([]any)
		for _, item := range list {
			if part, ok := item.(map[string]any); ok {
				one := knownBySchema(root, part, following)
				one.sealed = false // another of them may allow more
				k.add(one)
			}
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for key, item := range properties {
		property, _ := item.(map[string]any)
		k.at([]string{key}).add(knownBySchema(root, property, following))
	}
	switch more := schema["additionalProperties"].(type) {
	case bool:
		k.open, k.sealed = k.open || more, k.sealed || !more
	case map[string]any:
		k.open = true
	}
	if schema["patternProperties"] != nil {
		k.open = true
	}
	return k
}

// resolve follows a reference within a schema, as #/$defs/name.
func resolve(root map[string]any, reference string) map[string]any {
	inside, ok := strings.CutPrefix(reference, "#/")
	if !ok {
		return nil
	}
	at := root
	for key := range strings.SplitSeq(inside, "/") {
		key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
		if at, ok = at[key].(map[string]any); !ok {
			return nil
		}
	}
	return at
}

// verb is what is done with a value, and the variables that get it.
const verb = `(\w+\s+(?:\$\w+\s*,?\s*)*(?::=\s*)?)?`

var (
	// reference to a value, also as (.Values.a.b).c.
	reference = regexp.MustCompile(verb + `\(?\$?\.Values((?:\.\w+)+)(?:\)((?:\.\w+)+))?(\s*\|\s*(?:toYaml|default\s+\(?dict))?`)
	// indexed is a reference to a value whose key is no word.
	indexed = regexp.MustCompile(verb + `\(?index\s+\$?\.Values((?:\.\w+)*)((?:\s+"[^"]+")+)`)
	quoted  = regexp.MustCompile(`"([^"]+)"`)
	// wholeUse is a use of everything in a block's value.
	wholeUse = regexp.MustCompile(`toYaml\s+\.[\s)|}]`)
	// blockEnd ends a block, or begins its other branch.
	blockEnd = regexp.MustCompile(`{{-?\s*(end|else)\b`)
)

// addReferences adds the values that a template reads.
func (k *Known) addReferences(template string) {
	for _, m := range reference.FindAllStringSubmatchIndex(template, -1) {
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return template[m[2*i]:m[2*i+1]]
		}
		value := k.at(split(strings.TrimPrefix(group(2)+group(3), ".")))
		if writesOut(group(1)) || group(4) != "" {
			value.whole = true
		} else if strings.HasPrefix(group(1), "with ") {
			block := template[m[1]:]
			if end := blockEnd.FindStringIndex(block); end != nil {
				block = block[:end[0]]
			}
			value.whole = value.whole || wholeUse.MatchString(block)
		}
	}
	for _, m := range indexed.FindAllStringSubmatch(template, -1) {
		keys := split(strings.TrimPrefix(m[2], "."))
		for _, key := range quoted.FindAllStringSubmatch(m[3], -1) {
			keys = append(keys, key[1])
		}
		value := k.at(keys)
		value.whole = value.whole || writesOut(m[1])
	}
}

// writesOut tells whether a verb goes through everything in a value.
func writesOut(done string) bool {
	word, _, _ := strings.Cut(done, " ")
	return slices.Contains([]string{"toYaml", "toJson", "toToml", "range"}, word)
}

func split(dotted string) []string {
	if dotted == "" {
		return nil
	}
	return strings.Split(dotted, ".")
}

// at is what is known at a path, which is known from now on.
func (k *Known) at(path []string) *Known {
	for _, key := range path {
		if k.below[key] == nil {
			k.below[key] = &Known{below: map[string]*Known{}}
		}
		k = k.below[key]
	}
	return k
}

// add joins what else is known.
func (k *Known) add(other *Known) {
	k.open = k.open || other.open
	k.whole = k.whole || other.whole
	k.sealed = k.sealed || other.sealed
	if other.missing != "" {
		k.missing = other.missing
	}
	for key, item := range other.below {
		k.at([]string{key}).add(item)
	}
}

// accepts tells whether any key may stand in the map. Of one about which nothing
// is known but its name, nothing can be said.
func (k *Known) accepts(whole bool) bool {
	return !k.sealed && (whole || k.open || len(k.below) == 0)
}

// Unknown is a key that a chart knows nothing of.
type Unknown struct {
	// Path of the key in the values, with dots.
	Path string
	// Nearest is the known path that was most likely meant; empty when none
	// resembles it.
	Nearest string
	// Beside are the keys that the chart knows in the same map.
	Beside []string
}

// Check compares values with what a chart knows: all keys that it does not know,
// and those that belong to a chart which is not there. Both are sorted.
func (k *Known) Check(values map[string]any) (unknown []Unknown, unchecked []string) {
	k.check("", values, false, func(u Unknown) { unknown = append(unknown, u) }, func(path string) { unchecked = append(unchecked, path) })
	return unknown, unchecked
}

func (k *Known) check(at string, values map[string]any, whole bool, report func(Unknown), skip func(string)) {
	whole = whole || k.whole
	for _, key := range slices.Sorted(maps.Keys(values)) {
		path := join(at, key)
		known := k.below[key]
		switch {
		case known != nil:
			if below, ok := values[key].(map[string]any); ok {
				known.check(path, below, whole, report, skip)
			}
		case k.missing != "":
			skip(path)
		case !k.accepts(whole):
			beside := slices.Sorted(maps.Keys(k.below))
			near := nearest(key, beside)
			if near != "" {
				near = join(at, near)
			}
			report(Unknown{Path: path, Nearest: near, Beside: beside})
		}
	}
}

// join appends a key to a path; one that has dots itself stands in brackets.
func join(at, key string) string {
	if strings.ContainsAny(key, ".[]") {
		return fmt.Sprintf("%s[%q]", at, key)
	}
	if at == "" {
		return key
	}
	return at + "." + key
}
