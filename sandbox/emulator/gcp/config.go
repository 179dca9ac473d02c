package gcp

import (
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"regexp"

	"gantry.dev/gantry/sandbox/emulator"
)

// settings are what the program configures on the provider.
type settings struct {
	project, region, zone string
	defaultLabels         map[string]string
}

// projectForm: https://cloud.google.com/resource-manager/docs/creating-managing-projects
var projectForm = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)

func (a *Account) configure(config emulator.Properties) error {
	project, region := config.String("project"), config.String("region")
	switch {
	case project == "":
		return errors.New("missing project configuration: set gcp:project, for example to ml-platform-dev")
	case !projectForm.MatchString(project):
		return fmt.Errorf("invalid Google Cloud project %q: a project id has 6 to 30 lower-case letters, digits and '-', and begins with a letter", project)
	case region != "" && regions[region] == nil:
		return fmt.Errorf("region %q is not available for project %q: set gcp:region to one of %v", region, project, regionNames())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.config = settings{project, region, config.String("zone"), config.StringMap("defaultLabels")}
	return nil
}

func (a *Account) settings() settings {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.config
}

// projectNumber is the number that Google gives a project beside its id.
func projectNumber(project string) string {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(project)) // never fails: https://pkg.go.dev/hash#Hash
	return fmt.Sprintf("%012d", 100_000_000_000+hash.Sum64()%900_000_000_000)
}

// addDefaultLabels puts the provider's default labels under the labels of a
// resource.
func (a *Account) addDefaultLabels(t *emulator.Type, inputs emulator.Properties) {
	defaults := a.settings().defaultLabels
	if len(defaults) == 0 || !labelled[t.Token] {
		return
	}
	given, isMap := inputs["labels"].(map[string]any)
	if inputs.Has("labels") && !isMap {
		return // unknown as a whole
	}
	labels := emulator.StringMap(defaults)
	maps.Copy(labels, given)
	inputs["labels"] = labels
}

// complete fills in the project, which a preview knows too, and the labels as
// they are in the cloud, which equal those of the resource because the default
// labels are in them.
func (a *Account) complete(t *emulator.Type, outputs emulator.Properties) {
	if inProject[t.Token] && !outputs.Has("project") {
		outputs["project"] = a.settings().project
	}
	if !labelled[t.Token] {
		return
	}
	labels, given := outputs["labels"]
	if !given {
		labels = map[string]any{}
	}
	outputs["effectiveLabels"], outputs["pulumiLabels"] = labels, labels
}

// region is where a regional resource is.
func (a *Account) region(out emulator.Properties) (string, error) {
	region := out.String("region")
	if region == "" {
		region = a.settings().region
	}
	switch {
	case region == "":
		return "", errors.New("cannot determine region: set it in this resource, or set gcp:region")
	case regions[region] == nil:
		return "", invalidField("region", region, "Unknown region.")
	}
	return region, nil
}
