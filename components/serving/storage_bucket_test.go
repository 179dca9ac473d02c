package serving

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/modules/spec"
)

const folder = "image-classifier/v1"

func inBucket(m *spec.Model) { m.Storage = spec.ModelStorage{Bucket: folder} }

// buckets are how the clouds that can mount their bucket say so.
func buckets() map[string]*fixture {
	class := func(driver string, options []string, parameters pulumi.StringMap) []cluster.StorageClass {
		return []cluster.StorageClass{{
			Name: cluster.ClassReadOnly, Provisioner: cluster.NoProvisioner, Driver: driver,
			MountOptions: options, Parameters: parameters, Access: cluster.ReadOnlyMany,
		}}
	}
	text := func(s string) pulumi.StringOutput { return pulumi.String(s).ToStringOutput() }
	return map[string]*fixture{
		"in the pod": {
			storage: class("gcsfuse.csi.storage.gke.io", []string{"implicit-dirs"}, nil),
			bucket: &cluster.Bucket{Resource: text("files"), Mount: &cluster.BucketMount{
				Volume: text("files"), FolderOption: "only-dir=",
				PodAnnotations: map[string]string{"gke-gcsfuse/volumes": "true"},
				Egress:         []cluster.Egress{{To: "0.0.0.0/0", Except: []string{"10.0.0.0/8"}, Ports: []int{443}}},
			}},
			account: &cluster.BoundAccount{Annotations: pulumi.StringMap{"iam.gke.io/gcp-service-account": text("classifier@example.com")}},
		},
		"on the node": {
			storage: class("blob.csi.azure.com", nil, pulumi.StringMap{"protocol": pulumi.String("fuse2")}),
			bucket: &cluster.Bucket{Resource: text("/subscriptions/1"), Mount: &cluster.BucketMount{
				Volume: text("group#account#models"), Separator: "#", FolderOption: "--subdirectory=", Options: []string{"-o allow_other"},
				Attributes:        pulumi.StringMap{"storageAccount": text("account")},
				IdentityAttribute: "clientID", IdentityAnnotation: "azure.workload.identity/client-id",
			}},
			account: &cluster.BoundAccount{
				Annotations: pulumi.StringMap{"azure.workload.identity/client-id": text("1234")},
				PodLabels:   map[string]string{"azure.workload.identity/use": "true"},
			},
		},
	}
}

func bucketFixture(t *testing.T, where string, model spec.Model) *fixture {
	t.Helper()
	f, on := newFixture(t, model), buckets()[where]
	f.storage, f.bucket, f.account = on.storage, on.bucket, on.account
	return f
}

func TestBucket_IsMountedReadOnlyThroughADeclaredVolume(t *testing.T) {
	for where, want := range map[string]struct {
		handle     string
		attributes map[string]string
		options    []string
	}{
		"in the pod": {"files", nil, []string{"implicit-dirs", "only-dir=" + folder}},
		"on the node": {
			"group#account#models#image-classifier-files-",
			map[string]string{"protocol": "fuse2", "storageAccount": "account", "clientID": "1234"},
			[]string{"-o allow_other", "--subdirectory=" + folder},
		},
	} {
		t.Run(where, func(t *testing.T) {
			f := bucketFixture(t, where, changed(inBucket))
			got := f.render(t)
			volume := manifest.Decode[corev1.PersistentVolume](t, f.rec.Named(t, "image-classifier-files"))
			csi := volume.Spec.CSI
			require.NotNil(t, csi)
			assert.Equal(t, f.storage[0].Driver, csi.Driver)
			assert.True(t, csi.ReadOnly)
			assert.Contains(t, csi.VolumeHandle, want.handle)
			assert.Equal(t, want.attributes, csi.VolumeAttributes)
			assert.Equal(t, want.options, volume.Spec.MountOptions)
			assert.Equal(t, corev1.PersistentVolumeReclaimRetain, volume.Spec.PersistentVolumeReclaimPolicy)
			assert.Empty(t, volume.Namespace)

			require.NotNil(t, got.claim)
			assert.Equal(t, volume.Name, got.claim.Spec.VolumeName)
			assert.Equal(t, []string{got.claim.Namespace, got.claim.Name}, []string{volume.Spec.ClaimRef.Namespace, volume.Spec.ClaimRef.Name})
			assert.Equal(t, cluster.ClassReadOnly, *got.claim.Spec.StorageClassName)
			assert.Equal(t, volume.Spec.StorageClassName, *got.claim.Spec.StorageClassName)
			assert.Equal(t, []corev1.PersistentVolumeAccessMode{corev1.ReadOnlyMany}, got.claim.Spec.AccessModes)
			assert.Equal(t, volume.Spec.AccessModes, got.claim.Spec.AccessModes)

			files := got.pod().Spec.Volumes[1]
			assert.Equal(t, &corev1.PersistentVolumeClaimVolumeSource{ClaimName: got.claim.Name, ReadOnly: true}, files.PersistentVolumeClaim)
			mount := got.server().VolumeMounts[1]
			assert.Equal(t, []string{files.Name, "/models"}, []string{mount.Name, mount.MountPath})
			assert.True(t, mount.ReadOnly)
			deployment := f.rec.Named(t, "image-classifier-deployment")
			for _, name := range []string{"image-classifier-files", "image-classifier-files-claim"} {
				assert.True(t, f.rec.DependsOn(deployment, f.rec.Named(t, name)), name)
			}
		})
	}
}

