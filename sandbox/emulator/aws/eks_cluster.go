package aws

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/authority"
	"gantry.dev/gantry/sandbox/emulator/random"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// clusterVersions are the Kubernetes minors that EKS offers, the oldest first.
// https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
var clusterVersions = []string{"1.33", "1.34", "1.35", "1.36"}

// defaultClusterVersion is what a cluster gets that asks for none.
const defaultClusterVersion = "1.35"

// selfManaged are the add-ons that EKS installs unmanaged unless it is told not
// to.
var selfManaged = []string{"vpc-cni", "kube-proxy", "coredns"}

func (a *Account) cluster() emulator.Type {
	return emulator.Type{
		Token:  tokenCluster,
		Source: "hashicorp/terraform-provider-aws internal/service/eks/cluster.go",
		Replace: []string{
			"accessConfig.bootstrapClusterCreatorAdminPermissions", "bootstrapSelfManagedAddons",
			"kubernetesNetworkConfig.ipFamily", "kubernetesNetworkConfig.serviceIpv4Cidr", "name",
			"outpostConfig.controlPlaneInstanceType", "outpostConfig.controlPlanePlacement.groupName",
			"remoteNetworkConfig", "roleArn",
		},
		ReplaceIf: encryptionGivenUp,
		Sets: []string{
			"enabledClusterLogTypes", "encryptionConfig.resources", "vpcConfig.publicAccessCidrs",
			"vpcConfig.securityGroupIds", "vpcConfig.subnetIds",
		},
		Name: &emulator.AutoName{Property: "name", MaxLength: 100},
		Defaults: emulator.Properties{
			"accessConfig.authenticationMode":                      "CONFIG_MAP",
			"accessConfig.bootstrapClusterCreatorAdminPermissions": true,
			"bootstrapSelfManagedAddons":                           true,
			"upgradePolicy.supportType":                            "EXTENDED",
			"vpcConfig.endpointPrivateAccess":                      false,
			"vpcConfig.endpointPublicAccess":                       true,
			"vpcConfig.publicAccessCidrs":                          emulator.Strings(anywhere),
			"kubernetesNetworkConfig.ipFamily":                     "ipv4",
			"kubernetesNetworkConfig.elasticLoadBalancing.enabled": false,
		},
		Computed: []string{
			"vpcConfig.clusterSecurityGroupId", "vpcConfig.vpcId", "kubernetesNetworkConfig.serviceIpv4Cidr",
		},
		Volatile: func(olds, news emulator.Properties) []string {
			if olds.String("version") != news.String("version") {
				return []string{"platformVersion"}
			}
			return nil
		},
		Refs: []emulator.Ref{
			subnetRef("vpcConfig.subnetIds[]"), securityGroupRef("vpcConfig.securityGroupIds[]", true),
			roleARNRef("roleArn", "roleArn, %s, does not exist"),
			keyRef("encryptionConfig.provider.keyArn", "InvalidParameterException", "The KMS key %s does not exist"),
		},
		InUse: inUse("ResourceInUseException", "Cluster %s has nodegroups attached"),
		Taken: func(o emulator.Object) error {
			return refuse("ResourceInUseException", "Cluster already exists with name: %s", o.ID)
		},
		Validate: rules.All(
			rules.Matching("name", clusterNameForm, "up to 100 letters, digits, - and _, beginning with a letter or digit"),
			rules.OneOf("enabledClusterLogTypes[]", logTypes...),
			rules.OneOf("accessConfig.authenticationMode", authModes...),
			rules.OneOf("upgradePolicy.supportType", "STANDARD", "EXTENDED"),
			rules.OneOf("encryptionConfig.resources[]", "secrets"),
			rules.Network("kubernetesNetworkConfig.serviceIpv4Cidr", 12, 24),
			rules.Network("vpcConfig.publicAccessCidrs[]", 0, 32),
			supportedVersion, reachableEndpoint,
		),
		Create: a.createCluster,
		Update: a.updateCluster,
		Delete: func(op *emulator.Op) error {
			return dropAll(op.Tx, op.Object.ID, "clusterName",
				tokenAddon, tokenAccessEntry, tokenAccessPolicyAssociation, tokenPodIdentityAssociation)
		},
		Apply: a.runCluster,
		Remove: func(ctx context.Context, o emulator.Object) error {
			return a.kube.DeleteCluster(ctx, o.ID)
		},
	}
}

