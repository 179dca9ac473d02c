package eks

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/spec"
	"gantry.dev/gantry/modules/versions"
)

func TestAddons_AroundTheNodesInTheRightOrder(t *testing.T) {
	rec := run(t, prod())
	for _, name := range []string{"vpc-cni", "eks-pod-identity-agent"} {
		for _, group := range rec.OfType(typeNodeGroup) {
			assert.True(t, rec.DependsOn(group, rec.Named(t, "cluster-addon-"+name)), "%s after %s", group.Name, name)
		}
	}
	for _, name := range []string{"coredns", "kube-proxy", "aws-ebs-csi-driver", "aws-efs-csi-driver", "metrics-server"} {
		addon := rec.Named(t, "cluster-addon-"+name)
		assert.True(t, rec.DependsOn(addon, rec.Named(t, "cluster-system")), name)
		assert.False(t, rec.DependsOn(addon, rec.Named(t, "cluster-serve")), "%s must not wait for GPU capacity", name)
	}
}

func TestAddons_OverwriteWhatOthersChanged(t *testing.T) {
	for _, addon := range run(t, prod()).OfType(typeAddon) {
		assert.Equal(t, "OVERWRITE", addon.Input(t, "resolveConflictsOnCreate"), addon.Name)
		assert.Equal(t, "OVERWRITE", addon.Input(t, "resolveConflictsOnUpdate"), addon.Name)
		assert.Regexp(t, `^v\d+\.\d+\.\d+-eksbuild\.\d+$`, addon.Input(t, "addonVersion"), addon.Name)
	}
}

func TestAddons_ThatCallAWSHaveARoleOfTheirOwn(t *testing.T) {
	rec := run(t, prod())
	for addon, want := range map[string]struct{ account, policy string }{
		"vpc-cni":            {"aws-node", "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"},
		"aws-ebs-csi-driver": {"ebs-csi-controller-sa", "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"},
		"aws-efs-csi-driver": {"efs-csi-controller-sa", "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy"},
	} {
		res := rec.Named(t, "cluster-addon-"+addon)
		assert.Equal(t, want.account, res.Input(t, "podIdentityAssociations[0].serviceAccount"))
		assert.Contains(t, res.Input(t, "podIdentityAssociations[0].roleArn"), "cluster-"+addon+"-role")
		assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`,
			rec.Named(t, "cluster-"+addon+"-role").Input(t, "assumeRolePolicy").(string))
		var attached []any
		for _, attachment := range rec.OfType("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
			if rec.DependsOn(res, attachment) && attachment.Input(t, "role") == "cluster-"+addon+"-role" {
				attached = append(attached, attachment.Input(t, "policyArn"))
			}
		}
		assert.Equal(t, []any{want.policy}, attached, addon)
	}
}

func TestAddons_OnlyWhatIsAskedFor(t *testing.T) {
	names := func(args *Args) []string {
		var out []string
		for _, addon := range run(t, args).OfType(typeAddon) {
			out = append(out, addon.Input(t, "addonName").(string))
		}
		return out
	}
	base := []string{"vpc-cni", "eks-pod-identity-agent", "kube-proxy", "coredns", "aws-ebs-csi-driver"}
	assert.ElementsMatch(t, append(base, "metrics-server"), names(dev()), "no model stores files")
	assert.ElementsMatch(t, append(base, "metrics-server", "aws-efs-csi-driver"), names(prod()))
	assert.ElementsMatch(t, base, names(edit(dev(), func(a *Args) { a.Platform.Addons.MetricsServer.Enabled = off() })))
}

func TestAddons_VolumesOfTheDriverCarryThePlatformsTags(t *testing.T) {
	settings := run(t, dev()).Named(t, "cluster-addon-aws-ebs-csi-driver").Input(t, "configurationValues")
	assert.JSONEq(t, `{
		"controller": {"extraVolumeTags": {"team": "ml", "gantry.dev/platform": "gantry-dev", "gantry.dev/stack": "dev"}},
		"node": {"tolerateAllTaints": true}
	}`, settings.(string))
}

func TestAddonVersion_OfTheUserWins(t *testing.T) {
	rec := run(t, edit(dev(), func(a *Args) {
		a.Platform.Addons.Versions = map[string]string{"vpc-cni": "v1.20.4-eksbuild.2"}
	}))
	assert.Equal(t, "v1.20.4-eksbuild.2", rec.Named(t, "cluster-addon-vpc-cni").Input(t, "addonVersion"))
}

func TestAddonVersion_IsLockedForEveryAddonOfEveryMinor(t *testing.T) {
	assert.ElementsMatch(t, spec.KubernetesVersions, versions.EKSMinors())
	for _, minor := range spec.KubernetesVersions {
		p := dev().Platform
		p.Cluster.Version = minor
		for _, addon := range addonTable {
			version, err := addonVersion(p, addon.name)
			require.NoError(t, err)
			assert.Regexp(t, `^v\d+\.\d+\.\d+-eksbuild\.\d+$`, version, "%s on %s", addon.name, minor)
		}
		proxy, err := addonVersion(p, addonKubeProxy)
		require.NoError(t, err)
		assert.Contains(t, proxy, "v"+minor+".", "kube-proxy is of the minor of its cluster")
	}
}
