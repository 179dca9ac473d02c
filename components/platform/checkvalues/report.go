package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/charts"
)

// chartsIn reads every chart of a folder. Other files are passed over; a folder
// without a chart is an error.
func chartsIn(dir string) (map[string]*charts.Chart, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	found := map[string]*charts.Chart{}
	for _, entry := range entries {
		at := filepath.Join(dir, entry.Name())
		read := charts.Read
		switch extension := filepath.Ext(at); {
		case entry.IsDir():
			if _, err := os.Stat(filepath.Join(at, "Chart.yaml")); err != nil {
				continue
			}
		case extension == ".yaml" || extension == ".yml":
			read = charts.ReadValues
		case extension != ".tgz":
			continue
		}
		chart, err := read(at)
		if err != nil {
			return nil, err
		}
		if before := found[chart.Name]; before != nil && before.Version != "" && chart.Version == "" {
			continue // a chart says more than its values
		}
		found[chart.Name] = chart
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s holds no chart and no values file", dir)
	}
	return found, nil
}

// verdict is what was found out about one chart.
type verdict struct {
	chart, version string
	// found is the version that it was compared with, empty for a values file.
	found string
	// absent tells that there was nothing to compare with.
	absent    bool
	given     map[string]bool
	unknown   map[string]charts.Unknown
	unchecked map[string]bool
}

// report is a verdict a chart, in their order.
type report []*verdict

// compare judges the values of all releases, each chart's together.
func compare(releases []release, found map[string]*charts.Chart) report {
	known := map[string]*charts.Known{}
	verdicts := map[string]*verdict{}
	for _, release := range releases {
		v := verdicts[release.chart]
		if v == nil {
			v = &verdict{chart: release.chart, version: release.version, given: map[string]bool{}, unknown: map[string]charts.Unknown{}, unchecked: map[string]bool{}}
			verdicts[release.chart] = v
		}
		paths(v.given, "", release.values)
		chart := found[release.chart]
		if chart == nil {
			v.absent = true
			continue
		}
		v.found = chart.Version
		if known[chart.Name] == nil {
			known[chart.Name] = chart.Known(found)
		}
		unknown, unchecked := known[chart.Name].Check(release.values)
		for _, u := range unknown {
			v.unknown[u.Path] = u
		}
		for _, path := range unchecked {
			v.unchecked[path] = true
		}
	}
	return slices.SortedFunc(maps.Values(verdicts), func(a, b *verdict) int { return cmp.Compare(a.chart, b.chart) })
}

// paths collects the paths of all values that are no maps.
func paths(into map[string]bool, at string, values map[string]any) {
	for key, value := range values {
		if below, isMap := value.(map[string]any); isMap && len(below) > 0 {
			paths(into, at+key+".", below)
		} else {
			into[at+key] = true
		}
	}
}

// unknown is the number of keys that no chart knows.
func (r report) unknown() int {
	n := 0
	for _, v := range r {
		n += len(v.unknown)
	}
	return n
}

func (r report) write(out io.Writer, dir string) {
	var text strings.Builder
	checked := 0
	for _, v := range r {
		if !v.absent {
			checked++
		}
		v.write(&text)
	}
	fmt.Fprintf(&text, "%d of %d charts checked against %s: %s.", checked, len(r), dir, counted(r.unknown(), "unknown key"))
	if absent := len(r) - checked; absent > 0 {
		fmt.Fprintf(&text, " %s not there and not checked.", counted(absent, "chart"))
	}
	_, _ = fmt.Fprintln(out, text.String())
}

func (v *verdict) write(text *strings.Builder) {
	fmt.Fprintf(text, "%s %s: %s given, ", v.chart, v.version, counted(len(v.given), "value"))
	switch {
	case v.absent:
		fmt.Fprintln(text, "not checked: the chart is not there")
		return
	case len(v.unknown) == 0:
		fmt.Fprint(text, "all keys known")
	default:
		fmt.Fprint(text, counted(len(v.unknown), "unknown key"))
	}
	if v.found != "" && strings.TrimPrefix(v.found, "v") != strings.TrimPrefix(v.version, "v") {
		fmt.Fprintf(text, " (the chart there is %s)", v.found)
	}
	fmt.Fprintln(text)
	for _, path := range slices.Sorted(maps.Keys(v.unknown)) {
		fmt.Fprintf(text, "  %s is unknown%s\n", path, hint(v.unknown[path]))
	}
	for _, path := range slices.Sorted(maps.Keys(v.unchecked)) {
		fmt.Fprintf(text, "  %s not checked: it belongs to a chart that is not there\n", path)
	}
}

// hint is what the chart knows instead.
func hint(u charts.Unknown) string {
	const few = 8
	switch {
	case u.Nearest != "":
		return ": did you mean " + u.Nearest + "?"
	case len(u.Beside) == 0:
		return ""
	case len(u.Beside) > few:
		return ": beside it the chart knows " + strings.Join(u.Beside[:few], ", ") + " and others"
	default:
		return ": beside it the chart knows " + strings.Join(u.Beside, ", ")
	}
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
