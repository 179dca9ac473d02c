package spec

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func storageCases() []malformed {
	const (
		at     = "stacks/models/m.yaml: storage."
		one    = "keep one of models, bucket and image"
		plain  = "write it as image-classifier/v1, without '/' at either end and without . and .."
		signs  = "use letters, digits, '-', '_', '.' and '/'"
		copied = "use storage.models, for example 10Gi, and copy the files to that volume"
		minor  = `set gantry:cluster.version to "1.35", or ` + copied
		recent = `cluster: {version: "1.35"}`
	)
	on := func(name, config, rest string, want ...problem) malformed {
		return malformed{"storage: " + name, config, []string{"m.yaml", "image: a:v1\n" + rest}, want}
	}
	bucket := func(name, folder string, want ...problem) malformed {
		return on(name, "cloud: gcp", "storage: {bucket: '"+folder+"'}", want...)
	}
	image := func(name, image string, want ...problem) malformed {
		return on(name, recent, "storage: {image: '"+image+"'}", want...)
	}
	long := "m/" + letters(511)
	return []malformed{
		bucket("URL of a bucket", "gs://models/image-classifier/v1", problem{at + "bucket", "gs://models/image-classifier/v1",
			"write the folder only, without gs:// and the name of the bucket: image-classifier/v1"}),
		bucket("folder that begins at the root", "/image-classifier", problem{at + "bucket", "/image-classifier", plain}),
		bucket("folder that ends in a slash", "image-classifier/", problem{at + "bucket", "image-classifier/", plain}),
		bucket("folder above the bucket", "../other", problem{at + "bucket", "../other", plain}),
		bucket("folder with a way back", "a/../b", problem{at + "bucket", "a/../b", plain}),
		bucket("folder with two slashes", "a//b", problem{at + "bucket", "a//b", plain}),
		bucket("the whole bucket", ".", problem{at + "bucket", ".", plain}),
		bucket("folder with a second option", "a,uid=0", problem{at + "bucket", "a,uid=0", signs}),
		bucket("folder with a space", "a b", problem{at + "bucket", `"a b"`, signs}),
		bucket("folder that leaves no room", long, problem{at + "bucket", show(long), "shorten it"}),
		on("bucket on AWS", "{}", "storage: {bucket: a/v1}", problem{at + "bucket", "a/v1", copied}),
		on("bucket that is switched off", "cloud: gcp\nmodelBucket: {enabled: false}", "storage: {bucket: a/v1}",
			problem{at + "bucket", "a/v1", "set gantry:modelBucket.enabled to true, or " + copied}),
		on("bucket in an existing cluster", "cloud: existing\nexisting: {context: kind-ml}\npools: [{name: a, role: inference, labels: {a: b}}]", "storage: {bucket: a/v1}",
			problem{at + "bucket", "a/v1", copied}),
		on("bucket and volume", "cloud: gcp", "storage: {models: 10Gi, bucket: a/v1}", problem{at + "bucket", "a/v1", one}),
		on("image and volume", recent, "storage: {models: 10Gi, image: a:v1}", problem{at + "image", "a:v1", one}),
		on("all three", "cloud: gcp\n"+recent, "storage: {models: 10Gi, bucket: a/v1, image: a:v1}",
			problem{at + "bucket", "a/v1", one}, problem{at + "image", "a:v1", one}),
		image("files of today", "a:latest", problem{at + "image", "a:latest", "use a tag that stays as it is, or a digest"}),
		image("files without a tag", "registry.example.com/files", problem{at + "image", "registry.example.com/files", "add a tag that stays as it is, for example registry.example.com/files:v1"}),
		image("image that is none", "A B:v1", problem{at + "image", `"A B:v1"`, "write it as registry.example.com/image-classifier:v1"}),
		on("image before 1.35", "{}", "storage: {image: a:v1}", problem{at + "image", "a:v1", minor}),
		on("cache that is not there", "cloud: gcp", "storage: {bucket: a/v1, cache: {size: 8Gi}}",
			problem{at + "cache", `{"size":"8Gi"}`, "remove it; known keys: models, access, bucket, image, mountPath"}),
		on("files over the config", recent, "storage: {image: a:v1, mountPath: /config/models}\nconfig: {a: b}",
			problem{at + "mountPath", "/config/models", "choose another directory, for example /models"}),
	}
}

// Files in each place are in order where the cluster has what they need.
func TestStorage_EachPlaceIsInOrderByItself(t *testing.T) {
	for name, test := range map[string]struct{ config, storage string }{
		"bucket on Google Cloud": {"cloud: gcp", "{bucket: image-classifier/v1.2_a, mountPath: /config}"},
		"bucket on Azure":        {"cloud: azure\npools: [{name: system, role: system, min: 2}]", "{bucket: v1}"},
		"bucket of another stack": {
			"layers: [models]\nlayersFrom: organization/gantry/prod\ncluster: {}\npools: []\nmodelBucket: {enabled: false}", "{bucket: v1}",
		},
		"image from 1.35":                {`cluster: {version: "1.35"}`, "{image: a:v1}"},
		"image from 1.36":                {`cluster: {version: "1.36"}`, "{image: 'a@sha256:" + strings.Repeat("0", 64) + "'}"},
		"image in a cluster of nobody's": {"cloud: existing\nexisting: {context: kind-ml}\npools: [{name: a, role: inference, labels: {a: b}}]\ncluster: {}", "{image: a:v1}"},
		"volume":                         {"{}", "{models: 10Gi}"},
	} {
		platform, _, err := Load(configured(t, test.config, "m.yaml", "image: a:v1\nstorage: "+test.storage))
		require.NoError(t, err, name)
		require.Contains(t, platform.Models, "m", name)
		assert.NotEmpty(t, platform.Models["m"].Storage, name)
	}
}
