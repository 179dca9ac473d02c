package autoscaler

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// The tags of an Auto Scaling group that Cluster Autoscaler reads.
// https://github.com/kubernetes/autoscaler/tree/master/cluster-autoscaler/cloudprovider/aws
const (
	tagEnabled   = "k8s.io/cluster-autoscaler/enabled"
	tagCluster   = "k8s.io/cluster-autoscaler/"
	tagTemplate  = "k8s.io/cluster-autoscaler/node-template/"
	tagLabel     = tagTemplate + "label/"
	tagTaint     = tagTemplate + "taint/"
	tagResource  = tagTemplate + "resources/"
	tagOption    = tagTemplate + "autoscaling-options/"
	tagEKS       = "eks:"
	templatePods = 110 // whatever the machine
)

// labelEBSZone is where the driver of EBS volumes registers the zone.
const labelEBSZone = "topology.ebs.csi.aws.com/zone"

// acceleratorLabels tell an autoscaler that a node is to have accelerators, also
// while none is allocatable yet.
var acceleratorLabels = map[fleet.Cloud][]string{
	fleet.AWS:   {"k8s.amazonaws.com/accelerator"},
	fleet.GCP:   {"cloud.google.com/gke-accelerator"},
	fleet.Azure: {"accelerator", "kubernetes.azure.com/accelerator"},
}

// discovered tells whether an autoscaler of the cluster finds a group on AWS by
// the two tags that EKS puts on those of managed node groups.
func discovered(g fleet.Group, cluster string) bool {
	_, enabled := g.Tags[tagEnabled]
	_, own := g.Tags[tagCluster+cluster]
	return enabled && own && cluster != ""
}

// fromTags is the node that Cluster Autoscaler expects of an Auto Scaling group
// without nodes: what it knows of the first machine type, the first zone, and
// what the tags tell. Nothing is kept back for the kubelet.
func fromTags(g fleet.Group) *corev1.Node {
	kind, at := g.Kinds[0], firstZone(g)
	node := &corev1.Node{}
	node.Labels = map[string]string{
		corev1.LabelArchStable: kind.Labels[corev1.LabelArchStable], corev1.LabelOSStable: "linux",
		corev1.LabelInstanceTypeStable: kind.Labels[corev1.LabelInstanceTypeStable],
		corev1.LabelTopologyRegion:     kind.Region,
		corev1.LabelTopologyZone:       at.Zone, labelEBSZone: at.Zone,
	}
	whole := func(n int64) resource.Quantity { return *resource.NewQuantity(n, resource.DecimalSI) }
	capacity := corev1.ResourceList{
		corev1.ResourcePods: whole(templatePods), corev1.ResourceCPU: whole(int64(kind.VCPU)),
		corev1.ResourceMemory: whole(int64(kind.MemoryMiB) << 20), naming.ResourceGPU: whole(int64(kind.GPUs)),
	}
	for _, key := range slices.Sorted(maps.Keys(g.Tags)) {
		value := g.Tags[key]
		if name, ok := strings.CutPrefix(key, tagLabel); ok && name != "" {
			node.Labels[name] = value
		} else if name, ok := strings.CutPrefix(key, tagEKS); ok && name != "" {
			node.Labels[name] = value
		} else if name, ok := strings.CutPrefix(key, tagResource); ok && name != "" {
			if quantity, err := resource.ParseQuantity(value); err == nil {
				capacity[corev1.ResourceName(name)] = quantity
			}
		} else if name, ok := strings.CutPrefix(key, tagTaint); ok {
			if taint, ok := taintOf(name, value); ok {
				node.Spec.Taints = append(node.Spec.Taints, taint)
			}
		}
	}
	node.Status.Capacity, node.Status.Allocatable = capacity, capacity
	return node
}

