package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
	"k8s.io/apimachinery/pkg/util/validation"
)

// The rules for a node group that need nothing but its inputs.

func scalingRules(in emulator.Properties) error {
	const least, wanted, most = "scalingConfig.minSize", "scalingConfig.desiredSize", "scalingConfig.maxSize"
	if !in.Known("scalingConfig") {
		return nil
	}
	switch min, desired, max := in.Int(least), in.Int(wanted), in.Int(most); {
	case min < 0 || desired < 0:
		return rules.Invalid("scalingConfig", "minSize and desiredSize must be at least 0")
	case max < 1:
		return rules.Invalid(most, "is %d, expected at least 1", max)
	case min > max:
		return refuse("InvalidParameterException", "Minimum capacity %d can't be greater than max size %d", min, max)
	case min > desired:
		return refuse("InvalidParameterException", "Minimum capacity %d can't be greater than desired size %d", min, desired)
	case desired > max:
		return refuse("InvalidParameterException", "desired capacity %d can't be greater than max size %d", desired, max)
	}
	return nil
}

func updateRules(in emulator.Properties) error {
	if !in.Has("updateConfig") {
		return nil
	}
	if err := rules.ExactlyOne("updateConfig.maxUnavailable", "updateConfig.maxUnavailablePercentage")(in); err != nil {
		return err
	}
	if most := in.Int("scalingConfig.maxSize"); in.Int("updateConfig.maxUnavailable") > most {
		return refuse("InvalidParameterException", "maxUnavailable %d can't be greater than max size %d",
			in.Int("updateConfig.maxUnavailable"), most)
	}
	return nil
}

// ownLabels are the labels and prefixes below the reserved domains that a
// kubelet may put on its node.
// https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
var ownLabels = []string{
	"kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os",
	"beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type",
	"failure-domain.beta.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
	"topology.kubernetes.io/region", "topology.kubernetes.io/zone",
	"kubelet.kubernetes.io/", "node.kubernetes.io/",
}

func labelRules(in emulator.Properties) error {
	labels := in.StringMap("labels")
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if problems := validation.IsQualifiedName(key); len(problems) > 0 {
			return refuse("InvalidParameterException", "Label key %q is not valid: %s", key, problems[0])
		}
		if problems := validation.IsValidLabelValue(labels[key]); len(problems) > 0 {
			return refuse("InvalidParameterException", "Label value %q of %s is not valid: %s", labels[key], key, problems[0])
		}
		if reservedLabel(key) {
			return refuse("InvalidParameterException",
				"Label %s cannot contain reserved prefixes [kubernetes.io/, k8s.io/, eks.amazonaws.com/]", key)
		}
	}
	return nil
}

func reservedLabel(key string) bool {
	domain, _, qualified := strings.Cut(key, "/")
	if !qualified {
		return false
	}
	allowed := slices.ContainsFunc(ownLabels, func(own string) bool {
		return key == own || strings.HasSuffix(own, "/") && strings.HasPrefix(key, own)
	})
	return !allowed && slices.ContainsFunc([]string{"kubernetes.io", "k8s.io", "eks.amazonaws.com"}, func(reserved string) bool {
		return domain == reserved || strings.HasSuffix(domain, "."+reserved)
	})
}

