package aks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// Limits of Azure's tags. Source:
// https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
const (
	maxTags     = 50
	maxTagName  = 512
	maxTagValue = 256
)

// refusedInTagNames are the characters that no tag name may have, each with
// what stands in for it: gantry.dev/platform becomes gantry.dev_platform. Values
// are kept as they are.
var refusedInTagNames = strings.NewReplacer("<", "_", ">", "_", "%", "_", "&", "_", `\`, "_", "?", "_", "/", "_")

// reservedTagNames begin the names that only Azure may set, in any case.
var reservedTagNames = []string{"microsoft", "azure", "windows"}

// resourceTags are the tags of the platform as Azure accepts them.
func resourceTags(p spec.Platform) map[string]string {
	tags := map[string]string{}
	for key, value := range naming.Tags(p.Name, p.Stack, p.Tags) {
		tags[refusedInTagNames.Replace(key)] = value
	}
	return tags
}

// validateTags finds what Azure would refuse, or silently join: names of tags
// differ in more than case.
func validateTags(p spec.Platform) []error {
	var problems []error
	all := naming.Tags(p.Name, p.Stack, p.Tags)
	if len(all) > maxTags {
		problems = append(problems, fmt.Errorf("gantry:tags makes %d tags with Gantry's own, and Azure takes %d: remove some", len(all), maxTags))
	}
	seen := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		name := strings.ToLower(refusedInTagNames.Replace(key))
		if other, taken := seen[name]; taken {
			problems = append(problems, fmt.Errorf("gantry:tags has %s and %s, which are one name on Azure: rename one", other, key))
		}
		seen[name] = key
		if len(key) > maxTagName || len(all[key]) > maxTagValue {
			problems = append(problems, fmt.Errorf("gantry:tags.%s is longer than Azure takes (%d and %d characters): shorten it", key, maxTagName, maxTagValue))
		}
		for _, prefix := range reservedTagNames {
			if strings.HasPrefix(name, prefix) {
				problems = append(problems, fmt.Errorf("gantry:tags.%s begins with %s, which only Azure may use: rename it", key, prefix))
			}
		}
	}
	return problems
}