// firstZone is the place of a group whose zone comes first: the autoscaler looks
// at one zone only.
func firstZone(g fleet.Group) fleet.Place {
	return slices.MinFunc(g.Places, func(x, y fleet.Place) int { return strings.Compare(x.Zone, y.Zone) })
}

var effect = regexp.MustCompile(`:(NoSchedule|NoExecute|PreferNoSchedule)`)

// taintOf is the taint in a tag; one without its effect is none.
func taintOf(key, text string) (corev1.Taint, bool) {
	if !effect.MatchString(text) {
		return corev1.Taint{}, false
	}
	value, name, _ := strings.Cut(text, ":")
	return corev1.Taint{Key: key, Value: value, Effect: corev1.TaintEffect(name)}, true
}

// withOptions are the settings for a group that has some of its own in tags.
func (s settings) withOptions(g fleet.Group) settings {
	if d, err := time.ParseDuration(g.Tags[tagOption+"scaledownunneededtime"]); err == nil {
		s.UnneededTime = d
	}
	if d, err := time.ParseDuration(g.Tags[tagOption+"scaledownunreadytime"]); err == nil {
		s.UnreadyTime = d
	}
	if f, err := strconv.ParseFloat(g.Tags[tagOption+"scaledownutilizationthreshold"], 64); err == nil {
		s.UtilizationThreshold = f
	}
	return s
}

// labelSharedClients is how many pods share an accelerator of a node of GKE.
const labelSharedClients = "cloud.google.com/gke-max-shared-clients-per-gpu"

// fromCloud is the node that a cloud with an autoscaler of its own expects of a
// group: the one that would come, with its accelerators in service.
func fromCloud(g fleet.Group, at fleet.Place) *corev1.Node {
	like := g.Like(0, at)
	node := like.Object("")
	if gpus := like.GPUs; gpus > 0 {
		if shared, err := strconv.Atoi(like.Labels[labelSharedClients]); err == nil {
			gpus *= shared
		}
		node.Status.Allocatable[naming.ResourceGPU] = *resource.NewQuantity(int64(gpus), resource.DecimalSI)
	}
	return node
}

// fromLive is the node that an autoscaler expects of a group with nodes: one more
// like them.
func fromLive(live *corev1.Node) *corev1.Node {
	node := live.DeepCopy()
	node.Spec.Unschedulable = false
	node.Spec.Taints = slices.DeleteFunc(node.Spec.Taints, func(t corev1.Taint) bool {
		return strings.HasPrefix(t.Key, "node.kubernetes.io/") || t.Key == fleet.TaintToBeDeleted
	})
	return node
}

// named is a template as a node of its own, at a place when that is known.
func named(template *corev1.Node, name string, at *fleet.Place) *corev1.Node {
	node := template.DeepCopy()
	node.Name, node.UID = name, ""
	node.Labels[corev1.LabelHostname] = name
	if at != nil && at.Zone != "" {
		node.Labels[corev1.LabelTopologyZone] = at.Zone
		if _, has := node.Labels[labelEBSZone]; has {
			node.Labels[labelEBSZone] = at.Zone
		}
		maps.Copy(node.Labels, at.Labels)
	}
	return node
}

// comingUp tells whether a node cannot be reckoned with yet: it is not ready, or
// its label promises accelerators that no device plugin has advertised.
func comingUp(node *corev1.Node, cloud fleet.Cloud) bool {
	if !isReady(node) {
		return true
	}
	promised := slices.ContainsFunc(acceleratorLabels[cloud], func(label string) bool { return node.Labels[label] != "" })
	if !promised {
		return false
	}
	for name, quantity := range node.Status.Allocatable {
		if strings.HasPrefix(string(name), "nvidia.com/") && quantity.Sign() > 0 {
			return false
		}
	}
	return true
}

func isReady(node *corev1.Node) bool {
	for _, taint := range node.Spec.Taints {
		if taint.Key == corev1.TaintNodeNotReady || taint.Key == corev1.TaintNodeUnreachable {
			return false
		}
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
