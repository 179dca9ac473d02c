package platform

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/charts"
	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/versions"
)

// chartSource is where a chart is fetched from, as helm.ReleaseArgs has it.
type chartSource struct{ chart, repository, version string }

// chartSources finds charts: in their own repositories, or in a mirror that
// stands in for all of them.
type chartSources struct {
	mirror string
	// root is the folder that relative paths start from. Empty: the working
	// directory.
	root string
}

func (in inputs) chartSources() chartSources {
	return chartSources{mirror: in.platform.Charts.Mirror, root: in.root}
}

// check reports, all at once, the charts that are wanted and not in the folder
// that they should be in. What is on another machine is not asked for.
func (s chartSources) check(in inputs) error {
	var problems []error
	for _, a := range addonTable {
		if !a.when(in) {
			continue
		}
		pinned, err := versions.Of(a.chart)
		if err == nil {
			_, err = s.of(pinned.Repository, pinned.Name, pinned.Version)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("add-on %s: %w", a.name, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in.platform.Addons.Charts)) {
		if _, err := s.ofUser(in.platform.Addons.Charts[name]); err != nil {
			problems = append(problems, fmt.Errorf("gantry:addons.charts.%s: %w", name, err))
		}
	}
	return errors.Join(problems...)
}

// of is where a chart comes from: its own repository, or the mirror in place of
// it. A mirror over OCI has the charts below it, one over HTTP is a repository
// with all of them, and a folder holds them packed or as folders.
func (s chartSources) of(repository, chart, version string) (chartSource, error) {
	if s.mirror != "" {
		repository = s.mirror
	}
	switch {
	case strings.HasPrefix(repository, "oci://"):
		return chartSource{chart: strings.TrimSuffix(repository, "/") + "/" + chart, version: version}, nil
	case strings.Contains(repository, "://"):
		return chartSource{chart: chart, repository: repository, version: version}, nil
	default:
		return s.inFolder(repository, chart, version)
	}
}

// ofUser is where a user's chart comes from. A mirror has it under its name; a
// path is meant as it is written.
func (s chartSources) ofUser(chart spec.Chart) (chartSource, error) {
	if reference, ok := strings.CutPrefix(chart.Chart, "oci://"); ok {
		end := strings.LastIndex(reference, "/")
		return s.of("oci://"+reference[:end], reference[end+1:], chart.Version)
	}
	if chart.Repository != "" {
		return s.of(chart.Repository, chart.Chart, chart.Version)
	}
	return s.atPath(chart.Chart, chart.Version)
}

// inFolder is a chart in a mirror folder: packed, as `helm pull` names it, or
// else a folder of its name.
func (s chartSources) inFolder(folder, chart, version string) (chartSource, error) {
	bare := strings.TrimPrefix(version, "v")
	var looked []string
	for _, name := range []string{chart + "-" + version + ".tgz", chart + "-" + bare + ".tgz", chart + "-v" + bare + ".tgz", chart} {
		if slices.Contains(looked, name) {
			continue
		}
		looked = append(looked, name)
		path := filepath.Join(folder, name)
		if _, err := os.Stat(s.absolute(path)); err == nil {
			return s.atPath(path, version)
		}
	}
	return chartSource{}, fmt.Errorf("gantry:charts.mirror %s has no chart %s %s: put %s there, see docs/charts.md",
		folder, chart, version, looked[0])
}

// atPath is the chart of a folder or a packed file. Its version is what lies
// there; another one that is asked for is an error.
func (s chartSources) atPath(path, version string) (chartSource, error) {
	chart, err := charts.Read(s.absolute(path))
	if errors.Is(err, os.ErrNotExist) {
		return chartSource{}, fmt.Errorf("there is no chart at %s: a relative path starts from the folder of Pulumi.yaml", path)
	}
	if err != nil {
		return chartSource{}, err
	}
	if version != "" && strings.TrimPrefix(version, "v") != strings.TrimPrefix(chart.Version, "v") {
		return chartSource{}, fmt.Errorf("the chart at %s is %s %s, and %s is wanted", path, chart.Name, chart.Version, version)
	}
	return chartSource{chart: s.shown(path), version: chart.Version}, nil
}

// absolute is a path as this process finds it.
func (s chartSources) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.root, path)
}

// shown is a path as the Kubernetes provider finds it, which starts relative
// ones from where the program runs, the folder main in Pulumi.yaml. It stays
// relative where it can: an absolute one would make every other machine plan an
// upgrade of the release.
func (s chartSources) shown(path string) string {
	if filepath.IsAbs(path) || s.root == "" {
		return path
	}
	root, err := filepath.Abs(s.root)
	if err != nil {
		return path
	}
	here, err := os.Getwd()
	if err != nil {
		return filepath.Join(root, path)
	}
	if up, err := filepath.Rel(root, here); err != nil || strings.HasPrefix(up, "..") {
		return filepath.Join(root, path)
	}
	relative, err := filepath.Rel(here, filepath.Join(root, path))
	if err != nil {
		return filepath.Join(root, path)
	}
	return relative
}
