package spec

import (
	"fmt"
	"maps"
	pathpkg "path"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	// maxModelName leaves 23 of the 63 characters of a Kubernetes name for
	// what its objects are for.
	maxModelName = 40
	// MaxLimitRatio is the greatest memory limit in terms of the request. It
	// bounds how far nodes can be overcommitted in memory.
	MaxLimitRatio = 2.5
)

// checkModel checks one model by itself.
func checkModel(r *report, p Platform, name string) {
	m, at := p.Models[name], join("gantry:models", name)
	fields := m
	if m.Image == "" {
		fields.Image = "reported" // with a better fix than that of any key
		r.missing(at+".image", "is missing", missingImageFix(p, name))
	}
	checkFields(r, at, fields)
	checkName(r, at, name, maxModelName, "rename the file, or the key in gantry:models")
	if m.Name != name {
		r.add(at+".name", m.Name, "is not the name of the file or key, "+name, "write name: "+name+", or remove it")
	}
	checkImage(r, at+".image", m.Image)
	for _, variable := range slices.Sorted(maps.Keys(m.Env)) {
		if faults := validation.IsEnvVarName(variable); len(faults) > 0 {
			r.add(join(at+".env", variable), variable, "is not the name of an environment variable", "use letters, digits and '_', beginning with a letter or '_'")
		}
	}
	checkModelGPU(r, at+".gpu", p.Cloud, m.GPU)
	checkResources(r, at+".resources", m.Resources)
	checkScale(r, p, at+".scale", m)
	checkModelConfig(r, p, at, m)
	checkSLO(r, p, at+".slo", m.SLO)
	checkTraffic(r, p, at, m)
	checkRollout(r, p, at+".rollout", m)
	checkStorage(r, p, at+".storage", m)
	checkHealth(r, at+".health", m.Health)
	checkURLPath(r, at+".metrics.path", m.Metrics.Path)
}

// missingImageFix tells whether a model without an image is the override of
// another one, misspelt.
func missingImageFix(p Platform, name string) string {
	var others []string
	for other, m := range p.Models {
		if other != name && m.Image != "" {
			others = append(others, other)
		}
	}
	if near := nearest(name, others); near != "" {
		return "did you mean the model " + near + "? A model of its own needs image:"
	}
	return "add image: with the image of the server and its tag"
}

func checkImage(r *report, at, image string) {
	if image == "" {
		return
	}
	ref, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		r.add(at, image, "is not the name of a container image", "write it as registry.example.com/image-classifier:v1")
		return
	}
	if _, hasDigest := ref.(reference.Digested); hasDigest {
		return
	}
	tagged, hasTag := ref.(reference.Tagged)
	if !hasTag {
		r.add(at, image, "has no tag, so that nodes run whatever is newest when they pull it", "add a tag that stays as it is, for example "+image+":v1")
	} else if tagged.Tag() == "latest" {
		r.add(at, image, "has the tag latest, so that nodes run whatever is newest when they pull it", "use a tag that stays as it is, or a digest")
	}
}

func checkModelGPU(r *report, at string, cloud Cloud, gpu ModelGPU) {
	if gpu.Type == "" && gpu.Count != 0 {
		r.add(at+".count", gpu.Count, "counts accelerators of no model", "add type, for example type: l4, or remove count")
	}
	checkAlternatives(r, at+".alternatives", cloud, gpu.Type, gpu.Alternatives)
	known := UsableGPUs(cloud)
	if gpu.Type != "" && len(known) > 0 && !slices.Contains(known, gpu.Type) {
		r.add(at+".type", gpu.Type, "is not an accelerator that nodes can have on "+string(cloud), choose(gpu.Type, known))
	}
}

func checkResources(r *report, at string, resources ModelResources) {
	checkCPU(r, at, resources)
	before := len(r.problems)
	checkBytes(r, at+".memory", resources.Memory, mebi)
	if resources.MemoryLimit != resources.Memory {
		checkBytes(r, at+".memoryLimit", resources.MemoryLimit, mebi)
	}
	if len(r.problems) > before {
		return
	}
	memory, _ := bytesOf(resources.Memory)
	limit, _ := bytesOf(resources.MemoryLimit)
	switch {
	case limit < memory:
		r.add(at+".memoryLimit", resources.MemoryLimit, "is less than the request, "+resources.Memory, "raise it, or remove it to use the request")
	case float64(limit) > MaxLimitRatio*float64(memory):
		r.add(at+".memoryLimit", resources.MemoryLimit, fmt.Sprintf("is more than %g times the request, %s: replicas would be stopped when a node is full", MaxLimitRatio, resources.Memory), "lower it, or raise memory")
	}
}

func checkCPU(r *report, at string, resources ModelResources) {
	const what, fix = "is not an amount of CPU", "write cores, for example 2, or thousandths, for example 500m"
	request, sound := milliOf(resources.CPU)
	if !sound {
		r.add(at+".cpu", resources.CPU, what, fix)
	}
	limit, ok := milliOf(resources.CPULimit)
	switch {
	case resources.CPULimit == "":
	case !ok:
		r.add(at+".cpuLimit", resources.CPULimit, what, fix)
	case sound && limit < request:
		r.add(at+".cpuLimit", resources.CPULimit, "is less than the request, "+resources.CPU, "raise it, or remove it for no limit")
	}
}

// checkHealth makes sure that a busy replica is left without requests before it is
// restarted.
func checkHealth(r *report, at string, h ModelHealth) {
	checkURLPath(r, at+".path", h.Path)
	unready := h.Readiness.PeriodSeconds * h.Readiness.FailureThreshold
	restart := h.Liveness.PeriodSeconds * h.Liveness.FailureThreshold
	if unready > 0 && restart > 0 && restart <= unready {
		r.add(at+".liveness.failureThreshold", h.Liveness.FailureThreshold,
			fmt.Sprintf("restarts a replica after %d s of failures, and it is only left without requests after %d s", restart, unready),
			fmt.Sprintf("use %d or more, or look less often", unready/h.Liveness.PeriodSeconds+1))
	}
}

// ownMounts are directories of a container that a volume must not hide.
var ownMounts = []string{"/", "/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/tmp", "/usr"}

func checkMountPath(r *report, at, mountPath string) {
	switch {
	case !pathpkg.IsAbs(mountPath) || pathpkg.Clean(mountPath) != mountPath || strings.ContainsAny(mountPath, ":\x00"):
		r.add(at, mountPath, "is not a plain absolute path", "write it as /models")
	case slices.Contains(ownMounts, mountPath):
		r.add(at, mountPath, "would hide what the server itself needs", "choose a directory of its own, for example /models")
	}
}

func checkURLPath(r *report, at, urlPath string) {
	if !strings.HasPrefix(urlPath, "/") || strings.ContainsFunc(urlPath, needsQuotes) || strings.ContainsAny(urlPath, "?#") {
		r.add(at, urlPath, "is not the path of a URL", "begin it with '/', without spaces, '?' or '#'")
	}
}
