// Package stackfile reads the configuration of a stack from the files of its
// Pulumi project, as the engine would hand it to the program: for what can be
// told about a stack without an engine.
package stackfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/modules/spec"
)

// namespace is the prefix of Gantry's configuration keys.
const namespace = "gantry:"

// Stack is the configuration of a stack as its files have it.
type Stack struct {
	// Project and Name are the names of the project and of the stack.
	Project, Name string
	// Values are all configuration keys with their namespace: text for scalars,
	// JSON for maps and lists, those of the stack over the defaults of the
	// project.
	Values map[string]string
	// Secrets are the keys whose value is encrypted or has something encrypted
	// in it, sorted. What is encrypted is not read.
	Secrets []string
}

// Read reads Pulumi.yaml and Pulumi.<stack>.yaml in a folder. Its error names
// the file.
func Read(project fs.FS, stack string) (Stack, error) {
	var settings struct {
		Name   string         `json:"name"`
		Config map[string]any `json:"config"`
	}
	if err := readYAML(project, "Pulumi.yaml", &settings); err != nil {
		return Stack{}, err
	}
	var file struct {
		Config map[string]any `json:"config"`
	}
	name := "Pulumi." + stack + ".yaml"
	if err := readYAML(project, name, &file); errors.Is(err, fs.ErrNotExist) {
		return Stack{}, fmt.Errorf("there is no stack %q: the project has no %s; copy Pulumi.dev.yaml to begin one", stack, name)
	} else if err != nil {
		return Stack{}, err
	}
	s := Stack{Project: settings.Name, Name: stack, Values: map[string]string{}}
	s.add(defaults(settings.Config))
	s.add(file.Config)
	return s, nil
}

// Cloud is the cloud that the configuration names.
func (s Stack) Cloud() spec.Cloud {
	return cmp.Or(spec.Cloud(s.Values[namespace+"cloud"]), spec.AWS)
}

// On is the stack with another cloud and everything else as it is.
func (s Stack) On(cloud spec.Cloud) Stack {
	s.Values = maps.Clone(s.Values)
	s.Values[namespace+"cloud"] = string(cloud)
	return s
}

// LayersFrom is the stack whose cluster this one builds on; empty where it makes
// its own.
func (s Stack) LayersFrom() string { return s.Values[namespace+"layersFrom"] }

// Raw is what spec.Load reads, together with the model files by their path.
func (s Stack) Raw(models map[string][]byte) spec.Raw {
	regionKey, accountKey := s.Cloud().ProviderKeys()
	raw := spec.Raw{
		Project:    s.Project,
		Stack:      s.Name,
		Region:     s.Values[regionKey],
		Account:    s.Values[accountKey],
		Config:     map[string]string{},
		ModelFiles: models,
	}
	for key, value := range s.Values {
		if own, ok := strings.CutPrefix(key, namespace); ok {
			raw.Config[own] = value
		}
	}
	for _, key := range s.Secrets {
		if own, ok := strings.CutPrefix(key, namespace); ok {
			raw.Secrets = append(raw.Secrets, own)
		}
	}
	return raw
}

// defaults are the values that a project declares for the keys of its stacks. A
// key is declared by its default, by a typed declaration with one, or, in the
// namespace of a provider, by its value.
func defaults(declared map[string]any) map[string]any {
	values := map[string]any{}
	for key, declaration := range declared {
		fields, isMap := declaration.(map[string]any)
		if !isMap {
			values[key] = declaration
			continue
		}
		for _, field := range []string{"value", "default"} {
			if value, ok := fields[field]; ok {
				values[key] = value
			}
		}
	}
	return values
}

// add lays values over those that are there.
func (s *Stack) add(values map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		value := values[key]
		if !strings.Contains(key, ":") {
			key = s.Project + ":" + key
		}
		s.Values[key] = text(value)
		if hasSecret(value) {
			s.Secrets = append(s.Secrets, key)
		}
	}
}

// text is a value as the engine hands it over.
func text(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case map[string]any, []any:
		encoded, _ := json.Marshal(value) // it was decoded from JSON
		return string(encoded)
	default:
		return fmt.Sprint(value)
	}
}

// hasSecret is whether a value is, or contains, one that Pulumi has encrypted.
func hasSecret(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		if _, secure := value["secure"].(string); secure && len(value) == 1 {
			return true
		}
		return slices.ContainsFunc(slices.Collect(maps.Values(value)), hasSecret)
	case []any:
		return slices.ContainsFunc(value, hasSecret)
	default:
		return false
	}
}

// readYAML reads a file and keeps numbers as they are written.
func readYAML(files fs.FS, name string, into any) error {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	encoded, err := yaml.YAMLToJSONStrict(content)
	if err != nil {
		return fmt.Errorf("read the configuration in %s: %w", name, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("read the configuration in %s: %w", name, err)
	}
	return nil
}
