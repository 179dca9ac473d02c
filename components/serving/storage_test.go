package serving

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

func TestStorage_ReplicasReadOneSharedVolume(t *testing.T) {
	got := render(t, changed(func(m *spec.Model) { m.Storage.MountPath = "/srv/models" }))
	require.NotNil(t, got.claim)
	assert.Equal(t, []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany}, got.claim.Spec.AccessModes)
	assert.Equal(t, cluster.ClassShared, *got.claim.Spec.StorageClassName)
	assert.Equal(t, "10Gi", got.claim.Spec.Resources.Requests.Storage().String())

	mount := got.server().VolumeMounts[1]
	assert.Equal(t, "/srv/models", mount.MountPath)
	assert.True(t, mount.ReadOnly, "a server that writes could break all others")
	volume := got.pod().Spec.Volumes[1]
	assert.Equal(t, mount.Name, volume.Name)
	assert.Equal(t, got.claim.Name, volume.PersistentVolumeClaim.ClaimName)
}

func TestStorage_NoneUnlessAskedFor(t *testing.T) {
	f := newFixture(t, changed(withoutFiles))
	f.storage = nil
	got := f.render(t)
	assert.Nil(t, got.claim)
	assert.Len(t, got.pod().Spec.Volumes, 1)
	assert.Len(t, got.server().VolumeMounts, 1)
}

func TestStorage_IsProtectedWithThePlatform(t *testing.T) {
	for _, protect := range []bool{true, false} {
		f := newFixture(t, classifier())
		f.protect = protect
		f.render(t)
		claim := f.rec.Named(t, "image-classifier-claim")
		assert.Equal(t, protect, claim.Protect)
		assert.Equal(t, protect, claim.RetainOnDelete)
		assert.False(t, f.rec.Named(t, "image-classifier-deployment").Protect)
	}
}

// Pulumi would wait for a volume that is only made when a pod needs it, and the
// pods wait for Pulumi.
func TestStorage_DoesNotWaitForAVolumeThatWaitsForAPod(t *testing.T) {
	for _, waits := range []bool{true, false} {
		f := newFixture(t, classifier())
		f.storage[1].WaitForConsumer = waits
		_, skipped := f.render(t).claim.Annotations["pulumi.com/skipAwait"]
		assert.Equal(t, waits, skipped)
	}
}

func TestStorage_ScratchIsWhereTheServerMayWrite(t *testing.T) {
	got := render(t, changed(func(m *spec.Model) { withoutFiles(m) }))
	mount := got.server().VolumeMounts[0]
	assert.Equal(t, "/tmp", mount.MountPath)
	assert.False(t, mount.ReadOnly)
	assert.NotNil(t, got.pod().Spec.Volumes[0].EmptyDir)
}
