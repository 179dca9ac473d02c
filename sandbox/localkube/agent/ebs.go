package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// ebs makes disks: each is in one zone and on one node at a time.
// https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md
type ebs struct {
	nodes listersv1.NodeLister
}

func (ebs) name() string { return "ebs.csi.aws.com" }

const gibibyte = 1 << 30

// size rounds up: disks come in whole GiB.
func (ebs) size(n int64) int64 {
	return max(1, (n+gibibyte-1)/gibibyte) * gibibyte
}

func (e ebs) create(o controller.ProvisionOptions) (volume, controller.ProvisioningState, error) {
	for _, mode := range o.PVC.Spec.AccessModes {
		if mode != corev1.ReadWriteOnce && mode != corev1.ReadWriteOncePod {
			return invalidArgument("access mode %s is not supported: an EBS volume is on one node at a time, "+
				"ask for %s, or for a class of a shared file system", mode, corev1.ReadWriteOnce)
		}
	}
	zone, state, err := e.zone(o)
	if err != nil {
		return volume{}, state, err
	}
	fsType := o.StorageClass.Parameters["csi.storage.k8s.io/fstype"]
	if fsType == "" {
		fsType = "ext4"
	}
	return volume{handle: "vol-0" + id(o.PVName), fsType: fsType, zone: zone}, controller.ProvisioningFinished, nil
}

// zone is that of the node which the scheduler has chosen for the first pod.
// For a class that does not wait for one, it is any zone the class allows.
func (e ebs) zone(o controller.ProvisionOptions) (string, controller.ProvisioningState, error) {
	if o.SelectedNodeName != "" {
		node, err := e.nodes.Get(o.SelectedNodeName)
		if err != nil {
			// The node has gone: the scheduler has to choose another one.
			return "", controller.ProvisioningReschedule, fmt.Errorf("node chosen for the volume: %w", err)
		}
		zone := node.Labels[corev1.LabelTopologyZone]
		if zone == "" {
			return "", controller.ProvisioningReschedule, fmt.Errorf("node %s has no label %s", node.Name, corev1.LabelTopologyZone)
		}
		return zone, controller.ProvisioningFinished, nil
	}
	zones := allowedZones(o.StorageClass)
	if len(zones) == 0 {
		nodes, err := e.nodes.List(labels.Everything())
		if err != nil {
			return "", controller.ProvisioningFinished, err
		}
		zones = zonesOf(nodes)
	}
	if len(zones) == 0 {
		return "", controller.ProvisioningFinished, fmt.Errorf("no node has a label %s to tell a zone for the volume", corev1.LabelTopologyZone)
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(o.PVName))
	return zones[hash.Sum32()%uint32(len(zones))], controller.ProvisioningFinished, nil
}

func allowedZones(class *storagev1.StorageClass) []string {
	var zones []string
	for _, term := range class.AllowedTopologies {
		for _, match := range term.MatchLabelExpressions {
			if match.Key == corev1.LabelTopologyZone {
				zones = append(zones, match.Values...)
			}
		}
	}
	return zones
}

func zonesOf(nodes []*corev1.Node) []string {
	zones := map[string]bool{}
	for _, node := range nodes {
		if zone := node.Labels[corev1.LabelTopologyZone]; zone != "" {
			zones[zone] = true
		}
	}
	return slices.Sorted(maps.Keys(zones))
}

// id is 16 hexadecimal digits that belong to a name, so that an attempt that
// is repeated finds the same volume.
func id(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:8])
}
