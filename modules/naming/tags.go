package naming

import "maps"

// Tags that Gantry puts on every cloud resource that can carry them.
const (
	// TagPlatform is the name of the platform the resource belongs to.
	TagPlatform = "gantry.dev/platform"
	// TagStack is the Pulumi stack that manages the resource.
	TagStack = "gantry.dev/stack"
)

// Tags returns the tags of a platform's cloud resources: the user's and
// Gantry's own, which win.
func Tags(platform, stack string, user map[string]string) map[string]string {
	tags := maps.Clone(user)
	if tags == nil {
		tags = map[string]string{}
	}
	tags[TagPlatform] = platform
	tags[TagStack] = stack
	return tags
}
