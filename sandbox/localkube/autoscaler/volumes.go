package autoscaler

import (
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

const (
	reasonVolume  = "node(s) had volume node affinity conflict"
	reasonUnbound = "pod has unbound immediate PersistentVolumeClaims"
	reasonNoClaim = "persistentvolumeclaim not found"
)

// volumes are the claims of a cluster, by namespace and name, and what they are
// bound to or will be made by.
type volumes struct {
	claims  map[string]*corev1.PersistentVolumeClaim
	volumes map[string]*corev1.PersistentVolume
	classes map[string]*storagev1.StorageClass
}

// refuse tells why the volumes of a pod keep it off a node.
func (v volumes) refuse(pod *corev1.Pod, node *corev1.Node) string {
	for _, volume := range pod.Spec.Volumes {
		name := ""
		switch {
		case volume.PersistentVolumeClaim != nil:
			name = volume.PersistentVolumeClaim.ClaimName
		case volume.Ephemeral != nil:
			name = pod.Name + "-" + volume.Name
		default:
			continue
		}
		claim := v.claims[pod.Namespace+"/"+name]
		if claim == nil {
			return reasonNoClaim
		}
		if reason := v.claimRefuses(claim, node); reason != "" {
			return reason
		}
	}
	return ""
}

func (v volumes) claimRefuses(claim *corev1.PersistentVolumeClaim, node *corev1.Node) string {
	if claim.Spec.VolumeName != "" {
		volume := v.volumes[claim.Spec.VolumeName]
		if volume == nil || volume.Spec.NodeAffinity == nil || volume.Spec.NodeAffinity.Required == nil {
			return ""
		}
		selector, err := nodeaffinity.NewNodeSelector(volume.Spec.NodeAffinity.Required)
		if err != nil || !selector.Match(node) {
			return reasonVolume
		}
		return ""
	}
	var class *storagev1.StorageClass
	if claim.Spec.StorageClassName != nil {
		class = v.classes[*claim.Spec.StorageClassName]
	}
	if class == nil || class.VolumeBindingMode == nil || *class.VolumeBindingMode != storagev1.VolumeBindingWaitForFirstConsumer {
		return reasonUnbound
	}
	if len(class.AllowedTopologies) == 0 {
		return ""
	}
	for _, term := range class.AllowedTopologies {
		if allows(term, node) {
			return ""
		}
	}
	return reasonVolume
}

func allows(term corev1.TopologySelectorTerm, node *corev1.Node) bool {
	for _, match := range term.MatchLabelExpressions {
		found := false
		for _, value := range match.Values {
			found = found || node.Labels[match.Key] == value
		}
		if !found {
			return false
		}
	}
	return true
}
