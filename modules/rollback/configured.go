package rollback

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/spec"
)

// Configured is a model as a stack has it, and as it is without what the stack
// overrides. Problems elsewhere in the configuration are not judged: they are no
// reason to keep a bad version.
func Configured(raw spec.Raw, name string) (model, shared spec.Model, err error) {
	platform, _ := spec.Decode(raw)
	platform = spec.Default(platform)
	model, ok := platform.Models[name]
	if !ok {
		return model, shared, fmt.Errorf("the stack %s has no model %q; it has: %s; name one, for example: make rollback MODEL=image-classifier",
			raw.Stack, name, strings.Join(slices.Sorted(maps.Keys(platform.Models)), ", "))
	}
	raw.Config = maps.Clone(raw.Config)
	var overrides map[string]json.RawMessage
	if text := raw.Config["models"]; text != "" {
		if err := json.Unmarshal([]byte(text), &overrides); err != nil {
			return model, shared, fmt.Errorf("reading %s: %w", modelsKey, err)
		}
	}
	delete(overrides, name)
	without, err := json.Marshal(overrides)
	if err != nil {
		return model, shared, err
	}
	raw.Config["models"] = string(without)
	if overrides == nil {
		delete(raw.Config, "models")
	}
	platform, _ = spec.Decode(raw)
	return model, platform.Models[name], nil
}

// Touches tells whether a step brings up a resource of the model, by its name in
// the program: the one that shares the requests out for a flip, the Deployment for
// an image, and all but the stable version's Deployment to end a canary.
func (s Step) Touches(resource string) bool {
	stable := resource == s.Model+"-deployment"
	switch s.Kind {
	case BlueGreen:
		return resource == s.Model+"-route"
	case Image:
		return stable
	default:
		return !stable
	}
}
