package aks

import (
	azcontainers "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20241001"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

// Names of the CSI drivers.
const (
	driverDisk = "disk.csi.azure.com"
	driverFile = "file.csi.azure.com"
	driverBlob = "blob.csi.azure.com"
)

// storageDrivers are those of AKS, all of them: they cost nothing, and those for
// disks and files are on by default.
func storageDrivers() azcontainers.ManagedClusterStorageProfileArgs {
	on := pulumi.Bool(true)
	return azcontainers.ManagedClusterStorageProfileArgs{
		DiskCSIDriver:      azcontainers.ManagedClusterStorageProfileDiskCSIDriverArgs{Enabled: on},
		FileCSIDriver:      azcontainers.ManagedClusterStorageProfileFileCSIDriverArgs{Enabled: on},
		BlobCSIDriver:      azcontainers.ManagedClusterStorageProfileBlobCSIDriverArgs{Enabled: on},
		SnapshotController: azcontainers.ManagedClusterStorageProfileSnapshotControllerArgs{Enabled: on},
	}
}

// storageClasses are what the CSI drivers of the cluster can serve. Everything
// in them is encrypted at rest.
func storageClasses(p spec.Platform) cluster.StorageClasses {
	classes := cluster.StorageClasses{blockClass()}
	if p.StoresFiles() {
		classes = append(classes, sharedClass(p))
	}
	return append(classes, readOnlyClass())
}

// blockClass is disks of one zone, where their pod is placed: those of all zones
// (Premium_ZRS) cost half as much again, and not every region has them.
func blockClass() cluster.StorageClass {
	return cluster.StorageClass{
		Name:            cluster.ClassBlock,
		Provisioner:     driverDisk,
		Parameters:      pulumi.StringMap{"skuName": pulumi.String("Premium_LRS")},
		Access:          cluster.ReadWriteOnce,
		Default:         true,
		WaitForConsumer: true,
	}
}

// sharedClass is NFS shares of a storage account that the driver makes, lets
// only the subnets of the nodes reach, and never deletes: in the group of the
// platform it outlives the cluster where data has to, and in that of the nodes
// it would not. A share has 100 GiB or more, whatever its claim asks for.
func sharedClass(p spec.Platform) cluster.StorageClass {
	return cluster.StorageClass{
		Name:        cluster.ClassShared,
		Provisioner: driverFile,
		Parameters: pulumi.StringMap{
			"protocol":         pulumi.String("nfs"),
			"skuName":          pulumi.String("Premium_LRS"),
			"resourceGroup":    pulumi.String(p.Name),
			"encryptInTransit": pulumi.String("true"),
			// NFS has no users of its own here: each share is one claim's, and
			// pods of models are no root.
			"mountPermissions": pulumi.String("0777"),
		},
		// As Microsoft advises: four connections, from any port, and a cache of
		// file attributes of 30 seconds. Source:
		// https://learn.microsoft.com/azure/aks/create-volume-azure-files
		MountOptions: []string{"nconnect=4", "noresvport", "actimeo=30"},
		Access:       cluster.ReadWriteMany,
	}
}

// readOnlyClass is blob containers that are there before, mounted by BlobFuse 2.
// The parameters are attributes of each declared volume.
func readOnlyClass() cluster.StorageClass {
	return cluster.StorageClass{
		Name:        cluster.ClassReadOnly,
		Provisioner: cluster.NoProvisioner,
		Driver:      driverBlob,
		Parameters:  pulumi.StringMap{"protocol": pulumi.String("fuse2")},
		Access:      cluster.ReadOnlyMany,
	}
}
