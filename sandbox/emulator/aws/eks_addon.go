package aws

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// addonKind is what the account knows of an add-on.
type addonKind struct {
	// version that a cluster gets that asks for none; kube-proxy follows the
	// cluster.
	version string
	// needsNodes marks add-ons with a Deployment, which is not healthy until
	// it runs somewhere.
	needsNodes bool
}

// addonKinds are the add-ons of EKS, by name.
// https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
var addonKinds = map[string]addonKind{
	"vpc-cni":                         {version: "v1.22.4-eksbuild.3"},
	"kube-proxy":                      {},
	"coredns":                         {version: "v1.13.2-eksbuild.21", needsNodes: true},
	"eks-pod-identity-agent":          {version: "v1.3.10-eksbuild.3"},
	"eks-node-monitoring-agent":       {version: "v1.4.2-eksbuild.1"},
	"aws-ebs-csi-driver":              {version: "v1.65.0-eksbuild.1", needsNodes: true},
	"aws-efs-csi-driver":              {version: "v3.4.1-eksbuild.1", needsNodes: true},
	"aws-fsx-csi-driver":              {version: "v1.9.0-eksbuild.1", needsNodes: true},
	"aws-mountpoint-s3-csi-driver":    {version: "v2.4.0-eksbuild.1", needsNodes: true},
	"snapshot-controller":             {version: "v8.4.0-eksbuild.2", needsNodes: true},
	"metrics-server":                  {version: "v0.9.0-eksbuild.10", needsNodes: true},
	"kube-state-metrics":              {version: "v2.18.0-eksbuild.1", needsNodes: true},
	"prometheus-node-exporter":        {version: "v1.11.0-eksbuild.1"},
	"cert-manager":                    {version: "v1.19.2-eksbuild.1", needsNodes: true},
	"external-dns":                    {version: "v0.20.0-eksbuild.1", needsNodes: true},
	"amazon-cloudwatch-observability": {version: "v4.10.0-eksbuild.1", needsNodes: true},
}

const (
	podIdentityAgent = "eks-pod-identity-agent"
	podService       = "pods.eks.amazonaws.com"
)

var addonVersionForm = regexp.MustCompile(`^v(\d+)\.(\d+)\.\d+-eksbuild\.\d+$`)

func (a *Account) addon() emulator.Type {
	return emulator.Type{
		Token:    tokenAddon,
		Source:   "hashicorp/terraform-provider-aws internal/service/eks/addon.go",
		Replace:  []string{"addonName", "clusterName"},
		Sets:     []string{"podIdentityAssociations"},
		JSON:     []string{"configurationValues"},
		Volatile: modified,
		Refs: []emulator.Ref{
			clusterRef(false),
			roleARNRef("podIdentityAssociations[].roleArn", "Role provided in the request does not exist: %s"),
			roleARNRef("serviceAccountRoleArn", "Role provided in the request does not exist: %s"),
		},
		Validate: rules.All(
			knownAddon,
			rules.Matching("addonVersion", addonVersionForm, "a version such as v1.22.4-eksbuild.3"),
			rules.OneOf("resolveConflictsOnCreate", "NONE", "OVERWRITE"),
			rules.OneOf("resolveConflictsOnUpdate", "NONE", "OVERWRITE", "PRESERVE"),
			jsonText("configurationValues"),
		),
		Taken: func(emulator.Object) error { return refuse("ResourceInUseException", "Addon already exists.") },
		Create: func(op *emulator.Op) error {
			cluster, name, out := op.In().String("clusterName"), op.In().String("addonName"), op.Out()
			op.Object.ID = cluster + ":" + name
			out["arn"] = a.arn("eks", "addon/"+cluster+"/"+name+"/"+newUUID())
			out["createdAt"] = timestamp()
			return installAddon(op)
		},
		Update: installAddon,
		Ready:  addonHealthy,
		Apply: func(ctx context.Context, o emulator.Object) error {
			return a.kube.SetAddon(ctx, o.Inputs.String("clusterName"), o.Inputs.String("addonName"), true)
		},
		Remove: a.removeAddon,
	}
}

