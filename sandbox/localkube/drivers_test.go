package localkube_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/localkube"
	"gantry.dev/gantry/sandbox/localkube/agent"
)

// driverTest is a claim for a volume of one driver, and a pod that uses it.
type driverTest struct {
	name  string
	addon string
	class storagev1.StorageClass
	mode  corev1.PersistentVolumeAccessMode
	// node that the pod is to run on.
	node string
	// handle, size and nodes of the volume; or what the driver refuses with.
	handle  string
	size    string
	nodes   map[string]string
	refusal string
}

// classOf is a class of a driver; one for disks waits for the first pod.
func classOf(driver string, binding storagev1.VolumeBindingMode, parameters map[string]string) storagev1.StorageClass {
	return storagev1.StorageClass{Provisioner: driver, VolumeBindingMode: &binding, Parameters: parameters}
}

func driverTests() []driverTest {
	const (
		pd    = "pd.csi.storage.gke.io"
		disk  = "disk.csi.azure.com"
		wait  = storagev1.VolumeBindingWaitForFirstConsumer
		now   = storagev1.VolumeBindingImmediate
		once  = corev1.ReadWriteOnce
		many  = corev1.ReadWriteMany
		gzone = "topology.gke.io/zone"
		azone = "topology.disk.csi.azure.com/zone"
	)
	type params = map[string]string
	return []driverTest{
		{
			name: "pd", addon: agent.AddonPD, class: classOf(pd, wait, params{"type": "pd-balanced"}), mode: once, node: "gke",
			handle: `^projects/example-project/zones/us-central1-b/disks/pvc-`, size: "10Gi", nodes: params{gzone: "us-central1-b"},
		},
		{
			name: "pd-many", addon: agent.AddonPD, class: classOf(pd, wait, nil), mode: many, node: "gke",
			refusal: "specified multi writer with mount access type",
		},
		{
			name: "filestore", addon: agent.AddonFilestore, mode: many, node: "gke",
			class:  classOf("filestore.csi.storage.gke.io", now, params{"tier": "standard", "network": "dev"}),
			handle: `^modeInstance/.+/pvc-.+/vol1$`, size: "1Ti",
		},
		{
			name: "filestore-tier", addon: agent.AddonFilestore, mode: many,
			class:   classOf("filestore.csi.storage.gke.io", now, params{"tier": "gold"}),
			refusal: "Invalid value at 'instance.tier'",
		},
		{
			name: "azure-disk", addon: agent.AddonAzureDisk, class: classOf(disk, wait, params{"skuname": "Premium_LRS"}), mode: once, node: "aks",
			handle: `^/subscriptions/s/resourceGroups/mc_dev/providers/Microsoft.Compute/disks/pvc-`, size: "10Gi",
			nodes: params{azone: "eastus-1", corev1.LabelTopologyZone: "eastus-1"},
		},
		{
			name: "azure-disk-regional", addon: agent.AddonAzureDisk, class: classOf(disk, wait, nil), mode: once, node: "aks-nowhere",
			handle: `/disks/pvc-`, size: "10Gi", nodes: params{azone: ""},
		},
		{
			name: "azure-disk-sku", addon: agent.AddonAzureDisk, class: classOf(disk, wait, params{"skuName": "gp3"}), mode: once, node: "aks",
			refusal: "azureDisk - gp3 is not supported sku/storageaccounttype",
		},
		{
			name: "azure-file", addon: agent.AddonAzureFile, mode: many, node: "aks",
			class:  classOf("file.csi.azure.com", now, params{"protocol": "nfs", "skuName": "Premium_LRS"}),
			handle: `#f[0-9a-f]{16}#pvcn-`, size: "100Gi",
		},
		{
			name: "azure-file-standard", addon: agent.AddonAzureFile, mode: many,
			class:   classOf("file.csi.azure.com", now, params{"protocol": "nfs", "skuName": "Standard_LRS"}),
			refusal: "nfs protocol only supports premium storage, current account type: Standard_LRS",
		},
		{
			name: "azure-blob", addon: agent.AddonAzureBlob, mode: corev1.ReadOnlyMany, node: "aks",
			class:  classOf("blob.csi.azure.com", now, params{"protocol": "fuse2"}),
			handle: `#fuse2[0-9a-f]{16}#pvc-`, size: "10Gi",
		},
		{
			name: "azure-blob-protocol", addon: agent.AddonAzureBlob, mode: many,
			class:   classOf("blob.csi.azure.com", now, params{"protocol": "smb"}),
			refusal: "protocol(smb) is not supported",
		},
	}
}

