package render

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"sigs.k8s.io/yaml"
)

// Manifest is the object as YAML has it. Of a Secret there are no values.
// Annotations that are meant for Pulumi's own provider are left out.
func (o Object) Manifest() map[string]any {
	manifest, _ := plain(resource.NewProperty(o.Inputs)).(map[string]any)
	if manifest["kind"] == "Secret" {
		delete(manifest, "stringData")
		delete(manifest, "data")
	}
	metadata, _ := manifest["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	maps.DeleteFunc(annotations, func(key string, _ any) bool { return strings.HasPrefix(key, "pulumi.com/") })
	if annotations != nil && len(annotations) == 0 {
		delete(metadata, "annotations")
	}
	return manifest
}

// plain is a value of the engine as YAML has it. Secrets are opened: their texts
// are placeholders.
func plain(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return plain(value.SecretValue().Element)
	case value.IsObject():
		values := map[string]any{}
		for key, item := range value.ObjectValue() {
			values[string(key)] = plain(item)
		}
		return values
	case value.IsArray():
		values := []any{}
		for _, item := range value.ArrayValue() {
			values = append(values, plain(item))
		}
		return values
	default:
		return value.V
	}
}

// release is a Helm release as its file has it.
func release(o Object) map[string]any {
	inputs, _ := plain(resource.NewProperty(o.Inputs)).(map[string]any)
	file := map[string]any{}
	for _, key := range []string{"name", "namespace", "chart", "version", "values"} {
		if value, ok := inputs[key]; ok {
			file[key] = value
		}
	}
	if from, ok := inputs["repositoryOpts"].(map[string]any); ok {
		file["repository"] = from["repo"]
	}
	return file
}

// Files is the rendering by the paths of its files, README.md among them. It is
// the same for the same stack.
func (r *Rendering) Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	add := func(name string, head string, content any) error {
		text, err := yaml.Marshal(content)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, taken := files[name]; taken {
			return fmt.Errorf("two objects would be written to %s", name)
		}
		files[name] = append([]byte(head), text...)
		return nil
	}
	for _, object := range r.Objects {
		manifest := object.Manifest()
		if err := add(fileOf(object, manifest), r.secretNote(object), manifest); err != nil {
			return nil, err
		}
	}
	for _, object := range r.Releases {
		content := release(object)
		if err := add(path.Join("releases", fmt.Sprint(content["name"])+".yaml"), "", content); err != nil {
			return nil, err
		}
	}
	files["README.md"] = r.readme(files)
	return files, nil
}

// fileOf is the path of an object's file. Namespaces come first in their folder,
// as kubectl reads it.
func fileOf(object Object, manifest map[string]any) string {
	metadata, _ := manifest["metadata"].(map[string]any)
	kind := strings.ToLower(fmt.Sprint(manifest["kind"]))
	name := kind + "-" + fmt.Sprint(metadata["name"])
	if namespace, ok := metadata["namespace"].(string); ok && object.Model == "" {
		name = namespace + "-" + name
	}
	if kind == "namespace" {
		name = "00-" + name
	}
	folder := "platform"
	if object.Model != "" {
		folder = "models/" + object.Model
	}
	return folder + "/" + strings.ReplaceAll(name, ":", "-") + ".yaml"
}

// secretNote tells where the values of a Secret come from; it is empty for all
// other objects.
func (r *Rendering) secretNote(object Object) string {
	whole, _ := plain(resource.NewProperty(object.Inputs)).(map[string]any)
	if whole["kind"] != "Secret" {
		return ""
	}
	note := "# Values of secrets are not written. This one needs, under stringData:\n"
	for _, field := range []string{"data", "stringData"} {
		values, _ := whole[field].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(values)) {
			note += fmt.Sprintf("#   %s: %s\n", key, cmp.Or(r.Meanings[fmt.Sprint(values[key])], "made by up"))
		}
	}
	return note
}

const heading = "# Rendered by Gantry: stack "

// readme tells how the files are used and what the placeholders in them stand
// for.
func (r *Rendering) readme(files map[string][]byte) []byte {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s%s\n\n", heading, r.Stack)
	fmt.Fprintln(&text, "Written by `make render`; every change is overwritten. Apply in this order: the")
	fmt.Fprintln(&text, "namespaces (`platform/00-*`), the charts in `releases`, the rest of `platform`, then")
	fmt.Fprintln(&text, "`models`. See docs/gitops.md.")
	used := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for placeholder := range r.Meanings {
			if bytes.Contains(files[name], []byte(placeholder)) {
				used[placeholder] = append(used[placeholder], name)
			}
		}
	}
	if len(used) == 0 {
		fmt.Fprintln(&text, "\nNothing is left to fill in but the values of Secrets, whose files say where they come\nfrom.")
		return text.Bytes()
	}
	fmt.Fprint(&text, "\n## Placeholders\n\nEach is to be replaced before the file is applied.\n\n| Placeholder | Stands for | Used in |\n|---|---|---|\n")
	for _, placeholder := range slices.Sorted(maps.Keys(used)) {
		fmt.Fprintf(&text, "| `%s` | %s | %s |\n", placeholder, r.Meanings[placeholder], strings.Join(used[placeholder], ", "))
	}
	return text.Bytes()
}

// Write writes the files below a folder, in place of an earlier rendering. A
// folder with anything else in it is left alone.
func (r *Rendering) Write(folder string) error {
	files, err := r.Files()
	if err != nil {
		return err
	}
	if err := clearOld(folder); err != nil {
		return err
	}
	for name, content := range files {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("write the manifests: %w", err)
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return fmt.Errorf("write the manifests: %w", err)
		}
	}
	return nil
}

// clearOld takes away an earlier rendering.
func clearOld(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("write the manifests: %w", err)
	}
	readme, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil || !bytes.HasPrefix(readme, []byte(heading)) {
		return fmt.Errorf("%s holds other files: name a folder that is empty or holds an earlier rendering", folder)
	}
	for _, name := range []string{"platform", "models", "releases", "README.md"} {
		if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("write the manifests: %w", err)
		}
	}
	return nil
}
