package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
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
	checkCluster(r, p.Cluster)
	plans := planPools(r, p)
	checkSystemPool(r, p.Pools)
	checkAddons(r, p)
	var sound []string
	for _, name := range slices.Sorted(maps.Keys(p.Models)) {
		before := len(r.problems)
		checkModel(r, p, name)
		if len(r.problems) == before {
			sound = append(sound, name)
		}
	}
	if readable && len(plans) == len(p.Pools) {
		checkPlacement(r, p, plans, sound)
	}
	return plans
}

// maxPlatformName is the shortest limit for the name of a cluster among the
// clouds, GKE's. It also leaves 24 of the 64 characters of an IAM role for what
// the role is for.
const maxPlatformName = 40

var (
	dashedName = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	awsRegion  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[1-9]$`)
	awsZone    = regexp.MustCompile(`^([a-z]{2}(-[a-z]+)+-[1-9])[a-z]$`)
)

func checkPlatform(r *report, p Platform) {
	if !slices.Contains(Clouds, p.Cloud) {
		r.add("gantry:cloud", string(p.Cloud), "is not a cloud that Gantry knows", choose(string(p.Cloud), Clouds))
	}
	checkName(r, "gantry:name", p.Name, maxPlatformName, "set gantry:name to one")
	if p.Cloud == AWS {
		checkRegion(r, p.Region)
		checkTags(r, p.Tags)
	}
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

func checkRegion(r *report, region string) {
	const at = "aws:region"
	if region == "" {
		r.missing(at, "is missing", "pulumi config set aws:region us-east-1")
		return
	}
	if zone := awsZone.FindStringSubmatch(region); zone != nil {
		r.add(at, region, "is an availability zone, not a region", "use "+zone[1])
		return
	}
	if !awsRegion.MatchString(region) {
		r.add(at, region, "is not the name of an AWS region", "use a name such as us-east-1 or eu-central-1")
	}
}

// maxTags leaves 10 of the 50 tags of an AWS resource for Gantry, for the name
// and for what the cluster's own controllers add.
const maxTags = 40

// awsTagText is what keys and values of tags may be made of. Source: "Tag naming
// limits and requirements" in the AWS tagging guide.
var awsTagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

func checkTags(r *report, tags map[string]string) {
	if len(tags) > maxTags {
		r.add("gantry:tags", fmt.Sprintf("%d tags", len(tags)), "leaves no room for Gantry's own: AWS allows 50 on a resource", fmt.Sprintf("keep %d or fewer", maxTags))
	}
	folded := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		at := join("gantry:tags", key)
		checkTag(r, at, key, tags[key])
		if other, ok := folded[strings.ToLower(key)]; ok {
			r.add(at, key, "differs from "+show(other)+" by case only, and IAM takes them for one", "keep one of the two")
		}
		folded[strings.ToLower(key)] = key
	}
}

func checkTag(r *report, at, key, value string) {
	lower := strings.ToLower(key)
	switch {
	case key == "" || len([]rune(key)) > 128:
		r.add(at, key, "is no tag key: AWS takes 1 to 128 characters", "shorten or name it")
	case strings.HasPrefix(lower, "aws:"):
		r.add(at, key, "has the prefix aws:, which AWS reserves", "choose another key")
	case strings.HasPrefix(lower, "gantry.dev/"):
		r.add(at, key, "has the prefix gantry.dev/, under which Gantry sets its own tags", "choose another key")
	case strings.HasPrefix(lower, "kubernetes.io/") || strings.HasPrefix(lower, "k8s.io/"):
		r.add(at, key, "is a tag by which controllers of the cluster find their own resources", "choose a key without that prefix")
	case !awsTagText.MatchString(key):
		r.add(at, key, "has characters that AWS does not take in a tag", "use letters, digits, spaces and _ . : / = + - @")
	}
	if !awsTagText.MatchString(value) {
		r.add(at, value, "has characters that AWS does not take in a tag", "use letters, digits, spaces and _ . : / = + - @")
	}
	if len([]rune(value)) > 256 {
		r.add(at, value, "is longer than the 256 characters that AWS takes", "shorten it")
	}
}
