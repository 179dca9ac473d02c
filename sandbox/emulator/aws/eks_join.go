package aws

import (
	"encoding/base64"
	"net/netip"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// nodesJoin fails a node group whose machines start and never become nodes, for
// the reasons for which they do not on EKS. AWS tells the symptom only; the
// account adds the cause, because nobody can log in to its machines.
// https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html
func nodesJoin(tx *emulator.Tx, group emulator.Object) error {
	if len(machines(group)) == 0 {
		return nil // nothing has to join yet
	}
	cluster := get(tx, tokenCluster, group.Inputs.String("clusterName"))
	for _, id := range group.Inputs.Strings("subnetIds") {
		if err := subnetReaches(tx, cluster, get(tx, tokenSubnet, id)); err != nil {
			return err
		}
	}
	role, _ := roleByARN(tx, group.Inputs.String("nodeRoleArn"))
	if err := nodeMayJoin(tx, role); err != nil {
		return err
	}
	if err := ownImageJoins(cluster, group); err != nil {
		return err
	}
	return networkPluginRuns(tx, cluster, role)
}

// ownImageJoins checks that user data tells an image that is not of EKS which
// cluster it belongs to: EKS adds none of its own to it.
// https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
func ownImageJoins(cluster, group emulator.Object) error {
	own := group.State.String("template.imageId")
	if own == "" {
		return nil
	}
	script, err := base64.StdEncoding.DecodeString(group.State.String("template.userData"))
	if err != nil {
		return notJoined("the user data of the launch template are not in base64")
	}
	text := string(script)
	joins := strings.Contains(text, "/etc/eks/bootstrap.sh") || strings.Contains(text, "kind: NodeConfig")
	if !joins || !strings.Contains(text, cluster.ID) {
		return notJoined("the launch template names image %s and has no user data that join it to cluster %s", own, cluster.ID)
	}
	return nil
}

func notJoined(cause string, args ...any) error {
	return refuse("NodeCreationFailure", "Instances failed to join the kubernetes cluster. Cause: "+cause, args...)
}

func notReady(cause string, args ...any) error {
	return refuse("NodeCreationFailure", "Unhealthy nodes in the kubernetes cluster. Cause: "+cause, args...)
}

// subnetReaches follows the way of a node to the API server and the registries.
func subnetReaches(tx *emulator.Tx, cluster, subnet emulator.Object) error {
	vpc := get(tx, tokenVPC, subnet.Inputs.String("vpcId"))
	private := cluster.Outputs.Bool("vpcConfig.endpointPrivateAccess")
	if private && (!vpc.Outputs.Bool("enableDnsSupport") || !vpc.Outputs.Bool("enableDnsHostnames")) {
		return notJoined("the private endpoint of %s needs enableDnsSupport and enableDnsHostnames on %s", cluster.ID, vpc.ID)
	}
	switch out := wayOut(tx, subnet); {
	case out.gateway != "":
		if !subnet.Outputs.Bool("mapPublicIpOnLaunch") {
			return refuse("Ec2SubnetInvalidConfiguration", "One or more Amazon EC2 Subnets of [%s] does not automatically assign "+
				"public IP addresses to instances launched into it.", subnet.ID)
		}
		return nil
	case out.nat != "":
		return throughNAT(tx, cluster, subnet, out.nat)
	case private && hasEndpoints(tx, vpc.ID):
		return nil
	default:
		return notJoined("%s has no route to a NAT gateway, and %s lacks the interface endpoints of a private cluster", subnet.ID, vpc.ID)
	}
}

// throughNAT follows a node's way through a NAT gateway, which must itself have
// one, and whose address a public-only endpoint must let in.
func throughNAT(tx *emulator.Tx, cluster, subnet emulator.Object, id string) error {
	nat, exists := tx.Get(tokenNAT, id)
	if !exists {
		return notJoined("the default route of %s leads to %s, which does not exist", subnet.ID, id)
	}
	if wayOut(tx, get(tx, tokenSubnet, nat.Inputs.String("subnetId"))).gateway == "" {
		return notJoined("%s is in %s, which has no route to an internet gateway", nat.ID, nat.Inputs.String("subnetId"))
	}
	if cluster.Outputs.Bool("vpcConfig.endpointPrivateAccess") {
		return nil
	}
	address, err := netip.ParseAddr(nat.Outputs.String("publicIp"))
	if err != nil {
		return notJoined("%s has no public address", nat.ID)
	}
	for _, cidr := range cluster.Outputs.Strings("vpcConfig.publicAccessCidrs") {
		if prefix, err := netip.ParsePrefix(cidr); err == nil && prefix.Contains(address) {
			return nil
		}
	}
	return notJoined("the endpoint of %s is public only, and its publicAccessCidrs do not let in %s of %s", cluster.ID, address, nat.ID)
}

// privateServices are what nodes without a way to the internet call.
var privateServices = []string{"ec2", "ecr.api", "ecr.dkr", "sts", "s3"}

func hasEndpoints(tx *emulator.Tx, vpc string) bool {
	for _, service := range privateServices {
		_, found := tx.Find(tokenVPCEndpoint, func(o emulator.Object) bool {
			name := o.Inputs.String("serviceName")
			return o.Inputs.String("vpcId") == vpc && len(name) > len(service) && name[len(name)-len(service)-1:] == "."+service
		})
		if !found {
			return false
		}
	}
	return true
}

// nodeMayJoin checks what the node role lets the kubelet do.
func nodeMayJoin(tx *emulator.Tx, role emulator.Object) error {
	attached := attachedPolicies(tx, role.ID)
	anyOf := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(attached, name) })
	}
	if !anyOf("AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy") {
		return notJoined("role %s has neither AmazonEKSWorkerNodePolicy nor AmazonEKSWorkerNodeMinimalPolicy", role.ID)
	}
	if !anyOf("AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly",
		"AmazonEC2ContainerRegistryPowerUser", "AmazonEC2ContainerRegistryFullAccess") {
		return notReady("role %s may not pull images; attach AmazonEC2ContainerRegistryPullOnly", role.ID)
	}
	return nil
}

// cniPolicy is what the network plugin needs, on the node's role or its own.
const cniPolicy = "AmazonEKS_CNI_Policy"

// networkPluginRuns checks that pods get addresses: no node is Ready before.
func networkPluginRuns(tx *emulator.Tx, cluster, role emulator.Object) error {
	plugin, managed := tx.Get(tokenAddon, cluster.ID+":vpc-cni")
	if !managed && !cluster.Outputs.Bool("bootstrapSelfManagedAddons") {
		return notReady("container runtime network not ready: the add-on vpc-cni is not installed in cluster %s", cluster.ID)
	}
	if slices.Contains(attachedPolicies(tx, role.ID), cniPolicy) {
		return nil
	}
	arns := []string{plugin.Inputs.String("serviceAccountRoleArn")}
	for _, association := range plugin.Inputs.Objects("podIdentityAssociations") {
		if hasAgent(tx, cluster.ID) {
			arns = append(arns, association.String("roleArn"))
		}
	}
	for _, arn := range arns {
		if own, ok := roleByARN(tx, arn); ok && slices.Contains(attachedPolicies(tx, own.ID), cniPolicy) {
			return nil
		}
	}
	return notReady("vpc-cni may not assign addresses: attach %s to role %s, or give the add-on a role that has it", cniPolicy, role.ID)
}
