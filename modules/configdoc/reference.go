package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"text/template"

	"gantry.dev/gantry/modules/spec"
)

//go:embed configuration.md.tmpl
var page string

// section is the part of the reference about one configuration type.
type section struct {
	Title string
	// Path of the keys, for example gantry:pools[].
	Path string
	// About is the doc comment of the type.
	About string
	Keys  []key
}

// key is one row of a section.
type key struct {
	Name, Type, Default, Meaning string
}

// reference is docs/configuration.md.
func reference(root string, docs comments) ([]byte, error) {
	parsed, err := template.New("configuration.md").Parse(page)
	if err != nil {
		return nil, fmt.Errorf("parsing the template of the reference: %w", err)
	}
	examples := map[string]string{}
	for name, file := range map[string]string{
		"Dev": "Pulumi.dev.yaml", "Prod": "Pulumi.prod.yaml", "Model": "stacks/models/image-classifier.yaml",
	} {
		content, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			return nil, fmt.Errorf("reading an example: %w", err)
		}
		examples[name] = strings.TrimSpace(string(content))
	}
	var text bytes.Buffer
	err = parsed.Execute(&text, map[string]any{
		"Sections": sections(docs, reflect.TypeFor[spec.Platform](), "Platform", "gantry:"),
		"Examples": examples,
	})
	if err != nil {
		return nil, fmt.Errorf("writing the reference: %w", err)
	}
	return text.Bytes(), nil
}

// sections are the section of a type and those of its parts, in the order of
// their keys.
func sections(docs comments, t reflect.Type, title, path string) []section {
	about, _ := split(docs[t.Name()], t.Name())
	own := section{Title: title, Path: path, About: about}
	all := []section{}
	for _, field := range spec.Fields(t) {
		member := t.Field(field.Index)
		meaning, fallback := split(docs[t.Name()+"."+member.Name], member.Name)
		own.Keys = append(own.Keys, key{
			Name: field.Key, Type: typeText(t, field), Default: defaultText(field, fallback), Meaning: meaning,
		})
		if part := structOf(member.Type); part != nil {
			all = append(all, sections(docs, part, heading(part), below(path, field.Key, member.Type))...)
		}
	}
	return append([]section{own}, all...)
}

func defaultText(field spec.Field, fallback string) string {
	if field.Required {
		return "**required**"
	}
	return fallback
}

// structOf is the configuration struct that a field holds, one or many.
func structOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

// heading is the title of a type's section: ModelGPU is "Model GPU".
func heading(t reflect.Type) string {
	if part, ok := strings.CutPrefix(t.Name(), "Model"); ok && part != "" {
		return "Model " + strings.ToLower(part)
	}
	return t.Name()
}

func anchor(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }

// below is the path of the keys of a part.
func below(path, name string, t reflect.Type) string {
	if !strings.HasSuffix(path, ":") {
		path += "."
	}
	switch t.Kind() {
	case reflect.Slice:
		return path + name + "[]"
	case reflect.Map:
		return path + name + ".<name>"
	default:
		return path + name
	}
}

// typeText says what a key takes.
func typeText(owner reflect.Type, field spec.Field) string {
	t := owner.Field(field.Index).Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if part := structOf(t); part != nil {
		link := fmt.Sprintf("[%s](#%s)", heading(part), anchor(heading(part)))
		switch t.Kind() {
		case reflect.Slice:
			return "list of " + link
		case reflect.Map:
			return "map of " + link
		default:
			return link
		}
	}
	if values := spec.Enum(t); values != nil {
		return "`" + strings.Join(values, "`, `") + "`"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "whole number" + boundsText(field)
	case reflect.Slice:
		return "list of text"
	case reflect.Map:
		return "map of text"
	default:
		return "text"
	}
}

func boundsText(field spec.Field) string {
	switch {
	case field.Minimum != nil && field.Maximum != nil:
		return fmt.Sprintf(", %d to %d", *field.Minimum, *field.Maximum)
	case field.Minimum != nil:
		return fmt.Sprintf(", %d or more", *field.Minimum)
	default:
		return ""
	}
}
