package localkube_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/sandbox/localkube"
	"gantry.dev/gantry/sandbox/localkube/agent"
)

func TestDisksFollowTheirPods(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	class := createClass(t, client, storagev1.StorageClass{
		ObjectMeta:           metav1.ObjectMeta{Name: "disks"},
		Provisioner:          "ebs.csi.aws.com",
		Parameters:           map[string]string{"type": "gp3"},
		VolumeBindingMode:    new(storagev1.VolumeBindingWaitForFirstConsumer),
		AllowVolumeExpansion: new(true),
	})
	node := cpuNode("with-disk", "us-east-1c")
	node.Labels["test"] = "disk"
	putNode(t, clusters, node)
	createClaim(t, client, namespace, "model", class, "10Gi", corev1.ReadWriteOnce)
	pod := createPod(t, client, namespace, "server", podOptions{claim: "model", selector: map[string]string{"test": "disk"}})

	t.Run("without the driver's add-on the claim waits", func(t *testing.T) {
		eventuallyEvent(t, client, namespace, "model", "ExternalProvisioning")
		never(t, func() bool { return claimOf(t, client, namespace, "model").Spec.VolumeName != "" })
	})
	setAddon(t, clusters, agent.AddonEBS)
	t.Run("with it the pod runs and its disk is in its zone", func(t *testing.T) {
		eventuallyRunning(t, client, namespace, 1)
		pv := volumeOf(t, client, namespace, "model")
		assert.Equal(t, "10Gi", pv.Spec.Capacity.Storage().String())
		assert.Regexp(t, `^vol-0[0-9a-f]{16}$`, pv.Spec.CSI.VolumeHandle)
		match := pv.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0]
		assert.Equal(t, corev1.LabelTopologyZone, match.Key)
		assert.Equal(t, []string{"us-east-1c"}, match.Values)
	})
	t.Run("a claim may grow", func(t *testing.T) {
		patch := []byte(`{"spec":{"resources":{"requests":{"storage":"20Gi"}}}}`)
		_, err := client.CoreV1().PersistentVolumeClaims(namespace).Patch(t.Context(), "model", types.MergePatchType, patch, metav1.PatchOptions{})
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			return claimOf(t, client, namespace, "model").Status.Capacity.Storage().String() == "20Gi"
		}, soon, 50*time.Millisecond)
		assert.Equal(t, "20Gi", volumeOf(t, client, namespace, "model").Spec.Capacity.Storage().String())
	})
	t.Run("a disk is not for many nodes", func(t *testing.T) {
		createClaim(t, client, namespace, "many", class, "1Gi", corev1.ReadWriteMany)
		createPod(t, client, namespace, "many", podOptions{claim: "many", selector: map[string]string{"test": "disk"}})
		message := eventuallyEvent(t, client, namespace, "many", "ProvisioningFailed")
		assert.Contains(t, message, "ReadWriteMany is not supported")
	})
	t.Run("the volume goes with its claim", func(t *testing.T) {
		pv := volumeOf(t, client, namespace, "model")
		deletePod(t, client, pod)
		require.NoError(t, client.CoreV1().PersistentVolumeClaims(namespace).Delete(t.Context(), "model", metav1.DeleteOptions{}))
		require.Eventually(t, func() bool {
			_, err := client.CoreV1().PersistentVolumes().Get(t.Context(), pv.Name, metav1.GetOptions{})
			return apierrors.IsNotFound(err)
		}, soon, 50*time.Millisecond)
	})
}

func TestSharedFileSystemsBindAtOnce(t *testing.T) {
	clusters, client := sharedClient(t)
	namespace := newNamespace(t, client)
	setAddon(t, clusters, agent.AddonEFS)
	good := createClass(t, client, storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: "shared"}, Provisioner: "efs.csi.aws.com",
		Parameters: map[string]string{"provisioningMode": "efs-ap", "fileSystemId": "fs-0123456789abcdef0"},
	})
	bad := createClass(t, client, storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: "shared-nowhere"}, Provisioner: "efs.csi.aws.com",
		Parameters: map[string]string{"provisioningMode": "efs-ap"},
	})

	createClaim(t, client, namespace, "models", good, "5Gi", corev1.ReadWriteMany)
	pv := volumeOf(t, client, namespace, "models")
	assert.Regexp(t, `^fs-0123456789abcdef0::fsap-0[0-9a-f]{16}$`, pv.Spec.CSI.VolumeHandle)
	assert.Nil(t, pv.Spec.NodeAffinity)

	createClaim(t, client, namespace, "lost", bad, "5Gi", corev1.ReadWriteMany)
	assert.Contains(t, eventuallyEvent(t, client, namespace, "lost", "ProvisioningFailed"), "fileSystemId")
}

func setAddon(t *testing.T, clusters *localkube.Clusters, addon string) {
	t.Helper()
	require.NoError(t, clusters.SetAddon(t.Context(), sharedName, addon, true))
	t.Cleanup(func() { assert.NoError(t, clusters.SetAddon(context.Background(), sharedName, addon, false)) })
}

func createClass(t *testing.T, client kubernetes.Interface, class storagev1.StorageClass) string {
	t.Helper()
	_, err := client.StorageV1().StorageClasses().Create(t.Context(), &class, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, client.StorageV1().StorageClasses().Delete(context.Background(), class.Name, metav1.DeleteOptions{}))
	})
	return class.Name
}

func createClaim(t *testing.T, client kubernetes.Interface, namespace, name, class, size string, mode corev1.PersistentVolumeAccessMode) {
	t.Helper()
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PersistentVolumeClaimSpec{
			StorageClassName: &class,
			AccessModes:      []corev1.PersistentVolumeAccessMode{mode},
			Resources: corev1.VolumeResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceStorage: *claimSize(size)},
			},
		},
	}
	_, err := client.CoreV1().PersistentVolumeClaims(namespace).Create(t.Context(), claim, metav1.CreateOptions{})
	require.NoError(t, err)
}

func claimSize(size string) *resource.Quantity { return new(resource.MustParse(size)) }

func claimOf(t *testing.T, client kubernetes.Interface, namespace, name string) *corev1.PersistentVolumeClaim {
	t.Helper()
	claim, err := client.CoreV1().PersistentVolumeClaims(namespace).Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	return claim
}

// volumeOf waits for a claim to be bound and returns its volume.
func volumeOf(t *testing.T, client kubernetes.Interface, namespace, name string) *corev1.PersistentVolume {
	t.Helper()
	require.Eventually(t, func() bool {
		return claimOf(t, client, namespace, name).Status.Phase == corev1.ClaimBound
	}, soon, 50*time.Millisecond, "claim %s bound", name)
	pv, err := client.CoreV1().PersistentVolumes().Get(t.Context(), claimOf(t, client, namespace, name).Spec.VolumeName, metav1.GetOptions{})
	require.NoError(t, err)
	return pv
}
