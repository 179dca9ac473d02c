package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// maxTags leaves 10 of the 50 tags of a resource on AWS and Azure for Gantry,
// for the name and for what the cluster's own controllers add. Google Cloud
// takes 64 labels.
const maxTags = 40

// tagRules are what one cloud takes in a tag, or in a resource label on Google
// Cloud.
type tagRules struct {
	// name of the cloud, and of what it calls a tag.
	name, noun string
	// key and value are what they are made of; choices says so to a person.
	key, value           *regexp.Regexp
	keyChars, valueChars string
	// Greatest lengths, in characters.
	maxKey, maxValue int
	// reserved beginnings of keys, in lower case.
	reserved []string
	// folds names what takes keys that differ by case only for one; empty where
	// nothing does.
	folds string
}

// Sources: "Tag naming limits and requirements" in the AWS tagging guide;
// https://cloud.google.com/compute/docs/labeling-resources, of whose labels
// only ASCII ones are taken here;
// https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources.
var tagRulesOf = map[Cloud]tagRules{
	AWS: {
		name: "AWS", noun: "tag",
		key: awsTagText, value: awsTagText,
		keyChars: awsTagChars, valueChars: awsTagChars,
		maxKey: 128, maxValue: 256,
		reserved: []string{"aws:"},
		folds:    "IAM takes",
	},
	GCP: {
		name: "Google Cloud", noun: "label",
		key: regexp.MustCompile(`^[a-z][a-z0-9_-]*$`), value: regexp.MustCompile(`^[a-z0-9_-]*$`),
		keyChars:   "lower-case letters, digits, '-' and '_', beginning with a letter",
		valueChars: "lower-case letters, digits, '-' and '_'",
		maxKey:     63, maxValue: 63,
		reserved: []string{"goog"},
	},
	Azure: {
		name: "Azure", noun: "tag",
		key: regexp.MustCompile(`^[^<>%&\\?/\p{C}]*$`), value: regexp.MustCompile(`^[^\p{C}]*$`),
		keyChars: `no < > % & \ ? or /`, valueChars: "printable characters",
		maxKey: 512, maxValue: 256,
		reserved: []string{"microsoft", "azure", "windows"},
		folds:    "Azure takes",
	},
}

var awsTagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

const awsTagChars = "letters, digits, spaces and _ . : / = + - @"

// checkTags checks tags of the user. An existing cluster has no resource to put
// them on.
func checkTags(r *report, cloud Cloud, tags map[string]string) {
	rules, ok := tagRulesOf[cloud]
	if !ok {
		return
	}
	if len(tags) > maxTags {
		r.add("gantry:tags", fmt.Sprintf("%d tags", len(tags)), "leaves no room for Gantry's own: AWS and Azure allow 50 on a resource", fmt.Sprintf("keep %d or fewer", maxTags))
	}
	folded := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		at := join("gantry:tags", key)
		checkTagKey(r, at, rules, key)
		checkTagValue(r, at, rules, tags[key])
		if other, ok := folded[strings.ToLower(key)]; ok && rules.folds != "" {
			r.add(at, key, "differs from "+show(other)+" by case only, and "+rules.folds+" them for one", "keep one of the two")
		}
		folded[strings.ToLower(key)] = key
	}
}

func checkTagKey(r *report, at string, rules tagRules, key string) {
	lower := strings.ToLower(key)
	begins := func(prefix string) bool { return strings.HasPrefix(lower, prefix) }
	reserved := slices.IndexFunc(rules.reserved, begins)
	switch {
	case key == "" || len([]rune(key)) > rules.maxKey:
		r.add(at, key, fmt.Sprintf("is no %s key: %s takes 1 to %d characters", rules.noun, rules.name, rules.maxKey), "shorten or name it")
	case reserved >= 0:
		r.add(at, key, "has the prefix "+rules.reserved[reserved]+", which "+rules.name+" reserves", "choose another key")
	case begins("gantry.dev/"):
		r.add(at, key, "has the prefix gantry.dev/, under which Gantry sets its own tags", "choose another key")
	case begins("kubernetes.io/") || begins("k8s.io/"):
		r.add(at, key, "is a tag by which controllers of the cluster find their own resources", "choose a key without that prefix")
	case !rules.key.MatchString(key):
		r.add(at, key, "has characters that "+rules.name+" does not take in the key of a "+rules.noun, "use "+rules.keyChars)
	}
}

func checkTagValue(r *report, at string, rules tagRules, value string) {
	if !rules.value.MatchString(value) {
		r.add(at, value, "has characters that "+rules.name+" does not take in a "+rules.noun, "use "+rules.valueChars)
	}
	if len([]rune(value)) > rules.maxValue {
		r.add(at, value, fmt.Sprintf("is longer than the %d characters that %s takes", rules.maxValue, rules.name), "shorten it")
	}
}