// taintEffects translates the effects of EKS into those of Kubernetes.
var taintEffects = map[string]string{
	"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}

const maxTaints = 50

func taintRules(in emulator.Properties) error {
	taints := in.Objects("taints")
	if len(taints) > maxTaints {
		return refuse("InvalidParameterException", "A node group takes at most %d taints, got %d", maxTaints, len(taints))
	}
	for i, taint := range taints {
		at := fmt.Sprintf("taints[%d]", i)
		key, value, effect := taint.String("key"), taint.String("value"), taint.String("effect")
		switch {
		case taint.Known("effect") && taintEffects[effect] == "":
			return rules.Invalid(at+".effect", "is %q, expected one of NO_SCHEDULE, NO_EXECUTE, PREFER_NO_SCHEDULE", effect)
		case taint.Known("key") && (len(key) == 0 || len(key) > 63 || len(validation.IsQualifiedName(key)) > 0):
			return refuse("InvalidParameterException", "Taint key %q is not valid", key)
		case len(validation.IsValidLabelValue(value)) > 0:
			return refuse("InvalidParameterException", "Taint value %q is not valid", value)
		}
	}
	return nil
}

func templateRules(in emulator.Properties) error {
	if !in.Has("launchTemplate") {
		return nil
	}
	switch {
	case in.Has("launchTemplate.id") == in.Has("launchTemplate.name"):
		return refuse("InvalidParameterException", "Either provide launch template ID or launch template name in the request.")
	case in.Has("diskSize"):
		return refuse("InvalidParameterException", "Disk size must be specified within the launch template.")
	case in.Has("remoteAccess"):
		return refuse("InvalidParameterException", "Remote access configuration cannot be specified with a launch template.")
	}
	return nil
}

// image is what a node image runs on.
type image struct {
	arch string
	gpu  bool
}

// images are the image types of EKS.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
var images = map[string]image{
	"AL2023_x86_64_STANDARD":     {arch: "amd64"},
	"AL2023_ARM_64_STANDARD":     {arch: "arm64"},
	"AL2023_x86_64_NVIDIA":       {arch: "amd64", gpu: true},
	"AL2023_ARM_64_NVIDIA":       {arch: "arm64", gpu: true},
	"BOTTLEROCKET_x86_64":        {arch: "amd64"},
	"BOTTLEROCKET_ARM_64":        {arch: "arm64"},
	"BOTTLEROCKET_x86_64_FIPS":   {arch: "amd64"},
	"BOTTLEROCKET_ARM_64_FIPS":   {arch: "arm64"},
	"BOTTLEROCKET_x86_64_NVIDIA": {arch: "amd64", gpu: true},
	"BOTTLEROCKET_ARM_64_NVIDIA": {arch: "arm64", gpu: true},
}

const (
	// defaultImage is the image of a group that names none.
	defaultImage = "AL2023_x86_64_STANDARD"
	// customImage is that of a group whose launch template names one.
	customImage = "CUSTOM"
)

// imageFits refuses an image of EKS beside one of the launch template, and
// machines that the image of neither drives.
// https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
func imageFits(in emulator.Properties, t template) error {
	custom, named := t.data.String("imageId") != "", in.Has("amiType")
	switch {
	case custom && named && in.String("amiType") != customImage:
		return refuse("InvalidParameterException", "You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your launch template.")
	case custom && (in.Has("version") || in.Has("releaseVersion")):
		return refuse("InvalidParameterException", "You cannot specify a Kubernetes version or an AMI release version, when specifying an image id in your launch template.")
	case !custom && in.String("amiType") == customImage:
		return refuse("InvalidParameterException", "You must specify an image id in your launch template, when using AMI Type CUSTOM.")
	case custom || named:
		return nil
	}
	for _, t := range in.Strings("instanceTypes") {
		machine, want := lookup(t), images[defaultImage]
		if machine.Arch != want.arch || (machine.GPUs > 0) != want.gpu {
			return refuse("InvalidParameterException", "%v is not a valid instance type for requested amiType %s", []string{t}, defaultImage)
		}
	}
	return nil
}

func lookup(instanceType string) accelerators.Machine {
	machine, _ := accelerators.Lookup("aws", instanceType)
	return machine
}

// maxInstanceTypes of a node group.
const maxInstanceTypes = 20

func imageRules(in emulator.Properties) error {
	types, amiType := in.Strings("instanceTypes"), in.String("amiType")
	if len(types) > maxInstanceTypes {
		return refuse("InvalidParameterException", "A node group takes at most %d instance types, got %d", maxInstanceTypes, len(types))
	}
	if !in.Has("amiType") {
		amiType = defaultImage
	}
	want, ok := images[amiType]
	// The image may be the launch template's; see imageFits.
	ok = ok && (in.Has("amiType") || !in.Has("launchTemplate"))
	switch {
	case strings.HasPrefix(amiType, "AL2_"):
		return refuse("InvalidParameterException", "AMI Type %s is only supported for kubernetes versions 1.32 or earlier", amiType)
	case images[amiType] == (image{}) && amiType != customImage && in.Known("amiType"):
		return rules.Invalid("amiType", "is %q, expected one of %s", amiType, strings.Join(slices.Sorted(maps.Keys(images)), ", "))
	}
	var unknown, unfit []string
	for _, t := range types {
		machine, exists := accelerators.Lookup("aws", t)
		switch {
		case !exists:
			unknown = append(unknown, t)
		case ok && (machine.Arch != want.arch || (machine.GPUs > 0) != want.gpu):
			unfit = append(unfit, t)
		}
	}
	switch {
	case len(unknown) > 0:
		return refuse("InvalidParameterException", "The following supplied instance types do not exist: %v", unknown)
	case len(unfit) > 0:
		return refuse("InvalidParameterException", "%v is not a valid instance type for requested amiType %s", unfit, amiType)
	}
	return nil
}
