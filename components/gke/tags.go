package gke

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/naming"
)

// maxLabels is the number of labels that a resource of Google Cloud can have.
// Source: https://cloud.google.com/resource-manager/docs/labels-overview
const maxLabels = 64

// notInLabels are the characters that Google Cloud takes in no label.
var notInLabels = regexp.MustCompile(`[^a-z0-9_-]`)

// cloudLabels writes tags the way that Google Cloud takes them as labels: in
// lower case, with '-' for every character that is no letter, digit, '_' or '-',
// and cut. gantry.dev/platform becomes gantry-dev-platform. The error names the
// tags that are no label even so, or the same as another.
func cloudLabels(tags map[string]string) (map[string]string, error) {
	var problems []error
	labels, origin := map[string]string{}, map[string]string{}
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		key := label(tag)
		if key == "" || key[0] < 'a' || key[0] > 'z' {
			problems = append(problems, fmt.Errorf("gantry:tags.%s: a label of Google Cloud begins with a letter: rename it", tag))
			continue
		}
		if other, taken := origin[key]; taken {
			problems = append(problems, fmt.Errorf("gantry:tags.%s and %s are both the label %s on Google Cloud: rename one", other, tag, key))
			continue
		}
		labels[key], origin[key] = label(tags[tag]), tag
	}
	if len(labels) > maxLabels {
		problems = append(problems, fmt.Errorf("gantry:tags: %d labels are more than the %d that Google Cloud takes: remove some", len(labels), maxLabels))
	}
	return labels, errors.Join(problems...)
}

func label(text string) string {
	clean := notInLabels.ReplaceAllString(strings.ToLower(text), "-")
	return clean[:min(len(clean), int(naming.LimitLabel))]
}
