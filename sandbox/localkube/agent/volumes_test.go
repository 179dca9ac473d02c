package agent

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

func nodeIn(name, providerID, zone string) *corev1.Node {
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.NodeSpec{ProviderID: providerID}}
	if zone != "" {
		node.Labels = map[string]string{corev1.LabelTopologyZone: zone, corev1.LabelTopologyRegion: zone[:len(zone)-2]}
	}
	return node
}

// driversWith are all drivers in a cluster of these nodes, by add-on.
func driversWith(t *testing.T, nodes ...*corev1.Node) map[string]volumeDriver {
	t.Helper()
	factory := factoryWith(t)
	for _, node := range nodes {
		require.NoError(t, factory.Core().V1().Nodes().Informer().GetIndexer().Add(node))
	}
	drivers := map[string]volumeDriver{}
	for addon, role := range newDriverRoles(nil, factory) {
		if driver, ok := role.(*csiDriver); ok {
			drivers[addon] = driver.volumes
		}
	}
	return drivers
}

// claimOf is the request of a claim for a volume of a class.
func claimOf(size string, mode corev1.PersistentVolumeAccessMode, parameters map[string]string) controller.ProvisionOptions {
	return controller.ProvisionOptions{
		PVName: "pvc-1",
		PVC: &corev1.PersistentVolumeClaim{
			ObjectMeta: metav1.ObjectMeta{Name: "claim", Namespace: "ml"},
			Spec: corev1.PersistentVolumeClaimSpec{
				AccessModes: []corev1.PersistentVolumeAccessMode{mode},
				Resources: corev1.VolumeResourceRequirements{
					Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)},
				},
			},
		},
		StorageClass: &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "class"}, Parameters: parameters},
	}
}

func TestDiskZones(t *testing.T) {
	limited := func(label string) *storagev1.StorageClass {
		return &storagev1.StorageClass{AllowedTopologies: []corev1.TopologySelectorTerm{{
			MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: label, Values: []string{"zone-c"}}},
		}}}
	}
	for addon, label := range map[string]string{
		AddonEBS: corev1.LabelTopologyZone, AddonPD: "topology.gke.io/zone", AddonAzureDisk: "topology.disk.csi.azure.com/zone",
	} {
		driver := driversWith(t, nodeIn("a", "", "zone-a"), nodeIn("b", "", "zone-b"), nodeIn("nowhere", "", ""))[addon]
		for _, test := range []struct {
			name  string
			node  string
			class *storagev1.StorageClass
			zones []string
			state controller.ProvisioningState
		}{
			{"of the chosen node", "b", nil, []string{"zone-b"}, controller.ProvisioningFinished},
			{"any of the nodes'", "", nil, []string{"zone-a", "zone-b"}, controller.ProvisioningFinished},
			{"allowed by the class", "", limited(corev1.LabelTopologyZone), []string{"zone-c"}, controller.ProvisioningFinished},
			{"allowed by the class, in the driver's words", "", limited(label), []string{"zone-c"}, controller.ProvisioningFinished},
			{"another node when the chosen one is gone", "gone", nil, nil, controller.ProvisioningReschedule},
		} {
			t.Run(addon+": "+test.name, func(t *testing.T) {
				o := claimOf("1Gi", corev1.ReadWriteOnce, nil)
				o.SelectedNodeName = test.node
				if test.class != nil {
					o.StorageClass = test.class
				}
				made, state, err := driver.create(o)
				assert.Equal(t, test.state, state)
				if test.zones == nil {
					require.Error(t, err)
					return
				}
				require.NoError(t, err)
				assert.Contains(t, test.zones, made.nodes[label])
				again, _, err := driver.create(o)
				require.NoError(t, err)
				assert.Equal(t, made, again, "a second attempt finds the same disk")
			})
		}
	}
}

func TestDisksOutsideOfZones(t *testing.T) {
	faultDomain := nodeIn("in-domain", "", "")
	faultDomain.Labels = map[string]string{corev1.LabelTopologyZone: "0"}
	drivers := driversWith(t, nodeIn("nowhere", "", ""), faultDomain)
	for _, node := range []string{"nowhere", "in-domain", ""} {
		o := claimOf("1Gi", corev1.ReadWriteOnce, nil)
		o.SelectedNodeName = node
		made, _, err := drivers[AddonAzureDisk].create(o)
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"topology.disk.csi.azure.com/zone": ""}, made.nodes, "Azure has them")
		for _, addon := range []string{AddonEBS, AddonPD} {
			_, state, err := drivers[addon].create(o)
			require.ErrorContains(t, err, corev1.LabelTopologyZone)
			assert.Equal(t, node != "", state == controller.ProvisioningReschedule, "another node may do")
		}
	}
}

