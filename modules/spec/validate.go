package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// Validate checks everything about a platform that is known without asking the
// cloud. p must have passed Default. The error is Problems: all of them, each
// with the path of the value in the configuration of the stack.
func Validate(p Platform) error {
	r := &report{}
	validate(r, p, true)
	return r.err()
}

// validate is Validate; readable is whether the pools are what their author
// wrote, so that it can be said what does not fit them.
func validate(r *report, p Platform, readable bool) []PoolPlan {
	checkPlatform(r, p)
	checkLayers(r, p)
	checkExceptions(r, p.Exceptions)
	checkExisting(r, p)
	var plans []PoolPlan
	if p.Handed != nil {
		plans = p.Handed.Pools
	} else {
		checkProvider(r, p)
		checkCluster(r, p)
		plans = planPools(r, p)
		checkTolerations(r, p, plans, partsOf[p.Cloud])
		if len(plans) == len(p.Pools) {
			checkAddresses(r, p, plans)
		}
	}
	checkAddons(r, p)
	if !p.Has(LayerModels) {
		return plans
	}
	var sound []string
	models := slices.Sorted(maps.Keys(p.Models))
	for _, name := range models {
		before := len(r.problems)
		checkModel(r, p, name)
		if len(r.problems) == before {
			sound = append(sound, name)
		}
	}
	checkRoutes(r, p, models)
	checkAnalysedNames(r, p, models)
	if readable && len(plans) == len(p.Pools) {
		checkPlacement(r, p, plans, sound)
	}
	return plans
}

// maxPlatformName is the shortest limit for the name of a cluster among the
// clouds, GKE's. It also leaves 24 of the 64 characters of an IAM role for what
// the role is for.
const maxPlatformName = 40

var dashedName = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)

func checkPlatform(r *report, p Platform) {
	if !slices.Contains(Clouds, p.Cloud) {
		r.add("gantry:cloud", string(p.Cloud), "is not a cloud that Gantry knows", choose(string(p.Cloud), Clouds))
	}
	checkName(r, "gantry:name", p.Name, maxPlatformName, "set gantry:name to one")
	checkTags(r, p.Cloud, p.Tags)
}

// checkName reports a name that is not made of lower-case letters, digits and
// dashes, or is longer than all its uses allow.
func checkName(r *report, at, name string, limit int, fix string) {
	if !dashedName.MatchString(name) {
		r.add(at, name, "is not a name of lower-case letters, digits and '-' that begins with a letter and ends in a letter or digit", fix)
	}
	if len(name) > limit {
		r.add(at, name, fmt.Sprintf("is %d characters long, and at most %d fit everywhere", len(name), limit), "shorten it")
	}
}
