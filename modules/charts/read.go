// Package charts reads Helm charts from disk, and tells which of the values
// given to a chart the chart knows nothing of: Helm passes over those in
// silence, so that a renamed key is a setting lost.
package charts

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// maxChart bounds an unpacked chart, in bytes. Helm's own limit is the same.
const maxChart = 100 << 20

// Chart is what a Helm chart says of itself and of its values.
type Chart struct {
	// Name and Version, as in its Chart.yaml.
	Name, Version string
	// Values are its own, the defaults.
	Values map[string]any
	// Schema of its values; nil where it has none.
	Schema map[string]any
	// Templates are the texts of its templates.
	Templates []string
	// Dependencies are the charts that it is made of.
	Dependencies []Dependency
	// Parts are those of its dependencies that lie within it, by their names.
	Parts map[string]*Chart
}

// Dependency is a chart within another.
type Dependency struct {
	// Name of the chart.
	Name string `json:"name"`
	// Alias is the key of its values; empty: its name.
	Alias string `json:"alias"`
	// Condition are the paths of the values that switch it on, with commas
	// between them.
	Condition string `json:"condition"`
	// Tags below the key tags that switch it on.
	Tags []string `json:"tags"`
}

// Key of the dependency's values in those of the chart.
func (d Dependency) Key() string {
	if d.Alias != "" {
		return d.Alias
	}
	return d.Name
}

// Read reads a chart from a folder or from a packed file.
func Read(at string) (*Chart, error) {
	files, err := filesOf(at)
	if err != nil {
		return nil, fmt.Errorf("chart at %s: %w", at, err)
	}
	chart, err := parse(files)
	if err != nil {
		return nil, fmt.Errorf("chart at %s: %w", at, err)
	}
	return chart, nil
}

// ReadValues reads a file of values as a chart that is known by nothing else. It
// has the name of the file, and no version.
func ReadValues(file string) (*Chart, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c := &Chart{Name: strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))}
	if err := yaml.Unmarshal(text, &c.Values); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return c, nil
}

// files are the contents of a chart by their paths within it.
type files map[string][]byte

// matter tells whether a file of a chart says anything of its values.
func matter(name string) bool {
	return name == "Chart.yaml" || name == "values.yaml" || name == "values.schema.json" || name == "requirements.yaml" ||
		strings.HasPrefix(name, "templates/") || strings.HasPrefix(name, "charts/")
}

func filesOf(at string) (files, error) {
	info, err := os.Stat(at)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return filesIn(at)
	}
	file, err := os.Open(at)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return unpack(file)
}

func filesIn(dir string) (files, error) {
	found := files{}
	size := 0
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		within, err := filepath.Rel(dir, name)
		if err != nil || !matter(filepath.ToSlash(within)) {
			return err
		}
		text, err := os.ReadFile(name)
		found[filepath.ToSlash(within)] = text
		if size += len(text); size > maxChart {
			return fmt.Errorf("is larger than %d MiB", maxChart>>20)
		}
		return err
	})
	return found, err
}

// unpack reads a .tgz, all of whose files lie in one folder.
func unpack(packed io.Reader) (files, error) {
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return nil, fmt.Errorf("is no packed chart: %w", err)
	}
	archive := tar.NewReader(io.LimitReader(unzipped, maxChart))
	found := files{}
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, fmt.Errorf("is no packed chart: %w", err)
		}
		_, name, nested := strings.Cut(path.Clean(header.Name), "/")
		if header.Typeflag != tar.TypeReg || !nested || !matter(name) {
			continue
		}
		if found[name], err = io.ReadAll(archive); err != nil {
			return nil, fmt.Errorf("is no packed chart: %w", err)
		}
	}
}

func parse(found files) (*Chart, error) {
	text, ok := found["Chart.yaml"]
	if !ok {
		return nil, errors.New("has no Chart.yaml")
	}
	var head struct {
		Name         string       `json:"name"`
		Version      string       `json:"version"`
		Dependencies []Dependency `json:"dependencies"`
	}
	if err := yaml.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("reading Chart.yaml: %w", err)
	}
	if head.Name == "" {
		return nil, errors.New("the Chart.yaml names no chart")
	}
	c := &Chart{Name: head.Name, Version: head.Version, Dependencies: head.Dependencies}
	if err := yaml.Unmarshal(found["values.yaml"], &c.Values); err != nil {
		return nil, fmt.Errorf("values.yaml: %w", err)
	}
	if schema, ok := found["values.schema.json"]; ok {
		if err := json.Unmarshal(schema, &c.Schema); err != nil {
			return nil, fmt.Errorf("values.schema.json: %w", err)
		}
	}
	for name, text := range found {
		if strings.HasPrefix(name, "templates/") {
			c.Templates = append(c.Templates, string(text))
		}
	}
	slices.Sort(c.Templates)
	return c, c.parseParts(found)
}

// parseParts reads the charts below charts/, packed or as folders. One that no
// dependency names is a part all the same, as Helm has it.
func (c *Chart) parseParts(found files) error {
	folders := map[string]files{}
	for name, text := range found {
		within, isPart := strings.CutPrefix(name, "charts/")
		if !isPart {
			continue
		}
		folder, rest, nested := strings.Cut(within, "/")
		switch {
		case nested && matter(rest):
			if folders[folder] == nil {
				folders[folder] = files{}
			}
			folders[folder][rest] = text
		case !nested && strings.HasSuffix(folder, ".tgz"):
			unpacked, err := unpack(strings.NewReader(string(text)))
			if err != nil {
				return fmt.Errorf("charts/%s: %w", folder, err)
			}
			folders[folder] = unpacked
		}
	}
	c.Parts = map[string]*Chart{}
	for folder, part := range folders {
		chart, err := parse(part)
		if err != nil {
			return fmt.Errorf("charts/%s: %w", folder, err)
		}
		c.Parts[chart.Name] = chart
		if !slices.ContainsFunc(c.Dependencies, func(d Dependency) bool { return d.Name == chart.Name }) {
			c.Dependencies = append(c.Dependencies, Dependency{Name: chart.Name})
		}
	}
	slices.SortStableFunc(c.Dependencies, func(a, b Dependency) int { return strings.Compare(a.Key(), b.Key()) })
	return nil
}