func TestDriversOfGKEAndAKS(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	for _, node := range []localkube.Node{
		{Name: "gke", ProviderID: "gce://example-project/us-central1-b/gke", Region: "us-central1", Zone: "us-central1-b"},
		{Name: "aks", ProviderID: "azure:///subscriptions/s/resourceGroups/mc_dev/providers/Microsoft.Compute/virtualMachineScaleSets/aks/virtualMachines/0", Region: "eastus", Zone: "eastus-1"},
		{Name: "aks-nowhere", ProviderID: "azure:///subscriptions/s/resourceGroups/mc_dev/providers/Microsoft.Compute/virtualMachineScaleSets/aks/virtualMachines/1", Region: "eastus"},
	} {
		node.Labels = map[string]string{naming.LabelRole: "system", "test": node.Name}
		node.VCPU, node.MemoryMiB, node.DiskGiB, node.MaxPods = 4, 16384, 100, 58
		putNode(t, clusters, node)
	}
	installed := map[string]bool{}
	for _, test := range driverTests() {
		if !installed[test.addon] {
			installed[test.addon] = true
			setAddon(t, clusters, test.addon)
		}
		test.class.Name = test.name
		createClaim(t, client, namespace, test.name, createClass(t, client, test.class), "10Gi", test.mode)
		if test.node != "" {
			createPod(t, client, namespace, test.name, podOptions{claim: test.name, selector: map[string]string{"test": test.node}})
		}
	}
	for _, test := range driverTests() {
		t.Run(test.name, func(t *testing.T) {
			if test.refusal != "" {
				message := eventuallyEvent(t, client, namespace, test.name, "ProvisioningFailed")
				assert.Contains(t, message, "rpc error: code = InvalidArgument desc = ")
				assert.Contains(t, message, test.refusal)
				return
			}
			pv := volumeOf(t, client, namespace, test.name)
			assert.Equal(t, test.class.Provisioner, pv.Spec.CSI.Driver)
			assert.Regexp(t, test.handle, pv.Spec.CSI.VolumeHandle)
			assert.Equal(t, test.size, pv.Spec.Capacity.Storage().String())
			assert.Equal(t, test.size, claimOf(t, client, namespace, test.name).Status.Capacity.Storage().String())
			assert.Equal(t, test.nodes, nodesOf(pv))
			assert.Equal(t, test.node, eventuallyPlaced(t, client, namespace, test.name))
		})
	}
}

// nodesOf are the labels of the nodes that a volume is bound to.
func nodesOf(pv *corev1.PersistentVolume) map[string]string {
	if pv.Spec.NodeAffinity == nil {
		return nil
	}
	found := map[string]string{}
	for _, match := range pv.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions {
		found[match.Key] = match.Values[0]
	}
	return found
}

// eventuallyPlaced waits for a pod to run and returns its node.
func eventuallyPlaced(t *testing.T, client kubernetes.Interface, namespace, name string) string {
	t.Helper()
	var pod *corev1.Pod
	require.Eventually(t, func() bool {
		var err error
		pod, err = client.CoreV1().Pods(namespace).Get(t.Context(), name, metav1.GetOptions{})
		return err == nil && pod.Status.Phase == corev1.PodRunning
	}, soon, 50*time.Millisecond, "pod %s runs", name)
	return pod.Spec.NodeName
}

// A bucket is mounted by volumes that users declare; nothing is made for claims.
func TestGCSFuseOnlyMountsDeclaredVolumes(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	const driver = "gcsfuse.csi.storage.gke.io"
	setAddon(t, clusters, agent.AddonGCSFuse)
	require.Eventually(t, func() bool {
		_, err := client.StorageV1().CSIDrivers().Get(t.Context(), driver, metav1.GetOptions{})
		return err == nil
	}, soon, 50*time.Millisecond)
	class := classOf(driver, storagev1.VolumeBindingImmediate, nil)
	class.Name = "buckets"
	createClaim(t, client, namespace, "made", createClass(t, client, class), "1Gi", corev1.ReadOnlyMany)
	declared := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: "bucket-" + namespace},
		Spec: corev1.PersistentVolumeSpec{
			StorageClassName: "declared-" + namespace,
			AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadOnlyMany},
			Capacity:         corev1.ResourceList{corev1.ResourceStorage: *claimSize("1Gi")},
			PersistentVolumeSource: corev1.PersistentVolumeSource{
				CSI: &corev1.CSIPersistentVolumeSource{Driver: driver, VolumeHandle: "example-models"},
			},
		},
	}
	_, err := client.CoreV1().PersistentVolumes().Create(t.Context(), declared, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, client.CoreV1().PersistentVolumes().Delete(context.Background(), declared.Name, metav1.DeleteOptions{}))
	})
	createClaim(t, client, namespace, "declared", declared.Spec.StorageClassName, "1Gi", corev1.ReadOnlyMany)

	assert.Equal(t, "example-models", volumeOf(t, client, namespace, "declared").Spec.CSI.VolumeHandle)
	eventuallyEvent(t, client, namespace, "made", "ExternalProvisioning")
	assert.Equal(t, corev1.ClaimPending, claimOf(t, client, namespace, "made").Status.Phase)
}
