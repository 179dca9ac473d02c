package aws_test

import (
	"fmt"
	"strings"
	"testing"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

func TestRefusals_Network(t *testing.T) {
	p := newNetwork(t)
	vpc, public := p.By["vpc"].ID, p.By["public"].ID
	subnet := Props{"vpcId": vpc, "availabilityZone": "us-east-1c", "cidrBlock": "10.0.96.0/19"}
	nat := Props{"allocationId": p.Add(eipType, "spare", Props{}).ID, "subnetId": public}
	other := p.Add(vpcType, "other", Props{"cidrBlock": "10.9.0.0/16"}).ID
	otherTable := p.Add(tableType, "other-routes", Props{"vpcId": other}).ID
	otherSubnet := p.Add(subnetType, "other-subnet", Props{"vpcId": other, "cidrBlock": "10.9.0.0/24"}).ID
	route := Props{"routeTableId": p.By["private-routes"].ID, "destinationCidrBlock": "10.7.0.0/16", "gatewayId": p.By["igw"].ID}
	endpoint := Props{"vpcId": vpc, "serviceName": "com.amazonaws.us-east-1.s3"}
	group := p.Add(sgType, "group", Props{"vpcId": vpc, "name": "taken"}).ID
	rule := Props{"securityGroupId": group, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/8"}
	p.Add(ruleType, "rule", rule)
	template := Props{"name": "template"}
	p.Add(templateType, "template", template)

	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"a VPC with an unknown property":    {vpcType, Props{"cidr": "10.0.0.0/16"}, "cidr is not a property"},
		"a VPC without a network":           {vpcType, Props{}, "MissingParameter"},
		"a VPC with a host address":         {vpcType, Props{"cidrBlock": "10.0.0.1/16"}, "did you mean 10.0.0.0/16?"},
		"a VPC that is too wide":            {vpcType, Props{"cidrBlock": "10.0.0.0/8"}, "expected a size from /16 to /28"},
		"a VPC from a pool":                 {vpcType, Props{"ipv4IpamPoolId": "ipam-pool-0"}, "InvalidIpamPoolId.NotFound"},
		"a second internet gateway":         {gatewayType, Props{"vpcId": vpc}, "already has an internet gateway attached"},
		"a subnet without a VPC":            {subnetType, change(subnet, Props{"vpcId": nil}), "vpcId is required"},
		"a subnet in a VPC that is not":     {subnetType, change(subnet, Props{"vpcId": "vpc-1"}), "InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist"},
		"a subnet outside its VPC":          {subnetType, change(subnet, Props{"cidrBlock": "10.1.0.0/19"}), "InvalidSubnet.Range: The CIDR '10.1.0.0/19' is invalid"},
		"a subnet wider than its VPC":       {subnetType, change(subnet, Props{"vpcId": other, "cidrBlock": "10.8.0.0/16"}), "InvalidSubnet.Range"},
		"a subnet over another":             {subnetType, change(subnet, Props{"cidrBlock": "10.0.32.0/20"}), "InvalidSubnet.Conflict: The CIDR '10.0.32.0/20' conflicts with another subnet"},
		"a subnet in no zone":               {subnetType, change(subnet, Props{"availabilityZone": "us-east-1z"}), "us-east-1a, us-east-1b"},
		"a NAT gateway without an address":  {natType, Props{"subnetId": public}, "must include the AllocationId parameter"},
		"a NAT gateway on a taken address":  {natType, Props{"subnetId": public, "allocationId": p.By["nat-ip"].ID}, "Resource.AlreadyAssociated"},
		"a NAT gateway on no address":       {natType, change(nat, Props{"allocationId": "eipalloc-1"}), "InvalidAllocationID.NotFound"},
		"a NAT gateway in no subnet":        {natType, change(nat, Props{"subnetId": "subnet-1"}), "InvalidSubnetID.NotFound: The subnet ID 'subnet-1' does not exist"},
		"a NAT gateway with no way out":     {natType, change(nat, Props{"subnetId": otherSubnet}), "Gateway.NotAttached: Network " + other},
		"a private NAT gateway, addressed":  {natType, change(nat, Props{"connectivityType": "private"}), "not supported with connectivityType"},
		"a route that exists":               {routeType, change(route, Props{"destinationCidrBlock": "0.0.0.0/0"}), "RouteAlreadyExists: The route identified by 0.0.0.0/0 already exists."},
		"a route to two places":             {routeType, change(route, Props{"natGatewayId": p.By["nat"].ID}), "must be given, got 2"},
		"a route to nowhere":                {routeType, change(route, Props{"gatewayId": "igw-1"}), "InvalidGatewayID.NotFound"},
		"a route into another VPC":          {routeType, change(route, Props{"routeTableId": otherTable}), "belong to different networks"},
		"a second table for a subnet":       {associationType, Props{"routeTableId": p.By["public-routes"].ID, "subnetId": p.By["private-1"].ID}, "Resource.AlreadyAssociated"},
		"a table of another VPC":            {associationType, Props{"routeTableId": p.By["public-routes"].ID, "subnetId": otherSubnet}, "belong to different networks"},
		"a default group of no VPC":         {defaultSGType, Props{}, "There is no default VPC"},
		"an endpoint to nothing":            {endpointType, change(endpoint, Props{"serviceName": "com.amazonaws.eu-west-1.s3"}), "InvalidServiceName"},
		"a gateway endpoint in subnets":     {endpointType, change(endpoint, Props{"subnetIds": []any{public}}), "subnetIds cannot be used"},
		"an endpoint with a bad policy":     {endpointType, change(endpoint, Props{"policy": "{"}), "MalformedPolicyDocument"},
		"a group whose name is taken":       {sgType, Props{"vpcId": vpc, "name": "taken"}, "InvalidGroup.Duplicate: The security group 'taken' already exists"},
		"a rule that exists":                {ruleType, rule, "InvalidPermission.Duplicate"},
		"a rule for nobody":                 {ruleType, change(rule, Props{"cidrIpv4": nil}), "must be given, got 0"},
		"a rule with half a range":          {ruleType, change(rule, Props{"toPort": nil}), "Must specify both from and to ports"},
		"a rule with a range backwards":     {ruleType, change(rule, Props{"fromPort": 444}), "Invalid TCP port range"},
		"a rule in no group":                {ruleType, change(rule, Props{"securityGroupId": "sg-1"}), "InvalidGroup.NotFound"},
		"a template whose name is taken":    {templateType, template, "InvalidLaunchTemplateName.AlreadyExistsException"},
		"a template with wrong tokens":      {templateType, Props{"metadataOptions": Props{"httpTokens": "yes"}}, "expected one of optional, required"},
		"a template with too fast a disk":   {templateType, disk(Props{"volumeType": "gp3", "throughput": 9000}), "blockDeviceMappings[0].ebs.throughput is 9000"},
		"a template with a key in the open": {templateType, disk(Props{"kmsKeyId": "k", "encrypted": "false"}), `needs encrypted to be "true"`},
	})
}

