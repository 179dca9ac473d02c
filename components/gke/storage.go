package gke

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/rootdisk"
)

// fileTier is the class of Filestore instances: on SSD, in one zone, 1 TiB or
// more. The cheaper one is on hard disks, from which no model loads in time.
// Source: https://cloud.google.com/filestore/docs/service-tiers
const fileTier = "zonal"

// storageClasses are what the CSI drivers of the cluster can serve. Google
// encrypts all of it.
func (b *build) storageClasses(n *network) cluster.StorageClasses {
	classes := cluster.StorageClasses{{
		Name:            cluster.ClassBlock,
		Provisioner:     "pd.csi.storage.gke.io",
		Parameters:      pulumi.StringMap{"type": pulumi.String(b.blockType())},
		Access:          cluster.ReadWriteOnce,
		Default:         true,
		WaitForConsumer: true,
	}}
	if b.platform.StoresFiles() {
		classes = append(classes, cluster.StorageClass{
			Name:        cluster.ClassShared,
			Provisioner: "filestore.csi.storage.gke.io",
			// Each volume is an instance of its own, in the zone of the first
			// pod and reached from all of them. The driver gives its files to
			// the group of the pods (fsGroup).
			Parameters: pulumi.StringMap{
				"tier":    pulumi.String(fileTier),
				"network": n.vpc.Name,
			},
			Access:          cluster.ReadWriteMany,
			WaitForConsumer: true,
		})
	}
	return append(classes, cluster.StorageClass{
		// Volumes of this class are declared, each with a bucket as its handle.
		Name:        cluster.ClassReadOnly,
		Provisioner: cluster.NoProvisioner,
		Driver:      "gcsfuse.csi.storage.gke.io",
		// A bucket has no directories: without the option, files in what looks
		// like one are found by nobody who has not asked for them by name.
		MountOptions: []string{"implicit-dirs"},
		Access:       cluster.ReadOnlyMany,
	})
}

// blockType is a type of disk that the system pool can attach: what claims disks
// runs there. No type fits all machine series.
func (b *build) blockType() string {
	system := b.pools[slices.IndexFunc(b.pools, isSystem)]
	return string(rootdisk.OfGoogle(system.Machines[0]))
}