func knownAddon(in emulator.Properties) error {
	name := in.String("addonName")
	if _, ok := addonKinds[name]; !ok && name != "" {
		return refuse("InvalidParameterException", "Addon %s specified is not supported", name)
	}
	return nil
}

// installAddon settles the version, and refuses one that the cluster or the
// roles do not fit.
func installAddon(op *emulator.Op) error {
	in, out := op.In(), op.Out()
	cluster := get(op.Tx, tokenCluster, in.String("clusterName"))
	name, minor := in.String("addonName"), cluster.Outputs.String("version")
	switch {
	case out.Has("addonVersion"):
	case name == "kube-proxy":
		out["addonVersion"] = "v" + minor + ".0-eksbuild.2"
	default:
		out["addonVersion"] = addonKinds[name].version
	}
	if name == "kube-proxy" && newer(out.String("addonVersion"), minor) {
		return refuse("InvalidParameterException", "Addon version specified is not supported: kube-proxy %s is newer than the cluster's %s",
			out.String("addonVersion"), minor)
	}
	for _, association := range in.Objects("podIdentityAssociations") {
		if err := podsMayAssume(op.Tx, association.String("roleArn")); err != nil {
			return err
		}
	}
	return touch(op)
}

// newer tells whether an add-on version is of a later minor than a cluster.
func newer(addonVersion, minor string) bool {
	m := addonVersionForm.FindStringSubmatch(addonVersion)
	_, cluster, _ := strings.Cut(minor, ".")
	if m == nil {
		return false
	}
	own, _ := strconv.Atoi(m[2])
	limit, _ := strconv.Atoi(cluster)
	return own > limit
}

// podsMayAssume refuses a role that the Pod Identity agent could not hand out.
func podsMayAssume(tx *emulator.Tx, arn string) error {
	role, _ := roleByARN(tx, arn)
	if !trusts(role.Inputs.String("assumeRolePolicy"), podService, "sts:AssumeRole", "sts:TagSession") {
		return refuse("InvalidParameterException",
			"Trust policy of role %s does not allow %s to take sts:AssumeRole and sts:TagSession", arn, podService)
	}
	return nil
}

// addonHealthy fails an add-on whose pods have no credentials or no node.
func addonHealthy(tx *emulator.Tx, o emulator.Object) error {
	cluster, name := o.Inputs.String("clusterName"), o.Inputs.String("addonName")
	if len(o.Inputs.Objects("podIdentityAssociations")) > 0 && !hasAgent(tx, cluster) {
		return refuse("InvalidParameterException",
			"Addon %s has pod identity associations, and the add-on %s is not installed in the cluster", name, podIdentityAgent)
	}
	if addonKinds[name].needsNodes && !hasNodes(tx, cluster) {
		return refuse("InsufficientNumberOfReplicas",
			"unexpected state 'DEGRADED', wanted target 'ACTIVE': The add-on %s is unhealthy because it doesn't have the desired number of replicas; cluster %s has no nodes", name, cluster)
	}
	return nil
}

func hasAgent(tx *emulator.Tx, cluster string) bool {
	_, installed := tx.Get(tokenAddon, cluster+":"+podIdentityAgent)
	return installed
}

func hasNodes(tx *emulator.Tx, cluster string) bool {
	return slices.ContainsFunc(tx.Of(tokenNodeGroup), func(o emulator.Object) bool {
		return o.Inputs.String("clusterName") == cluster && len(machines(o)) > 0
	})
}

// removeAddon takes the add-on out of the cluster, unless its software is to
// stay behind.
func (a *Account) removeAddon(ctx context.Context, o emulator.Object) error {
	if o.Inputs.Bool("preserve") {
		return nil
	}
	cluster := o.Inputs.String("clusterName")
	// The control plane may have died with an interrupted sandbox.
	if err := a.kube.CreateCluster(ctx, cluster); err != nil {
		return err
	}
	return a.kube.SetAddon(ctx, cluster, o.Inputs.String("addonName"), false)
}