func disk(ebs Props) Props {
	return Props{"blockDeviceMappings": []any{Props{"deviceName": "/dev/xvda", "ebs": ebs}}}
}

func TestRefusals_Storage(t *testing.T) {
	p := newPlatform(t)
	other := p.Add(vpcType, "other", Props{"cidrBlock": "10.9.0.0/16"}).ID
	p.Add(subnetType, "far", Props{"vpcId": other, "cidrBlock": "10.9.0.0/24", "availabilityZone": "us-east-1c"})
	p.Add(sgType, "far-sg", Props{"vpcId": other})
	p.subnet("third", "us-east-1c", "10.0.96.0/19")
	p.Add(filesType, "token", Props{"creationToken": "t"})
	target := Props{"fileSystemId": p.By["files"].ID, "subnetId": p.By["third"].ID}
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"a second target in a zone": {targetType, change(target, Props{"subnetId": p.By["public"].ID}), "MountTargetConflict: mount target already exists in this AZ"},
		"a target in another VPC":   {targetType, change(target, Props{"subnetId": p.By["far"].ID}), "not in the same VPC as existing mount targets"},
		"a target of nothing":       {targetType, change(target, Props{"fileSystemId": "fs-1"}), "FileSystemNotFound"},
		"a target in no subnet":     {targetType, change(target, Props{"subnetId": "subnet-1"}), "SubnetNotFound"},
		"a target behind no group":  {targetType, change(target, Props{"securityGroups": []any{"sg-1"}}), "SecurityGroupNotFound"},
		"a group of another VPC":    {targetType, change(target, Props{"securityGroups": []any{p.By["far-sg"].ID}}), "SecurityGroupNotFound"},
		"a key without encryption":  {filesType, Props{"encrypted": false, "kmsKeyId": p.arn("key")}, "encrypted must be true"},
		"a token twice":             {filesType, Props{"creationToken": "t"}, "FileSystemAlreadyExists"},
		"a tag on no group":         {tagType, tag("no", "k"), "AutoScalingGroup name not found - AutoScalingGroup 'no' not found"},
		"a tag that is too long":    {tagType, tag(p.scalingGroup(), strings.Repeat("k", 129)), "length less than or equal to 128"},
	})
	for i := range 44 {
		p.Add(tagType, fmt.Sprintf("tag-%d", i), tag(p.scalingGroup(), fmt.Sprintf("k%d", i)))
	}
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"a tag too many": {tagType, tag(p.scalingGroup(), "one more"), "would exceed the limit of 50"},
	})
}

func tag(group, key string) Props {
	return Props{"autoscalingGroupName": group, "tag": Props{"key": key, "value": "v", "propagateAtLaunch": false}}
}
