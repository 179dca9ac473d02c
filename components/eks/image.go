package eks

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	awsssm "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// ubuntuRelease is the Ubuntu of nodes whose driver the GPU Operator builds: EKS
// has no image of its own that NVIDIA tests that with. Source:
// https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/amazon-eks.html
const ubuntuRelease = "24.04"

// ownImage tells whether the nodes of a pool boot an image that EKS does not
// choose. EKS then refuses image type and version in the node group: both follow
// from the image. Source:
// https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
func ownImage(plan spec.PoolPlan) bool {
	return plan.GPU != "" && plan.Driver == spec.DriverOperator
}

// imageType is the EKS image for the pool's machines: AL2023, with NVIDIA's
// driver and container toolkit for GPUs.
func imageType(plan spec.PoolPlan) string {
	arch, variant := "x86_64", "STANDARD"
	if plan.Arch == spec.ArchARM64 {
		arch = "ARM_64"
	}
	if plan.GPU != "" {
		variant = "NVIDIA"
	}
	return "AL2023_" + arch + "_" + variant
}

// rootDevice of the pool's image.
func rootDevice(plan spec.PoolPlan) string {
	if ownImage(plan) {
		return "/dev/sda1"
	}
	return "/dev/xvda"
}

// ubuntuImage looks up Canonical's current image for the cluster's minor: a new
// minor means a new image, and so new nodes, as EKS itself does it. Source:
// https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
func (b *build) ubuntuImage(plan spec.PoolPlan) (string, error) {
	name := fmt.Sprintf("/aws/service/canonical/ubuntu/eks/%s/%s/stable/current/%s/hvm/ebs-gp3/ami-id",
		ubuntuRelease, b.platform.Cluster.Version, plan.Arch)
	found, err := awsssm.LookupParameter(b.ctx, &awsssm.LookupParameterArgs{Name: name}, b.invokeOptions()...)
	if err != nil {
		return "", fmt.Errorf("the Ubuntu image of EKS %s in %s: %w: use driver: cloud where Canonical has none",
			b.platform.Cluster.Version, b.platform.Region, err)
	}
	return found.InsecureValue, nil
}

// ubuntuUserData joins a node to the cluster. EKS adds nothing to an image that
// is not its own. Labels and taints are those of the group: set here they are
// there when the node registers, and no pod slips onto it before its taints.
// Source: https://documentation.ubuntu.com/aws/aws-how-to/kubernetes/deploy-managed-node-group/
func ubuntuUserData(control *awseks.Cluster, plan spec.PoolPlan) pulumi.StringOutput {
	authority := control.CertificateAuthority.Data().Elem()
	return pulumi.All(control.Name, control.Endpoint, authority).ApplyT(func(known []any) string {
		script := fmt.Sprintf(`#!/bin/bash
set -euo pipefail
/etc/eks/bootstrap.sh '%s' --apiserver-endpoint '%s' --b64-cluster-ca '%s' --kubelet-extra-args '%s'
`, known[0], known[1], known[2], strings.Join(kubeletArgs(plan), " "))
		return base64.StdEncoding.EncodeToString([]byte(script))
	}).(pulumi.StringOutput)
}

// kubeletArgs register a node with the pool's labels and taints. Neither has a
// character that the shell would take for its own.
func kubeletArgs(plan spec.PoolPlan) []string {
	labels := nodeLabels(plan)
	var pairs, taints []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, key+"="+labels[key])
	}
	for _, taint := range plan.NodeTaints {
		taints = append(taints, fmt.Sprintf("%s=%s:%s", taint.Key, taint.Value, taint.Effect))
	}
	args := []string{"--node-labels=" + strings.Join(pairs, ",")}
	if len(taints) > 0 {
		args = append(args, "--register-with-taints="+strings.Join(taints, ","))
	}
	return args
}
