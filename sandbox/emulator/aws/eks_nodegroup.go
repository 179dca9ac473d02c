package aws

import (
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

var groupForm = regexp.MustCompile(`^[0-9A-Za-z][A-Za-z0-9\-_]{0,62}$`)

// maxNodeGroupName is the length of a node group's name.
const maxNodeGroupName = 63

// defaultInstanceType is what EKS takes when neither group nor template say.
const defaultInstanceType = "t3.medium"

// defaultDisk is the root disk in GiB of a node without a template.
const defaultDisk = 20

func (a *Account) nodeGroup() emulator.Type {
	return emulator.Type{
		Token:  tokenNodeGroup,
		Source: "hashicorp/terraform-provider-aws internal/service/eks/node_group.go",
		Replace: []string{
			"amiType", "capacityType", "clusterName", "diskSize", "instanceTypes", "launchTemplate.id",
			"launchTemplate.name", "nodeGroupName", "nodeGroupNamePrefix", "nodeRoleArn", "remoteAccess", "subnetIds",
		},
		Sets: []string{"subnetIds", "taints", "remoteAccess.sourceSecurityGroupIds"},
		Name: &emulator.AutoName{Property: "nodeGroupName", Unless: "nodeGroupNamePrefix", MaxLength: maxNodeGroupName},
		Defaults: emulator.Properties{
			"amiType": "AL2023_x86_64_STANDARD", "capacityType": "ON_DEMAND", "nodeRepairConfig.enabled": false,
		},
		Volatile: func(olds, news emulator.Properties) []string {
			if olds.String("version") != news.String("version") {
				return []string{"releaseVersion"}
			}
			return nil
		},
		Refs: []emulator.Ref{
			clusterRef(true), subnetRef("subnetIds[]"),
			securityGroupRef("remoteAccess.sourceSecurityGroupIds[]", true),
			roleARNRef("nodeRoleArn", "The role %s cannot be found."),
		},
		Validate: rules.All(
			rules.Matching("nodeGroupName", groupForm, "up to 63 letters, digits, - and _, beginning with a letter or digit"),
			prefixFits("nodeGroupNamePrefix", maxNodeGroupName),
			rules.OneOf("capacityType", "ON_DEMAND", "SPOT", "CAPACITY_BLOCK"),
			rules.Between("updateConfig.maxUnavailable", 1, 100), rules.Between("updateConfig.maxUnavailablePercentage", 1, 100),
			scalingRules, updateRules, labelRules, taintRules, templateRules, imageRules,
		),
		Taken: func(o emulator.Object) error {
			return refuse("ResourceInUseException", "NodeGroup already exists with name %s and cluster name %s",
				o.Outputs.String("nodeGroupName"), o.Inputs.String("clusterName"))
		},
		Create:  a.createNodeGroup,
		Update:  a.updateNodeGroup,
		Ready:   nodesJoin,
		Apply:   a.runNodes,
		Remove:  a.removeNodes,
		Observe: a.observeNodes,
		Delete: func(op *emulator.Op) error {
			for _, group := range op.Out().All(scalingGroupPath) {
				name, _ := group.(string)
				if err := dropAll(op.Tx, name, "autoscalingGroupName", tokenGroupTag); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (a *Account) createNodeGroup(op *emulator.Op) error {
	o, in, out := op.Object, op.In(), op.Out()
	cluster := get(op.Tx, tokenCluster, in.String("clusterName"))
	if err := nodesFit(op, cluster); err != nil {
		return err
	}
	name := named(in, "nodeGroupName", "nodeGroupNamePrefix")
	o.ID = cluster.ID + ":" + name
	o.State = emulator.Properties{"image": ec2ID("ami")}
	out["nodeGroupName"] = name
	out["arn"] = a.arn("eks", "nodegroup/"+cluster.ID+"/"+name+"/"+newUUID())
	out["status"] = "ACTIVE"
	out["resources"] = []any{map[string]any{
		"autoscalingGroups":           []any{map[string]any{"name": "eks-" + name + "-" + newUUID()}},
		"remoteAccessSecurityGroupId": "",
	}}
	if err := settle(op, cluster); err != nil {
		return err
	}
	return a.scale(op)
}

// settle fills in what the request leaves open.
func settle(op *emulator.Op, cluster emulator.Object) error {
	if !op.Out().Has("updateConfig") {
		op.Out().Set("updateConfig.maxUnavailable", 1)
	}
	if err := settleTemplate(op); err != nil {
		return err
	}
	return settleVersion(op, cluster)
}

// nodesFit refuses subnets and roles that no node of the cluster could have.
func nodesFit(op *emulator.Op, cluster emulator.Object) error {
	vpc := cluster.Outputs.String("vpcConfig.vpcId")
	for _, id := range op.In().Strings("subnetIds") {
		if get(op.Tx, tokenSubnet, id).Inputs.String("vpcId") != vpc {
			return refuse("InvalidParameterException", "Subnet %s is not in the VPC %s of cluster %s", id, vpc, cluster.ID)
		}
	}
	if len(op.In().Strings("subnetIds")) == 0 {
		return refuse("InvalidParameterException", "Subnets must not be empty")
	}
	role, _ := roleByARN(op.Tx, op.In().String("nodeRoleArn"))
	if !trusts(role.Inputs.String("assumeRolePolicy"), "ec2.amazonaws.com", "sts:AssumeRole") {
		return refuse("InvalidParameterException",
			"Following required service principals [ec2.amazonaws.com] were not found in the trust relationships of nodeRole %s", role.Outputs.String("arn"))
	}
	return nil
}

// settleTemplate resolves the launch template, or stands in for the one that
// EKS makes itself, and with it disk size and instance types.
func settleTemplate(op *emulator.Op) error {
	out, state := op.Out(), op.Object.State
	disk := out.Int("diskSize")
	var ofTemplate string
	if op.In().Has("launchTemplate") {
		t, err := findTemplate(op.Tx, op.In())
		if err != nil {
			return err
		}
		if err := t.fitsNodeGroup(); err != nil {
			return err
		}
		if err := imageFits(op.In(), t); err != nil {
			return err
		}
		out.Set("launchTemplate.id", t.id)
		out.Set("launchTemplate.name", t.name)
		state["template"] = map[string]any{"id": t.id, "version": t.version}
		if image := t.data.String("imageId"); image != "" {
			state["image"], out["amiType"] = image, customImage
			state["template"] = map[string]any{
				"id": t.id, "version": t.version, "imageId": image, "userData": t.data.String("userData"),
			}
		}
		ofTemplate, disk = t.data.String("instanceType"), t.rootDisk()
	} else if !state.Has("template") {
		state["template"] = map[string]any{"id": ec2ID("lt"), "version": "1"}
	}
	if disk == 0 {
		disk = defaultDisk
	}
	state["disk"] = float64(disk)
	if !op.In().Has("launchTemplate") {
		out["diskSize"] = disk
	}
	switch {
	case ofTemplate != "" && op.In().Has("instanceTypes"):
		return refuse("InvalidParameterException", "Instance types cannot be given in the launch template and in the request")
	case ofTemplate != "":
		out["instanceTypes"] = emulator.Strings(ofTemplate)
	case len(out.Strings("instanceTypes")) == 0:
		out["instanceTypes"] = emulator.Strings(defaultInstanceType)
	}
	return nil
}

// fitsNodeGroup refuses a template with what EKS decides itself.
// https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
func (t template) fitsNodeGroup() error {
	for property, reason := range map[string]string{
		"iamInstanceProfile":           "The noderole in your request will be used to construct an instance profile.",
		"instanceMarketOptions":        "Use the capacityType of the node group.",
		"hibernationOptions":           "Hibernation is not supported.",
		"networkInterfaces[].subnetId": "Use the subnetIds of the node group.",
	} {
		if t.data.Has(property) {
			return refuse("InvalidParameterException", "Launch template %s should not specify %s. %s", t.id, property, reason)
		}
	}
	return nil
}

// settleVersion takes the cluster's Kubernetes minor for nodes that ask for
// none, and refuses nodes that are newer than their control plane.
func settleVersion(op *emulator.Op, cluster emulator.Object) error {
	out, limit := op.Out(), cluster.Outputs.String("version")
	if !op.In().Has("version") {
		out["version"] = limit
		if before := op.Old.Outputs.String("version"); before != "" {
			out["version"] = before
		}
	}
	minor := out.String("version")
	switch at := slices.Index(clusterVersions, minor); {
	case at < 0:
		return refuse("InvalidParameterException", "unsupported Kubernetes version %s", minor)
	case at > slices.Index(clusterVersions, limit):
		return refuse("InvalidParameterException", "Nodegroup Kubernetes version %s is newer than the cluster's %s", minor, limit)
	}
	if !op.In().Has("releaseVersion") {
		out["releaseVersion"] = minor + ".0-20261101"
	}
	return nil
}

func (a *Account) updateNodeGroup(op *emulator.Op) error {
	if err := settle(op, get(op.Tx, tokenCluster, op.In().String("clusterName"))); err != nil {
		return err
	}
	if downgraded(op) {
		return refuse("InvalidParameterException", "Nodegroup Kubernetes version cannot go from %s to %s",
			op.Old.Outputs.String("version"), op.Out().String("version"))
	}
	return a.scale(op)
}

func downgraded(op *emulator.Op) bool {
	return slices.Index(clusterVersions, op.Out().String("version")) <
		slices.Index(clusterVersions, op.Old.Outputs.String("version"))
}

// nodeName is a node's host name.
func (a *Account) nodeName(address string) string {
	domain := a.region() + ".compute.internal"
	if a.region() == "us-east-1" {
		domain = "ec2.internal"
	}
	return "ip-" + strings.ReplaceAll(address, ".", "-") + "." + domain
}
