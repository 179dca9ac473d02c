package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"gantry.dev/gantry/modules/spec"
)

// modelSchema is the schema of a file in stacks/models.
func modelSchema(docs comments) ([]byte, error) {
	schema := reflectSchema(docs, spec.Model{})
	schema.Title = "Gantry model"
	return encode(schema)
}

// stackSchema is the schema of Pulumi.<stack>.yaml. It judges the gantry: keys
// and leaves everything else in the file to Pulumi.
func stackSchema(docs comments) ([]byte, error) {
	platform := reflectSchema(docs, spec.Platform{})
	for name, definition := range platform.Definitions {
		if strings.HasPrefix(name, "Model") {
			makeOverride(definition)
		}
	}
	keys := jsonschema.NewProperties()
	var names []string
	for pair := platform.Properties.Oldest(); pair != nil; pair = pair.Next() {
		keys.Set("gantry:"+pair.Key, pair.Value)
		names = append(names, "gantry:"+pair.Key)
	}
	config := &jsonschema.Schema{
		Type:       "object",
		Properties: keys,
		PropertyNames: &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Enum: anys(names)},
			{Not: &jsonschema.Schema{Pattern: "^gantry:"}},
		}},
		AllOf: conditions(),
	}
	properties := jsonschema.NewProperties()
	properties.Set("config", config)
	return encode(&jsonschema.Schema{
		Version:     platform.Version,
		Title:       "Gantry stack",
		Type:        "object",
		Properties:  properties,
		Definitions: platform.Definitions,
	})
}

// conditions are what holds for some stacks only.
func conditions() []*jsonschema.Schema {
	existing, aws := cloudIs(spec.Existing), cloudIs(spec.AWS)
	aws.Required = nil // the default
	handed := &jsonschema.Schema{Required: []string{"gantry:layersFrom"}}
	return []*jsonschema.Schema{
		{
			If:   &jsonschema.Schema{AnyOf: []*jsonschema.Schema{existing, handed}},
			Else: &jsonschema.Schema{Required: []string{"gantry:cluster", "gantry:pools"}},
		},
		{
			If:   existing,
			Then: &jsonschema.Schema{Required: []string{"gantry:existing"}},
			Else: within("gantry:pools", &jsonschema.Schema{Items: within("gpu", &jsonschema.Schema{Enum: anys(gpus())})}),
		},
		{
			If:   aws,
			Then: within("gantry:cluster", within("logRetentionDays", &jsonschema.Schema{Enum: anys(spec.LogRetentions)})),
		},
	}
}

// cloudIs is the schema of stacks that name a cloud.
func cloudIs(cloud spec.Cloud) *jsonschema.Schema {
	schema := within("gantry:cloud", &jsonschema.Schema{Const: string(cloud)})
	schema.Required = []string{"gantry:cloud"}
	return schema
}

// within is the schema of an object by one of its keys.
func within(key string, schema *jsonschema.Schema) *jsonschema.Schema {
	properties := jsonschema.NewProperties()
	properties.Set(key, schema)
	return &jsonschema.Schema{Properties: properties}
}

// reflectSchema is the schema of a type by its fields, tags and comments.
func reflectSchema(docs comments, value any) *jsonschema.Schema {
	reflector := jsonschema.Reflector{
		Anonymous:                  true,
		ExpandedStruct:             true,
		RequiredFromJSONSchemaTags: true,
		LookupComment:              docs.lookup,
		Mapper:                     enumSchema,
	}
	schema := reflector.Reflect(value)
	definitions := maps.Clone(schema.Definitions)
	definitions[reflect.TypeOf(value).Name()] = schema
	setEnum(definitions["Cluster"], "version", spec.KubernetesVersions)
	setEnum(definitions["ModelGPU"], "type", gpus())
	return schema
}

// enumSchema is the schema of a type with a list of accepted values, and of a
// number that may be written with quotes.
func enumSchema(t reflect.Type) *jsonschema.Schema {
	if t == reflect.TypeFor[spec.Decimal]() {
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "number"}, {Type: "string", Pattern: `^[0-9]+(\.[0-9]+)?$`}}}
	}
	values := spec.Enum(t)
	if values == nil {
		return nil
	}
	return &jsonschema.Schema{Type: "string", Enum: anys(values)}
}

// setEnum lists the values of a key whose Go type is wider.
func setEnum[T any](definition *jsonschema.Schema, key string, values []T) {
	if definition == nil {
		return // the schema of a model has no cluster
	}
	if property, ok := definition.Properties.Get(key); ok {
		property.Enum = anys(values)
	}
}

// gpus are the accelerators of all clouds.
func gpus() []string {
	var all []string
	for _, cloud := range spec.Clouds {
		all = append(all, spec.UsableGPUs(cloud)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// makeOverride turns the schema of a part of a model into that of an override of
// it: nothing is required, and null takes a key back.
func makeOverride(definition *jsonschema.Schema) {
	definition.Required = nil
	for pair := definition.Properties.Oldest(); pair != nil; pair = pair.Next() {
		property := *pair.Value
		description := property.Description
		property.Description = ""
		if values := property.AdditionalProperties; values != nil {
			property.AdditionalProperties = orNull(*values)
		}
		pair.Value = orNull(property)
		pair.Value.Description = description
	}
}

func orNull(schema jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{&schema, {Type: "null"}}}
}

func anys[T any](values []T) []any {
	result := make([]any, len(values))
	for i, value := range values {
		result[i] = value
	}
	return result
}

func encode(schema *jsonschema.Schema) ([]byte, error) {
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the schema %q: %w", schema.Title, err)
	}
	return append(text, '\n'), nil
}
