package agent

import (
	"strings"

	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// efs makes access points in a file system that exists: usable on all nodes, in
// all zones, and of any size.
// https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/docs/README.md#storage-class-parameters-for-dynamic-provisioning
type efs struct{}

func (efs) name() string { return "efs.csi.aws.com" }

// size is whatever was asked for: EFS has no limit to set.
func (efs) size(n int64) int64 { return n }

func (efs) create(o controller.ProvisionOptions) (volume, controller.ProvisioningState, error) {
	parameters := o.StorageClass.Parameters
	if mode := parameters["provisioningMode"]; mode != "efs-ap" {
		return invalidArgument("StorageClass %s: provisioningMode is %q; the only one is efs-ap", o.StorageClass.Name, mode)
	}
	fileSystem := parameters["fileSystemId"]
	if !strings.HasPrefix(fileSystem, "fs-") {
		return invalidArgument("StorageClass %s: fileSystemId is %q; it must be the id of a file system, fs-…", o.StorageClass.Name, fileSystem)
	}
	return volume{handle: fileSystem + "::fsap-0" + id(o.PVName)}, controller.ProvisioningFinished, nil
}
