package rules

import (
	"fmt"
	"strings"
)

var imageRules = []Rule{
	{
		ID: "image-pinned", Group: Pods, Level: Mandatory,
		Says:   "An image is pinned to a version.",
		Why:    "latest is another image tomorrow: replicas of one Deployment differ, and going back goes nowhere.",
		Fix:    "Give the image a tag that is never moved, or a digest.",
		Except: "Never for latest.",
		Like:   []string{"CKV_K8S_14", "CKV_K8S_43", "KSV-0013", "latest-tag"},
		Parameters: []Parameter{
			{Name: "digest", Default: false, Says: "Whether a digest is asked for: a tag can be moved by whoever may push."},
			{Name: "moving", Default: []string{"latest", "main", "master", "dev", "nightly", "stable", "edge"}, Says: "Tags that move."},
		},
		Types: podTypes, Judge: eachContainer(imagePinned),
	},
	{
		ID: "image-registry", Group: Pods, Level: Mandatory,
		Says:   "Images come from registries that are known.",
		Why:    "An image from anywhere runs with the platform's GPUs and data. Docker Hub also counts pulls, and refuses them on the day of a great scale-up.",
		Fix:    "Copy the image to a registry of your own, or add the registry to the configuration.",
		Except: "For a test of an image that is not copied yet.",
		Like:   []string{"KSV-0125", "KSV-0034"},
		Parameters: []Parameter{
			{Name: "registries", Default: []string{
				"registry.example.com/*", "*.dkr.ecr.*.amazonaws.com/*", "*-docker.pkg.dev/*", "*.azurecr.io/*",
				"nvcr.io/nvidia/*", "registry.k8s.io/*", "public.ecr.aws/eks/*", "mcr.microsoft.com/*", "quay.io/prometheus/*", "ghcr.io/kedacore/*",
				// On the nodes of GKE from the start, and never pulled.
				"docker.io/library/cos-nvidia-installer",
			}, Says: "Beginnings of images that are accepted; a star stands for anything."},
		},
		Types: podTypes, Judge: eachContainer(imageRegistry),
	},
	{
		ID: "release-pinned", Group: Pods, Level: Mandatory,
		Says:   "A Helm release is pinned to the version of its chart, from a repository with TLS.",
		Why:    "Without a version every up may install something else, which no preview shows: the objects of a release are hidden in it.",
		Fix:    "Set version to an exact one, and repositoryOpts.repo to https:// or the chart to oci://.",
		Except: "For a chart in this repository.",
		Types:  []string{typeRelease}, Judge: releasePinned,
	},
}

// image is the parts of a reference to an image.
type image struct{ name, tag, digest string }

func parseImage(reference string) image {
	name, digest, _ := strings.Cut(reference, "@")
	i := image{name: name, digest: digest}
	if at := strings.LastIndex(name, ":"); at > strings.LastIndex(name, "/") {
		i.name, i.tag = name[:at], name[at+1:]
	}
	return i
}

// full is the name with its registry, which is Docker Hub's where there is none.
func (i image) full() string {
	first, rest, found := strings.Cut(i.name, "/")
	switch {
	case !found:
		return "docker.io/library/" + i.name
	case strings.ContainsAny(first, ".:") || first == "localhost":
		return first + "/" + rest
	default:
		return "docker.io/" + i.name
	}
}

func imagePinned(c container, v Values) []string {
	reference := c.At("image")
	if reference.Unknown() {
		return nil
	}
	i := parseImage(reference.Text())
	switch {
	case i.digest != "":
		return nil
	case v.True("digest"):
		return []string{fmt.Sprintf("the image %s has no digest", reference.Text())}
	case i.tag == "":
		return []string{fmt.Sprintf("the image %s has neither a tag nor a digest", reference.Text())}
	case matchesAny(v.Texts("moving"), i.tag):
		return []string{fmt.Sprintf("the tag of %s moves", reference.Text())}
	default:
		return nil
	}
}

func imageRegistry(c container, v Values) []string {
	reference := c.At("image")
	if reference.Unknown() || reference.Missing() {
		return nil
	}
	if name := parseImage(reference.Text()).full(); !matchesAny(v.Texts("registries"), name) {
		return []string{name + " is of no registry that is known"}
	}
	return nil
}

func releasePinned(r Resource, _ Values) []string {
	var problems []string
	chart, version := r.At("chart"), r.At("version")
	if chart.Unknown() {
		return nil
	}
	local := strings.HasPrefix(chart.Text(), "./") || strings.HasPrefix(chart.Text(), "/")
	if text := version.Text(); !local && !version.Unknown() && (text == "" || strings.ContainsAny(text, "*^~><| ")) {
		problems = append(problems, "version is no exact version")
	}
	repo := r.At("repositoryOpts", "repo")
	switch {
	case local || repo.Unknown():
	case strings.HasPrefix(chart.Text(), "oci://") || strings.HasPrefix(repo.Text(), "https://") || strings.HasPrefix(repo.Text(), "oci://"):
	default:
		problems = append(problems, "the repository is neither https:// nor oci://")
	}
	return problems
}