func TestVolumesAreWhatTheRealDriversMake(t *testing.T) {
	aws := nodeIn("a", "aws:///us-east-1a/i-0123", "us-east-1a")
	gke := nodeIn("g", "gce://example-project/us-central1-a/gke-dev-serve-0", "us-central1-a")
	aks := nodeIn("k", "azure:///subscriptions/s/resourceGroups/mc_dev/providers/Microsoft.Compute/virtualMachineScaleSets/aks-serve/virtualMachines/0", "eastus-1")
	for name, test := range map[string]struct {
		addon  string
		node   *corev1.Node
		mode   corev1.PersistentVolumeAccessMode
		size   string
		params map[string]string
		handle string
		bytes  string
		nodes  map[string]string
	}{
		"EBS in whole GiB": {
			AddonEBS, aws, corev1.ReadWriteOnce, "1025Mi", map[string]string{"type": "gp3", "encrypted": "true", "csi.storage.k8s.io/fstype": "xfs"},
			`^vol-0[0-9a-f]{16}$`, "2Gi", map[string]string{corev1.LabelTopologyZone: "us-east-1a"},
		},
		"EFS of any size": {
			AddonEFS, aws, corev1.ReadWriteMany, "1000", map[string]string{"provisioningMode": "efs-ap", "fileSystemId": "fs-1"},
			`^fs-1::fsap-0[0-9a-f]{16}$`, "1000", nil,
		},
		"PD": {
			AddonPD, gke, corev1.ReadWriteOncePod, "1", map[string]string{"type": "pd-balanced", pdKey: "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k"},
			`^projects/example-project/zones/us-central1-a/disks/pvc-1$`, "1Gi", map[string]string{"topology.gke.io/zone": "us-central1-a"},
		},
		"hyperdisk for many readers": {
			AddonPD, gke, corev1.ReadOnlyMany, "10Gi", map[string]string{"type": "hyperdisk-ml"},
			`/disks/pvc-1$`, "10Gi", map[string]string{"topology.gke.io/zone": "us-central1-a"},
		},
		"Filestore, rounded up": {
			AddonFilestore, gke, corev1.ReadWriteMany, "10Gi", map[string]string{"tier": "standard", "network": "dev"},
			`^modeInstance/us-central1-a/pvc-1/vol1$`, "1Ti", nil,
		},
		"Filestore without a tier": {AddonFilestore, gke, corev1.ReadOnlyMany, "1100Gi", nil, `/us-central1-a/`, "1100Gi", nil},
		"Filestore on SSDs":        {AddonFilestore, gke, corev1.ReadWriteMany, "1Ti", map[string]string{"tier": "BASIC_SSD"}, `/us-central1-a/`, "2560Gi", nil},
		"Filestore in a region": {
			AddonFilestore, gke, corev1.ReadWriteMany, "1Gi", map[string]string{"tier": "enterprise", filestoreKey: "k"},
			`^modeInstance/us-central1/pvc-1/vol1$`, "1Ti", nil,
		},
		"Azure disk": {
			AddonAzureDisk, aks, corev1.ReadWriteOnce, "10Gi", map[string]string{"skuName": "Premium_LRS", "cachingMode": "ReadOnly"},
			`^/subscriptions/s/resourceGroups/mc_dev/providers/Microsoft.Compute/disks/pvc-1$`, "10Gi",
			map[string]string{"topology.disk.csi.azure.com/zone": "eastus-1", corev1.LabelTopologyZone: "eastus-1"},
		},
		"Azure disk in all zones": {
			AddonAzureDisk, aks, corev1.ReadWriteOnce, "10Gi", map[string]string{"skuname": "StandardSSD_ZRS"}, `/disks/pvc-1$`, "10Gi", nil,
		},
		"Azure files over NFS are premium, rounded up": {
			AddonAzureFile, aks, corev1.ReadWriteMany, "5Gi", map[string]string{"protocol": "nfs"},
			`^mc_dev#f[0-9a-f]{16}#pvcn-1###ml$`, "100Gi", nil,
		},
		"Azure files of the second generation": {
			AddonAzureFile, aks, corev1.ReadWriteMany, "5Gi", map[string]string{"protocol": "nfs", "skuName": "PremiumV2_LRS", "encryptInTransit": "true"},
			`#pvcn-1###ml$`, "32Gi", nil,
		},
		"Azure files over SMB": {
			AddonAzureFile, aks, corev1.ReadWriteMany, "5Gi", map[string]string{"skuName": "Standard_LRS", "resourceGroup": "own", "storageAccount": "mine"},
			`^own#mine#pvc-1###ml$`, "5Gi", nil,
		},
		"Azure blobs": {
			AddonAzureBlob, aks, corev1.ReadOnlyMany, "5Gi", map[string]string{"protocol": "fuse2"},
			`^mc_dev#fuse2[0-9a-f]{16}#pvc-1##ml#$`, "5Gi", nil,
		},
		"Azure blobs in a container": {
			AddonAzureBlob, aks, corev1.ReadWriteMany, "5Gi", map[string]string{"containerName": "models", "storageAccount": "mine"},
			`^mc_dev#mine#models#pvc-1#ml#$`, "5Gi", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := claimOf(test.size, test.mode, test.params)
			o.SelectedNodeName = test.node.Name
			made, _, err := driversWith(t, test.node)[test.addon].create(o)
			require.NoError(t, err)
			assert.Regexp(t, test.handle, made.handle)
			want := resource.MustParse(test.bytes)
			assert.Equal(t, want.Value(), made.bytes)
			assert.Equal(t, test.nodes, made.nodes)
		})
	}
}