func TestBucket_IsReadWithTheModelsIdentity(t *testing.T) {
	inPod := bucketFixture(t, "in the pod", changed(inBucket)).render(t)
	assert.Equal(t, "classifier@example.com", inPod.account.Annotations["iam.gke.io/gcp-service-account"])
	assert.Equal(t, "true", inPod.pod().Annotations["gke-gcsfuse/volumes"])

	onNode := bucketFixture(t, "on the node", changed(inBucket)).render(t)
	assert.Equal(t, "1234", onNode.account.Annotations["azure.workload.identity/client-id"])
	assert.Equal(t, "true", onNode.pod().Labels["azure.workload.identity/use"])
	assert.NotContains(t, onNode.deployment.Spec.Selector.MatchLabels, "azure.workload.identity/use", "selectors cannot change")
	assert.NotContains(t, onNode.pod().Annotations, "gke-gcsfuse/volumes")
}

// A model that reads no bucket shows no identity, even where it has one.
func TestBucket_OthersAreNobodyInTheCloud(t *testing.T) {
	f := newFixture(t, classifier())
	f.account = &cluster.BoundAccount{
		Annotations: pulumi.StringMap{"a": pulumi.String("b")}, PodLabels: map[string]string{"a": "b"},
	}
	got := f.render(t)
	assert.NotContains(t, got.account.Annotations, "a")
	assert.NotContains(t, got.pod().Labels, "a")
	assert.Empty(t, f.rec.OfType("kubernetes:core/v1:PersistentVolume"))
}

func TestBucket_WhatReadsItInThePodGetsOut(t *testing.T) {
	egress := func(f *fixture) []networkingv1.NetworkPolicyEgressRule {
		f.render(t)
		return manifest.Decode[networkingv1.NetworkPolicy](t, f.rec.Named(t, "image-classifier-network")).Spec.Egress
	}
	got := egress(bucketFixture(t, "in the pod", changed(inBucket)))
	require.Len(t, got, 2, "DNS and the API of the bucket")
	assert.Equal(t, &networkingv1.IPBlock{CIDR: "0.0.0.0/0", Except: []string{"10.0.0.0/8"}}, got[1].To[0].IPBlock)
	require.Len(t, got[1].Ports, 1)
	assert.Equal(t, 443, got[1].Ports[0].Port.IntValue())
	assert.Len(t, egress(bucketFixture(t, "on the node", changed(inBucket))), 1, "DNS")
}

// Neither a volume nor a claim can change: replicas move from one to the next.
func TestBucket_AnotherFolderIsAnotherVolume(t *testing.T) {
	claimed := func(folder string) string {
		return bucketFixture(t, "in the pod", changed(func(m *spec.Model) { m.Storage = spec.ModelStorage{Bucket: folder} })).render(t).claim.Name
	}
	assert.Equal(t, claimed("a/v1"), claimed("a/v1"))
	assert.NotEqual(t, claimed("a/v1"), claimed("a/v2"))
}

func TestBucket_SaysWhatIsMissing(t *testing.T) {
	for want, change := range map[string]func(*fixture){
		"the platform has no model bucket":          func(f *fixture) { f.bucket = nil },
		"no driver for its bucket":                  func(f *fixture) { f.bucket = &cluster.Bucket{} },
		"use storage.models":                        func(f *fixture) { f.storage = nil },
		"bring the stack with the layer cluster up": func(f *fixture) { f.account = nil },
	} {
		f := bucketFixture(t, "in the pod", changed(inBucket))
		change(f)
		err := f.run()
		require.ErrorContains(t, err, "models.image-classifier.storage.bucket: "+folder+" cannot be mounted", want)
		require.ErrorContains(t, err, want)
		assert.Empty(t, f.rec.OfType("kubernetes:core/v1:ServiceAccount"), "nothing is registered")
	}
}

func TestBindings_AreOfTheModelsThatReadTheBucket(t *testing.T) {
	files := &cluster.Bucket{Resource: pulumi.String("files").ToStringOutput()}
	p := spec.Platform{Models: map[string]spec.Model{"a": {Storage: spec.ModelStorage{Bucket: folder}}, "b": {Storage: spec.ModelStorage{Models: "1Gi"}}}}
	assert.Equal(t, map[string]cluster.Binding{"model-a": {
		Namespace: "models", ServiceAccount: "a",
		Grants: []cluster.Grant{{Kind: cluster.ReadObjects, Resource: files.Resource}},
	}}, Bindings(p, "models", files))
	assert.Empty(t, Bindings(p, "models", nil))
}

func TestImageVolume_IsMountedReadOnly(t *testing.T) {
	const image = "registry.example.com/files:v1"
	got := render(t, changed(func(m *spec.Model) { m.Storage = spec.ModelStorage{Image: image} }))
	files := got.pod().Spec.Volumes[1]
	assert.Equal(t, &corev1.ImageVolumeSource{Reference: image, PullPolicy: corev1.PullIfNotPresent}, files.Image)
	mount := got.server().VolumeMounts[1]
	assert.Equal(t, []string{files.Name, "/models"}, []string{mount.Name, mount.MountPath})
	assert.True(t, mount.ReadOnly)
	assert.Nil(t, got.claim)
}
