package azure

import (
	"maps"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// Limits of tags.
// https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
const (
	maxTags     = 50
	maxTagName  = 512
	maxTagValue = 256
)

// tagRules refuses tags that Resource Manager does not take.
func tagRules(in emulator.Properties) error {
	tags := in.StringMap("tags")
	if len(tags) > maxTags {
		return refuse("InvalidTags", "The number of tags '%d' is greater than the maximum allowed '%d'.", len(tags), maxTags)
	}
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		lower := strings.ToLower(name)
		switch other, twice := seen[lower]; {
		case strings.ContainsAny(name, `<>%&\?/`):
			return refuse("InvalidTagNameCharacters",
				`The tag names '%s' have reserved characters '<,>,%%,&,\,?,/' or control characters.`, name)
		case len(name) > maxTagName:
			return refuse("InvalidTagName", "The length of tag name '%s' is greater than %d.", name, maxTagName)
		case len(tags[name]) > maxTagValue:
			return refuse("InvalidTagValue", "The length of the value of tag '%s' is greater than %d.", name, maxTagValue)
		case strings.HasPrefix(lower, "microsoft"), strings.HasPrefix(lower, "azure"), strings.HasPrefix(lower, "windows"):
			return refuse("ReservedTagName", "The tag name '%s' begins with a reserved prefix: microsoft, azure, windows.", name)
		case twice:
			return refuse("DuplicateTagNames", "The tag names '%s' and '%s' differ in case only.", other, name)
		}
		seen[lower] = name
	}
	return nil
}
