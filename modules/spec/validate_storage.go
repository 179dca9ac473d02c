package spec

import (
	"fmt"
	pathpkg "path"
	"slices"
	"strings"
)

const (
	// imageVolumes is the first minor whose clusters mount images as volumes
	// without a switch: the feature is there but off before, and no managed cloud
	// lets its users turn it on. It cannot be turned off from 1.36. Source:
	// kubernetes/kubernetes, pkg/features/kube_features.go, ImageVolume.
	imageVolumes = "1.35"
	// maxFolder leaves room for the names of files: the name of an object has 1024
	// bytes in every cloud.
	maxFolder = 512
	// copyInstead is what a model does that cannot mount the bucket.
	copyInstead = "use storage.models, for example 10Gi, and copy the files to that volume"
)

// checkStorage checks where the files of a model come from.
func checkStorage(r *report, p Platform, at string, m Model) {
	s := m.Storage
	checkBytes(r, at+".models", s.Models, mebi)
	checkMountPath(r, at+".mountPath", s.MountPath)
	if len(m.Config) > 0 && (s.MountPath == configDirectory || strings.HasPrefix(s.MountPath, configDirectory+"/")) {
		r.add(at+".mountPath", s.MountPath, "is where the files of config are", "choose another directory, for example /models")
	}
	checkOneSource(r, at, s)
	if s.Bucket != "" {
		checkBucket(r, p, at+".bucket", s.Bucket)
	}
	if s.Image != "" {
		checkImageVolume(r, p, at+".image", s.Image)
	}
}

// configDirectory is where components/serving mounts a model's config.
const configDirectory = "/config"

// checkOneSource makes sure that files come from one place: they are mounted at one
// path.
func checkOneSource(r *report, at string, s ModelStorage) {
	var given []string
	for _, source := range []struct{ key, value string }{{"models", s.Models}, {"bucket", s.Bucket}, {"image", s.Image}} {
		if source.value == "" {
			continue
		}
		if len(given) > 0 {
			r.add(at+"."+source.key, source.value, "is a second place for files, beside "+given[0], "keep one of models, bucket and image")
		}
		given = append(given, source.key)
	}
}

func checkImageVolume(r *report, p Platform, at, image string) {
	checkImage(r, at, image)
	// One that Gantry does not know, of an existing cluster or a misspelt one, is
	// left to the cluster and to checkVersion.
	version := slices.Index(KubernetesVersions, p.KubernetesVersion())
	if version >= 0 && version < slices.Index(KubernetesVersions, imageVolumes) {
		r.add(at, image, "needs Kubernetes "+imageVolumes+" or later, and the cluster has "+p.KubernetesVersion(),
			fmt.Sprintf("set gantry:cluster.version to %q, or %s", imageVolumes, copyInstead))
	}
}

func checkBucket(r *report, p Platform, at, folder string) {
	checkFolder(r, at, folder)
	switch {
	case p.Cloud == AWS:
		r.add(at, folder, "cannot be mounted on aws: Gantry installs no driver of S3 buckets there", copyInstead)
	case p.Cloud == Existing:
		r.add(at, folder, "cannot be mounted in an existing cluster, which has no model bucket", copyInstead)
	case p.Handed == nil && !On(p.ModelBucket.Enabled):
		r.add(at, folder, "is in a bucket that the platform does not make", "set gantry:modelBucket.enabled to true, or "+copyInstead)
	}
}

// checkFolder checks the name of a folder as both options of mounts and names of
// objects take it.
func checkFolder(r *report, at, folder string) {
	scheme, _, isURL := strings.Cut(folder, "://")
	switch {
	case isURL:
		r.add(at, folder, "is the URL of a bucket", "write the folder only, without "+scheme+":// and the name of the bucket: image-classifier/v1")
	case strings.HasPrefix(folder, "/") || pathpkg.Clean(folder) != folder || folder == "." || strings.HasPrefix(folder, ".."):
		r.add(at, folder, "is not a plain folder in a bucket", "write it as image-classifier/v1, without '/' at either end and without . and ..")
	case strings.ContainsFunc(folder, notOfFolder):
		r.add(at, folder, "has characters that not every cloud takes in the name of a folder", "use letters, digits, '-', '_', '.' and '/'")
	case len(folder) > maxFolder:
		r.add(at, folder, fmt.Sprintf("has %d characters, and %d leave room for the names of files", len(folder), maxFolder), "shorten it")
	}
}

func notOfFolder(c rune) bool {
	letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	return !letter && !strings.ContainsRune("-_./", c)
}
