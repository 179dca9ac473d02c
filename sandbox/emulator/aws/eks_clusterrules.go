package aws

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

var (
	clusterNameForm = regexp.MustCompile(`^[0-9A-Za-z][A-Za-z0-9\-_]{0,99}$`)
	logTypes        = []string{"api", "audit", "authenticator", "controllerManager", "scheduler"}
	// authModes in the only direction in which they can be changed.
	authModes = []string{"CONFIG_MAP", "API_AND_CONFIG_MAP", "API"}
)

// encryptionGivenUp replaces a cluster whose envelope encryption is switched
// off, which EKS cannot do.
func encryptionGivenUp(olds, news emulator.Properties) []string {
	if olds.Has("encryptionConfig") && !news.Has("encryptionConfig") {
		return []string{"encryptionConfig"}
	}
	return nil
}

func supportedVersion(in emulator.Properties) error {
	if v := in.String("version"); v != "" && !slices.Contains(clusterVersions, v) {
		return refuse("InvalidParameterException", "unsupported Kubernetes version %s; supported are %s",
			v, strings.Join(clusterVersions, ", "))
	}
	return nil
}

func reachableEndpoint(in emulator.Properties) error {
	const public, private = "vpcConfig.endpointPublicAccess", "vpcConfig.endpointPrivateAccess"
	closed := in.Has(public) && in.Known(public) && !in.Bool(public)
	if closed && in.Known(private) && !in.Bool(private) {
		return refuse("InvalidParameterException", "Private and public endpoint access cannot be false")
	}
	if closed && len(in.Strings("vpcConfig.publicAccessCidrs")) > 0 {
		return refuse("InvalidParameterException", "publicAccessCidrs cannot be given while public endpoint access is false")
	}
	var bad []string
	for _, cidr := range in.Strings("vpcConfig.publicAccessCidrs") {
		if p, err := netip.ParsePrefix(cidr); err == nil && p.Addr().IsPrivate() {
			bad = append(bad, cidr)
		}
	}
	if len(bad) > 0 {
		return refuse("InvalidParameterException", "The following CIDRs are not allowed in publicAccessCidrs: %v", bad)
	}
	return nil
}

// placeCluster refuses subnets that a control plane cannot live in, and returns
// their VPC.
func (a *Account) placeCluster(op *emulator.Op) (emulator.Object, error) {
	var vpc string
	zones := map[string]bool{}
	for _, id := range op.In().Strings("vpcConfig.subnetIds") {
		subnet := get(op.Tx, tokenSubnet, id)
		if in := subnet.Inputs.String("vpcId"); vpc == "" {
			vpc = in
		} else if vpc != in {
			return emulator.Object{}, refuse("InvalidParameterException", "Subnets are not in the same VPC")
		}
		name := subnet.Outputs.String("availabilityZone")
		if slices.Contains(withoutEKS, subnet.Outputs.String("availabilityZoneId")) {
			return emulator.Object{}, a.zoneFull(op.In().String("name"), name)
		}
		zones[name] = true
	}
	if len(zones) < 2 {
		return emulator.Object{}, refuse("InvalidParameterException", "Subnets specified must be in at least two different AZs")
	}
	for _, group := range op.In().Strings("vpcConfig.securityGroupIds") {
		if vpcOfSecurityGroup(op.Tx, group) != vpc {
			return emulator.Object{}, refuse("InvalidParameterException", "Security group(s) [%s] are not in the same VPC as the subnets", group)
		}
	}
	return get(op.Tx, tokenVPC, vpc), nil
}

func (a *Account) zoneFull(cluster, full string) error {
	var others []string
	for _, z := range a.zones() {
		if !slices.Contains(withoutEKS, z.id) {
			others = append(others, z.name)
		}
	}
	return refuse("UnsupportedAvailabilityZoneException",
		"Cannot create cluster '%s' because %s, the targeted availability zone, does not currently have sufficient capacity to support the cluster. "+
			"Retry and choose from these availability zones: %s", cluster, full, strings.Join(others, ", "))
}

// clusterMayRun refuses a role or a key that EKS could not use.
func (a *Account) clusterMayRun(op *emulator.Op) error {
	role, _ := roleByARN(op.Tx, op.In().String("roleArn"))
	if !trusts(role.Inputs.String("assumeRolePolicy"), "eks.amazonaws.com", "sts:AssumeRole") {
		return refuse("InvalidParameterException", "Role could not be assumed because the trusted entity is not correct")
	}
	if !slices.Contains(attachedPolicies(op.Tx, role.ID), "AmazonEKSClusterPolicy") {
		return refuse("InvalidParameterException", "The provided role doesn't have the Amazon EKS Managed Policies associated with it. "+
			"Please ensure the following policy is attached: AmazonEKSClusterPolicy")
	}
	arn := op.In().String("encryptionConfig.provider.keyArn")
	if arn == "" {
		return nil
	}
	key, _ := op.Find(tokenKey, func(o emulator.Object) bool { return o.Outputs.String("arn") == arn })
	switch {
	case !key.Outputs.Bool("isEnabled"):
		return refuse("InvalidParameterException", "The KMS key %s is disabled", arn)
	case key.Outputs.String("customerMasterKeySpec") != "SYMMETRIC_DEFAULT" || key.Outputs.String("keyUsage") != "ENCRYPT_DECRYPT":
		return refuse("InvalidParameterException", "The KMS key %s must be symmetric and be able to encrypt and decrypt", arn)
	}
	return nil
}
