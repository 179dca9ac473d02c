// Package versions is the lock of everything that Gantry installs: Helm charts,
// what they install, and the managed add-ons of EKS. lock.yaml is the one file to
// change for an upgrade.
package versions

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

//go:embed lock.yaml
var embedded []byte

// Chart is one pinned Helm chart.
type Chart struct {
	// Name of the chart.
	Name string `json:"-"`
	// Repository that serves it: an https:// address, or an oci:// reference to
	// which the name is appended.
	Repository string `json:"repository"`
	// Version of the chart.
	Version string `json:"version"`
	// App is the version of what the chart installs, where it is the same for
	// every Kubernetes minor.
	App string `json:"app"`
	// Apps are the versions of what the chart installs by Kubernetes minor,
	// where they differ.
	Apps map[string]string `json:"apps"`
}

// lock is the content of lock.yaml.
type lock struct {
	Charts    map[string]Chart             `json:"charts"`
	EKSAddons map[string]map[string]string `json:"eksAddons"`
}

// allMinors is the key of EKS add-ons that are not bound to a minor.
const allMinors = "all"

var locked = mustRead(embedded)

func mustRead(text []byte) lock {
	l, err := read(text)
	if err != nil {
		panic("modules/versions/lock.yaml: " + err.Error()) // built in, and tested
	}
	return l
}

func read(text []byte) (lock, error) {
	var l lock
	if err := yaml.UnmarshalStrict(text, &l); err != nil {
		return lock{}, err
	}
	for name, chart := range l.Charts {
		chart.Name = name
		l.Charts[name] = chart
	}
	return l, nil
}

// Charts lists every pinned chart in alphabetical order.
func Charts() []Chart {
	var charts []Chart
	for _, name := range slices.Sorted(maps.Keys(locked.Charts)) {
		charts = append(charts, locked.Charts[name])
	}
	return charts
}

// Of is the pinned chart with the name. A name that is not in the lock is an
// error.
func Of(chart string) (Chart, error) {
	pinned, ok := locked.Charts[chart]
	if !ok {
		return Chart{}, fmt.Errorf("chart %s is not in modules/versions/lock.yaml: add it", chart)
	}
	return pinned, nil
}

// AppFor is the version of what a chart installs on a Kubernetes minor, for
// example 1.34. A minor that the lock does not know is an error.
func (c Chart) AppFor(minor string) (string, error) {
	if len(c.Apps) == 0 {
		return c.App, nil
	}
	app, ok := c.Apps[minor]
	if !ok {
		return "", fmt.Errorf("no version of %s is pinned for Kubernetes %s, only for %s: add it to modules/versions/lock.yaml",
			c.Name, minor, strings.Join(slices.Sorted(maps.Keys(c.Apps)), ", "))
	}
	return app, nil
}

// EKSAddon is the version of a managed add-on of EKS for a Kubernetes minor. A
// minor or add-on that the lock does not know is an error.
func EKSAddon(minor, addon string) (string, error) {
	own, known := locked.EKSAddons[minor]
	if !known {
		return "", fmt.Errorf("no version of the add-on %s is pinned for Kubernetes %s, only for %s", addon, minor, strings.Join(EKSMinors(), ", "))
	}
	if version := own[addon]; version != "" {
		return version, nil
	}
	if version := locked.EKSAddons[allMinors][addon]; version != "" {
		return version, nil
	}
	return "", fmt.Errorf("the add-on %s is not in modules/versions/lock.yaml: add it", addon)
}

// EKSMinors are the Kubernetes minors for which every add-on of EKS is pinned, in
// their order.
func EKSMinors() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(locked.EKSAddons)), func(minor string) bool { return minor == allMinors })
}
