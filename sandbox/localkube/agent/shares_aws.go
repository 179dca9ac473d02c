package agent

import (
	"strings"

	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// Parameters of EFS.
const (
	efsMode       = "provisioningMode"
	efsFileSystem = "fileSystemId"
)

// efs makes access points in a file system that exists.
// https://github.com/kubernetes-sigs/aws-efs-csi-driver/blob/master/docs/README.md#storage-class-parameters-for-dynamic-provisioning
var efs = share{
	driver: "efs.csi.aws.com",
	exact:  true,
	check: func(p parameters) error {
		mode, given := p[efsMode]
		switch {
		case !given:
			return invalidArgument("Missing %s parameter", efsMode)
		case mode != "efs-ap":
			return invalidArgument("Provisioning mode %s is not supported. Only Access point provisioning: 'efs-ap' is supported", mode)
		}
		fileSystem, given := p[efsFileSystem]
		switch {
		case !given:
			return invalidArgument("Missing %s parameter", efsFileSystem)
		case strings.TrimSpace(fileSystem) == "":
			return invalidArgument("Parameter %s cannot be empty", efsFileSystem)
		case !strings.HasPrefix(fileSystem, "fs-"):
			return invalidArgument("File System does not exist: fileSystemId is %q; it must be the id of a file system, fs-…", fileSystem)
		}
		return nil
	},
	// EFS has no limit to set.
	size:  anySize,
	round: asRequested,
	handle: func(o controller.ProvisionOptions, _ place, p parameters) (string, map[string]string) {
		return p[efsFileSystem] + "::fsap-0" + id(o.PVName), nil
	},
}