func TestVolumesThatTheRealDriversRefuse(t *testing.T) {
	drivers := driversWith(t, nodeIn("n", "gce://p/us-central1-a/n", "us-central1-a"))
	for name, test := range map[string]struct {
		addon  string
		mode   corev1.PersistentVolumeAccessMode
		size   string
		params map[string]string
		want   string
	}{
		"EBS, a parameter": {AddonEBS, corev1.ReadWriteOnce, "1Gi", map[string]string{"kind": "gp3"}, "InvalidArgument desc = Invalid parameter key kind for CreateVolume"},
		"EBS, many writers": {AddonEBS, corev1.ReadWriteMany, "1Gi", nil,
			"InvalidArgument desc = Volume capabilities MULTI_NODE_MULTI_WRITER not supported. Only AccessModes[ReadWriteOnce] supported. (ReadWriteMany is not supported"},
		"EBS, many readers": {AddonEBS, corev1.ReadOnlyMany, "1Gi", nil, "Volume capabilities MULTI_NODE_READER_ONLY not supported"},
		"EFS, no mode":      {AddonEFS, corev1.ReadWriteMany, "1Gi", nil, "Missing provisioningMode parameter"},
		"EFS, another mode": {AddonEFS, corev1.ReadWriteMany, "1Gi", map[string]string{"provisioningMode": "efs-dir", "fileSystemId": "fs-1"}, "Provisioning mode efs-dir is not supported"},
		"EFS, names are exact": {
			AddonEFS, corev1.ReadWriteMany, "1Gi", map[string]string{"provisioningMode": "efs-ap", "filesystemid": "fs-1"}, "Missing fileSystemId parameter",
		},
		"EFS, no file system": {AddonEFS, corev1.ReadWriteMany, "1Gi", map[string]string{"provisioningMode": "efs-ap", "fileSystemId": " "}, "Parameter fileSystemId cannot be empty"},
		"EFS, another thing":  {AddonEFS, corev1.ReadWriteMany, "1Gi", map[string]string{"provisioningMode": "efs-ap", "fileSystemId": "vol-1"}, `fileSystemId is "vol-1"`},

		"PD, a parameter":   {AddonPD, corev1.ReadWriteOnce, "1Gi", map[string]string{"skuName": "x"}, `failed to extract parameters: parameters contains invalid option "skuname"`},
		"PD, many writers":  {AddonPD, corev1.ReadWriteMany, "1Gi", nil, "VolumeCapabilities is invalid: specified multi writer with mount access type"},
		"PD, many readers":  {AddonPD, corev1.ReadOnlyMany, "1Gi", map[string]string{"type": "pd-ssd"}, "VolumeContentSource must be provided when AccessMode is set to read only"},
		"PD, a type":        {AddonPD, corev1.ReadWriteOnce, "1Gi", map[string]string{"type": "gp3"}, "'projects/p/zones/us-central1-a/diskTypes/gp3'. The referenced diskType resource cannot be found., invalid"},
		"PD, a key":         {AddonPD, corev1.ReadWriteOnce, "1Gi", map[string]string{pdKey: "my-key"}, "Invalid value for field 'resource.diskEncryptionKey.kmsKeyName': 'my-key'"},
		"PD, in two zones":  {AddonPD, corev1.ReadWriteOnce, "1Gi", map[string]string{pdReplication: "regional-pd"}, "not available in the sandbox"},
		"PD, a replication": {AddonPD, corev1.ReadWriteOnce, "1Gi", map[string]string{pdReplication: "x"}, "CreateVolume replication type 'x' is not supported"},

		"Filestore, a parameter": {AddonFilestore, corev1.ReadWriteMany, "1Ti", map[string]string{"zone": "x"}, `invalid parameter "zone"`},
		"Filestore, a tier":      {AddonFilestore, corev1.ReadWriteMany, "1Ti", map[string]string{"tier": "gold"}, "Invalid value at 'instance.tier'"},
		"Filestore, too large":   {AddonFilestore, corev1.ReadWriteMany, "11Ti", map[string]string{"tier": "enterprise"}, "request bytes 11TiB is more than maximum instance size bytes 10TiB for tier enterprise"},
		"Filestore, a key on HDDs": {AddonFilestore, corev1.ReadWriteMany, "1Ti", map[string]string{filestoreKey: "k"},
			"tier BASIC_HDD does not support KMS encryption., badRequest"},
		"Filestore, a connection": {AddonFilestore, corev1.ReadWriteMany, "1Ti", map[string]string{filestoreConnect: "VPN"}, "connect mode can only be one of"},

		"Azure disk, a parameter":   {AddonAzureDisk, corev1.ReadWriteOnce, "1Gi", map[string]string{"type": "x"}, "Failed parsing disk parameters: invalid parameter type in storage class"},
		"Azure disk, many writers":  {AddonAzureDisk, corev1.ReadWriteMany, "1Gi", nil, "Volume capability not supported"},
		"Azure disk, a SKU":         {AddonAzureDisk, corev1.ReadWriteOnce, "1Gi", map[string]string{"storageAccountType": "gp3"}, "azureDisk - gp3 is not supported sku/storageaccounttype. Supported values are [Premium_LRS"},
		"Azure disk, a cache":       {AddonAzureDisk, corev1.ReadWriteOnce, "1Gi", map[string]string{"cachingMode": "All"}, "azureDisk - All is not supported cachingmode. Supported values are [None ReadOnly ReadWrite]"},
		"Azure files, a parameter":  {AddonAzureFile, corev1.ReadWriteMany, "1Gi", map[string]string{"tier": "x"}, `invalid parameter "tier" in storage class`},
		"Azure files, a protocol":   {AddonAzureFile, corev1.ReadWriteMany, "1Gi", map[string]string{"protocol": "ftp"}, "protocol(ftp) is not supported, supported protocol list: [smb nfs]"},
		"Azure files, NFS on HDDs":  {AddonAzureFile, corev1.ReadWriteMany, "1Gi", map[string]string{"protocol": "nfs", "skuName": "Standard_LRS"}, "nfs protocol only supports premium storage, current account type: Standard_LRS"},
		"Azure files, a SKU":        {AddonAzureFile, corev1.ReadWriteMany, "1Gi", map[string]string{"skuName": "Gold"}, "Internal desc = failed to ensure storage account"},
		"Azure files, as a disk":    {AddonAzureFile, corev1.ReadWriteMany, "1Gi", map[string]string{"fsType": "ext4"}, "VDH disk feature"},
		"Azure blobs, a parameter":  {AddonAzureBlob, corev1.ReadWriteMany, "1Gi", map[string]string{"shareName": "x"}, `invalid parameter "sharename" in storage class`},
		"Azure blobs, a protocol":   {AddonAzureBlob, corev1.ReadWriteMany, "1Gi", map[string]string{"protocol": "smb"}, "protocol(smb) is not supported, supported protocol list: [fuse fuse2 nfs aznfs]"},
		"Azure blobs, a name twice": {AddonAzureBlob, corev1.ReadWriteMany, "1Gi", map[string]string{"containerName": "a", "containerNamePrefix": "b"}, "could not be specified together"},
	} {
		t.Run(name, func(t *testing.T) {
			_, state, err := drivers[test.addon].create(claimOf(test.size, test.mode, test.params))
			require.ErrorContains(t, err, "rpc error: code = ")
			require.ErrorContains(t, err, test.want)
			assert.Equal(t, controller.ProvisioningFinished, state, "there is no point in another node")
		})
	}
}

func TestVolumesGrowInTheirSteps(t *testing.T) {
	drivers := driversWith(t)
	for _, addon := range []string{AddonEBS, AddonPD, AddonAzureDisk, AddonFilestore, AddonAzureFile} {
		for bytes, want := range map[int64]int64{1: 1, 1 << 30: 1, 1<<30 + 1: 2, 10 << 30: 10} {
			assert.Equal(t, want<<30, drivers[addon].round(bytes), "%s: %d", addon, bytes)
		}
	}
	for _, addon := range []string{AddonEFS, AddonAzureBlob} {
		assert.Equal(t, int64(1000), drivers[addon].round(1000), addon)
	}
}
