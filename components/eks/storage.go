package eks

import (
	"fmt"

	awsec2 "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	awsefs "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/efs"
	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	awskms "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	awsvpc "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
)

// portNFS is where EFS listens.
const portNFS = 2049

// fileSystem is the network file system of a cluster; nil where no model stores
// files.
type fileSystem struct {
	id pulumi.StringOutput
	// targets are what nodes mount it through, one for each zone.
	targets []pulumi.Resource
}

func (f *fileSystem) ready() []pulumi.Resource {
	if f == nil {
		return nil
	}
	return f.targets
}

// fileSystem registers an encrypted EFS file system that only nodes of the
// cluster reach, or returns nil where no model needs one.
func (b *build) fileSystem(control *awseks.Cluster, n *network, key *awskms.Key) (*fileSystem, error) {
	if !b.platform.StoresFiles() {
		return nil, nil
	}
	files, err := awsefs.NewFileSystem(b.ctx, b.child("files"), &awsefs.FileSystemArgs{
		Encrypted: pulumi.Bool(true),
		KmsKeyId:  key.Arn,
		// Throughput follows the load: the default earns it by gigabytes
		// stored, and a small model store would starve.
		ThroughputMode: pulumi.String("elastic"),
		Tags:           b.named("files"),
	}, b.with(b.keepData())...)
	if err != nil {
		return nil, err
	}
	group, opened, err := b.fileAccess(control, n)
	if err != nil {
		return nil, err
	}
	f := &fileSystem{id: files.ID().ToStringOutput(), targets: []pulumi.Resource{opened}}
	for i, subnet := range n.private {
		target, err := awsefs.NewMountTarget(b.ctx, b.child(fmt.Sprintf("files-%d", i+1)), &awsefs.MountTargetArgs{
			FileSystemId:   files.ID(),
			SubnetId:       subnet.ID(),
			SecurityGroups: pulumi.StringArray{group.ID()},
		}, b.with()...)
		if err != nil {
			return nil, err
		}
		f.targets = append(f.targets, target)
	}
	return f, nil
}

// fileAccess registers a security group that lets nodes in and nothing out.
func (b *build) fileAccess(control *awseks.Cluster, n *network) (*awsec2.SecurityGroup, *awsvpc.SecurityGroupIngressRule, error) {
	group, err := awsec2.NewSecurityGroup(b.ctx, b.child("files-sg"), &awsec2.SecurityGroupArgs{
		NamePrefix:  pulumi.String(naming.Prefix(naming.LimitSecurityGroupPrefix, b.platform.Name, "files")),
		Description: pulumi.String("NFS from the nodes of " + b.platform.Name),
		VpcId:       n.vpc.ID(),
		Tags:        b.named("files"),
	}, b.with()...)
	if err != nil {
		return nil, nil, err
	}
	rule, err := awsvpc.NewSecurityGroupIngressRule(b.ctx, b.child("files-nfs"), &awsvpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           group.ID(),
		ReferencedSecurityGroupId: control.VpcConfig.ClusterSecurityGroupId().Elem(),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(portNFS),
		ToPort:                    pulumi.Int(portNFS),
		Description:               pulumi.String("NFS from nodes"),
		Tags:                      b.named("files"),
	}, b.with()...)
	return group, rule, err
}

// storageClasses are what the CSI drivers of the cluster can serve.
func storageClasses(files *fileSystem) cluster.StorageClasses {
	classes := []cluster.StorageClass{{
		Name:        cluster.ClassBlock,
		Provisioner: "ebs.csi.aws.com",
		Parameters: pulumi.StringMap{
			"type":      pulumi.String("gp3"),
			"encrypted": pulumi.String("true"),
		},
		Access:          cluster.ReadWriteOnce,
		Default:         true,
		WaitForConsumer: true,
	}}
	if files == nil {
		return classes
	}
	return append(classes, cluster.StorageClass{
		Name:        cluster.ClassShared,
		Provisioner: "efs.csi.aws.com",
		// Each volume is a directory of its own behind an access point, which
		// makes every client the user that pods run as.
		Parameters: pulumi.StringMap{
			"provisioningMode": pulumi.String("efs-ap"),
			"fileSystemId":     files.id,
			"directoryPerms":   pulumi.String("700"),
			"uid":              pulumi.Sprintf("%d", cluster.PodUser),
			"gid":              pulumi.Sprintf("%d", cluster.PodUser),
		},
		Access: cluster.ReadWriteMany,
	}, cluster.StorageClass{
		// Volumes of this class are declared, each with a directory of the file
		// system or an access point as its handle.
		Name:        cluster.ClassReadOnly,
		Provisioner: cluster.NoProvisioner,
		Driver:      "efs.csi.aws.com",
		Access:      cluster.ReadOnlyMany,
	})
}
