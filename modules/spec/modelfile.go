package spec

import (
	"fmt"
	"maps"
	pathpkg "path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// modelFiles reads the files of stacks/models. A file is named after its model;
// the one of the defaults comes first.
func (d *decoder) modelFiles(files map[string][]byte) {
	d.platform.Models = map[string]Model{}
	d.fleetDefaults(files)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if isFleetDefaults(file) {
			continue
		}
		base := pathpkg.Base(file)
		name := strings.TrimSuffix(base, pathpkg.Ext(base))
		at := path{canonical: join(root+"models", name), written: file + ": "}
		if other, ok := d.origins[at.canonical]; ok {
			d.blame(at)
			d.add(file, name, "is the second file for this model, beside "+strings.TrimSuffix(other, ": "), "remove one of the files")
			continue
		}
		d.addOrigin(at)
		if values, ok := d.parseFile(file, files[file]); ok {
			model := d.inherited(at)
			d.fields(at, values, reflect.ValueOf(&model).Elem())
			d.platform.Models[name] = model
		} else {
			d.blame(at)
		}
	}
}

// parseFile reads one YAML document that is a map.
func (d *decoder) parseFile(file string, content []byte) (map[string]any, bool) {
	if documents(content) > 1 {
		d.missing(file, "holds more than one YAML document", "write each model into a file of its own")
		return nil, false
	}
	text, err := yaml.YAMLToJSONStrict(content)
	if err != nil {
		d.missing(file, "is not valid YAML: "+plainYAMLError(err), "correct the line that is named")
		return nil, false
	}
	value, err := parseJSON(text)
	if err != nil {
		d.missing(file, "cannot be read: "+err.Error(), "write it as a YAML map of the model's keys")
		return nil, false
	}
	values, ok := value.(map[string]any)
	if !ok {
		d.missing(file, fmt.Sprintf("holds %s and not the keys of a model", contentKind(value)),
			"write at least image: followed by the image of the server")
	}
	return values, ok
}

func contentKind(value any) string {
	if value == nil {
		return "nothing"
	}
	return kindOf(value)
}

// marker begins a YAML document. It stands at the start of a line, where no
// block of text can stand.
var marker = regexp.MustCompile(`(?m)^---(\s|$)`)

// documents counts the YAML documents that hold more than comments.
func documents(content []byte) int {
	count := 0
	for _, document := range marker.Split(string(content), -1) {
		if slices.ContainsFunc(strings.Split(document, "\n"), hasContent) {
			count++
		}
	}
	return count
}

func hasContent(line string) bool {
	line = strings.TrimSpace(line)
	return line != "" && !strings.HasPrefix(line, "#")
}

// plainYAMLError is a parser's message on one line, without the layers that
// wrap it.
func plainYAMLError(err error) string {
	text := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	text = strings.TrimPrefix(text, "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:\n")
	return strings.Join(strings.Fields(text), " ")
}
