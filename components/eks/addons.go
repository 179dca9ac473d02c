package eks

import (
	"encoding/json"
	"fmt"
	"slices"

	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// phase is when an add-on is installed.
type phase int

const (
	// beforeCompute: a node is not Ready, and its node group fails, until the
	// add-on runs on it.
	beforeCompute phase = iota
	// afterCompute: the add-on is not healthy, and its creation fails, until
	// it runs on a node.
	afterCompute
)

// addon is one managed add-on of EKS.
type addon struct {
	name  string
	phase phase
	// when it is installed; nil for always.
	when func(p spec.Platform) bool
	// serviceAccount that calls AWS, and the AWS managed policies it needs.
	serviceAccount string
	policies       []string
	// settings of the add-on; nil for its own defaults.
	settings func(tags map[string]string) any
}

// addonTable is every add-on that Gantry installs. All that run on every node
// tolerate every taint by their own defaults; aws-ebs-csi-driver is told to,
// because its default can be switched.
//
// Kube-proxy comes after the nodes although the network plugin needs the
// Kubernetes API: the managed vpc-cni is given the endpoint of the cluster
// (CLUSTER_ENDPOINT) and reaches it without the service address that kube-proxy
// provides.
var addonTable = []addon{
	{name: addonPodIdentity, phase: beforeCompute},
	{
		name: addonVPCCNI, phase: beforeCompute,
		serviceAccount: "aws-node", policies: []string{"AmazonEKS_CNI_Policy"},
	},
	{name: addonKubeProxy, phase: afterCompute},
	{name: addonCoreDNS, phase: afterCompute},
	{
		name: addonEBS, phase: afterCompute,
		serviceAccount: "ebs-csi-controller-sa", policies: []string{"service-role/AmazonEBSCSIDriverPolicy"},
		settings: ebsSettings,
	},
	{
		name: addonEFS, phase: afterCompute, when: spec.Platform.StoresFiles,
		serviceAccount: "efs-csi-controller-sa", policies: []string{"service-role/AmazonEFSCSIDriverPolicy"},
	},
	{
		name: addonMetricsServer, phase: afterCompute,
		when: func(p spec.Platform) bool { return enabled(p.Addons.MetricsServer.Enabled) },
	},
}

func (a addon) wanted(p spec.Platform) bool { return a.when == nil || a.when(p) }

// ebsSettings put the platform's tags on the volumes that the driver makes:
// the default tags of the provider do not reach them.
func ebsSettings(tags map[string]string) any {
	return map[string]any{
		"controller": map[string]any{"extraVolumeTags": tags},
		"node":       map[string]any{"tolerateAllTaints": true},
	}
}

// addons registers the add-ons of a phase, each after the resources given.
func (b *build) addons(control *awseks.Cluster, when phase, after ...pulumi.Resource) ([]pulumi.Resource, error) {
	var all []pulumi.Resource
	for _, a := range addonTable {
		if a.phase != when || !a.wanted(b.platform) {
			continue
		}
		registered, err := b.addon(control, a, after)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.name, err)
		}
		all = append(all, registered)
	}
	return all, nil
}

func (b *build) addon(control *awseks.Cluster, a addon, after []pulumi.Resource) (*awseks.Addon, error) {
	version, err := addonVersion(b.platform, a.name)
	if err != nil {
		return nil, err
	}
	args := &awseks.AddonArgs{
		ClusterName:  control.Name,
		AddonName:    pulumi.String(a.name),
		AddonVersion: pulumi.String(version),
		// Fields that something else has changed are set back. The other
		// choices fail the up, or leave a setting that no file tells of.
		ResolveConflictsOnCreate: pulumi.String("OVERWRITE"),
		ResolveConflictsOnUpdate: pulumi.String("OVERWRITE"),
		Tags:                     b.named(a.name),
	}
	if a.settings != nil {
		settings, err := json.Marshal(a.settings(b.tags))
		if err != nil {
			return nil, fmt.Errorf("settings: %w", err)
		}
		args.ConfigurationValues = pulumi.String(settings)
	}
	depends := after
	if a.serviceAccount != "" {
		identity, err := b.podRole(a.name, a.policies...)
		if err != nil {
			return nil, err
		}
		args.PodIdentityAssociations = awseks.AddonPodIdentityAssociationArray{awseks.AddonPodIdentityAssociationArgs{
			ServiceAccount: pulumi.String(a.serviceAccount),
			RoleArn:        identity.Arn,
		}}
		// Pods that start before their role may do anything crash and back off.
		depends = slices.Concat(identity.granted, after)
	}
	return awseks.NewAddon(b.ctx, b.child("addon-"+a.name), args, b.with(pulumi.DependsOn(depends))...)
}