func (a *Account) createCluster(op *emulator.Op) error {
	o, in, out := op.Object, op.In(), op.Out()
	vpc, err := a.placeCluster(op)
	if err != nil {
		return err
	}
	if err := a.clusterMayRun(op); err != nil {
		return err
	}
	o.ID = in.String("name")
	certificates, err := authority.New("kubernetes")
	if err != nil {
		return err
	}
	endpointID := strings.ToUpper(random.Hex(32))
	out["arn"] = a.arn("eks", "cluster/"+o.ID)
	out["createdAt"] = timestamp()
	out["status"] = "ACTIVE"
	out["endpoint"] = "https://" + endpointID + ".gr7." + a.region() + ".eks." + a.dnsSuffix()
	out["certificateAuthority"] = map[string]any{"data": certificates}
	out["certificateAuthorities"] = []any{map[string]any{"data": certificates}}
	issuer := "https://oidc.eks." + a.region() + "." + a.dnsSuffix() + "/id/" + endpointID
	out["identities"] = []any{map[string]any{"oidcs": []any{map[string]any{"issuer": issuer}}}}
	out.Set("vpcConfig.vpcId", vpc.ID)
	out.Set("vpcConfig.clusterSecurityGroupId", ec2ID("sg"))
	if !out.Has("kubernetesNetworkConfig.serviceIpv4Cidr") {
		out.Set("kubernetesNetworkConfig.serviceIpv4Cidr", serviceNetwork(vpc))
	}
	if !out.Has("version") {
		out["version"] = defaultClusterVersion
	}
	out["platformVersion"] = platformVersion(out.String("version"))
	return a.openLogGroup(op)
}

// platformVersion is the revision of EKS behind a minor: later minors have had
// fewer of them.
func platformVersion(minor string) string {
	return "eks." + strconv.Itoa(5*(len(clusterVersions)-slices.Index(clusterVersions, minor)))
}

// serviceNetwork is the network of service addresses that EKS chooses, so that
// it does not lie over the VPC.
func serviceNetwork(vpc emulator.Object) string {
	own, err := netip.ParsePrefix(vpc.Outputs.String("cidrBlock"))
	if err == nil && own.Overlaps(netip.MustParsePrefix("10.0.0.0/8")) {
		return "172.20.0.0/16"
	}
	return "10.100.0.0/16"
}

// openLogGroup does what EKS does when a cluster logs and nobody has made the
// log group: it makes one that belongs to no stack, keeps logs for ever, stays
// when the cluster goes, and is in the way of the next one that is declared.
func (a *Account) openLogGroup(op *emulator.Op) error {
	name := "/aws/eks/" + op.Object.ID + "/cluster"
	if _, exists := op.Get(tokenLogGroup, name); exists || len(op.In().Strings("enabledClusterLogTypes")) == 0 {
		return nil
	}
	return op.Put(emulator.Object{
		Token: tokenLogGroup, ID: name,
		Inputs:  emulator.Properties{"name": name},
		Outputs: emulator.Properties{"name": name, "arn": a.logGroupARN(name), "retentionInDays": 0.0, "tagsAll": map[string]any{}},
	})
}

func (a *Account) updateCluster(op *emulator.Op) error {
	before, after := op.Old.Outputs, op.Out()
	if err := nextVersion(before.String("version"), after); err != nil {
		return err
	}
	from, to := before.String("accessConfig.authenticationMode"), after.String("accessConfig.authenticationMode")
	if slices.Index(authModes, to) < slices.Index(authModes, from) {
		return refuse("InvalidParameterException", "Unsupported authentication mode update from %s to %s", from, to)
	}
	const key = "encryptionConfig.provider.keyArn"
	if before.Has(key) && before.String(key) != after.String(key) {
		return refuse("InvalidRequestException", "Cluster is already enabled with a different KMS key: %s", before.String(key))
	}
	vpc, err := a.placeCluster(op)
	if err != nil {
		return err
	}
	if vpc.ID != before.String("vpcConfig.vpcId") {
		return refuse("InvalidParameterException", "Provided subnets belong to a different VPC than the cluster's %s", before.String("vpcConfig.vpcId"))
	}
	if err := a.clusterMayRun(op); err != nil {
		return err
	}
	return a.openLogGroup(op)
}

// nextVersion allows an upgrade by one minor, and no downgrade.
func nextVersion(from string, out emulator.Properties) error {
	to := out.String("version")
	if to == "" {
		out["version"] = from
		return nil
	}
	step := slices.Index(clusterVersions, to) - slices.Index(clusterVersions, from)
	if step < 0 || step > 1 {
		return refuse("InvalidParameterException", "Unsupported Kubernetes minor version update from %s to %s", from, to)
	}
	out["platformVersion"] = platformVersion(to)
	return nil
}

// runCluster brings the control plane up, with the add-ons that nobody manages.
func (a *Account) runCluster(ctx context.Context, o emulator.Object) error {
	if err := a.kube.CreateCluster(ctx, o.ID); err != nil {
		return err
	}
	if !o.Outputs.Bool("bootstrapSelfManagedAddons") {
		return nil
	}
	for _, name := range selfManaged {
		if err := a.kube.SetAddon(ctx, o.ID, name, true); err != nil {
			return err
		}
	}
	return nil
}
