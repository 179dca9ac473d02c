package aws_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

func TestRefusals_Cluster(t *testing.T) {
	p := newCluster(t)
	p.subnet("full", "us-east-1e", "10.0.96.0/19")
	p.subnet("same", "us-east-1a", "10.0.128.0/19")
	p.Add(keyType, "off", Props{"isEnabled": false})
	base := change(p.clusterProps(), Props{"name": "two"})
	with := func(more Props) Props { return change(base, more) }
	subnets := func(names ...string) Props {
		var ids []any
		for _, name := range names {
			ids = append(ids, p.By[name].ID)
		}
		return with(Props{"vpcConfig": Props{"subnetIds": ids}})
	}
	access := func(more Props) Props { return with(Props{"vpcConfig": more}) }

	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"one that exists":            {clusterType, p.clusterProps(), "ResourceInUseException: Cluster already exists with name: dev"},
		"an old version":             {clusterType, with(Props{"version": "1.30"}), "unsupported Kubernetes version 1.30; supported are 1.33, 1.34, 1.35, 1.36"},
		"a bad name":                 {clusterType, with(Props{"name": "-two"}), "beginning with a letter or digit"},
		"no subnet":                  {clusterType, access(Props{"subnetIds": []any{"subnet-1"}}), "InvalidSubnetID.NotFound"},
		"one zone":                   {clusterType, subnets("private-1", "same"), "Subnets specified must be in at least two different AZs"},
		"a zone without room":        {clusterType, subnets("private-1", "full"), "UnsupportedAvailabilityZoneException: Cannot create cluster 'two' because us-east-1e"},
		"no role":                    {clusterType, with(Props{"roleArn": "arn:aws:iam::111122223333:role/x"}), "roleArn, arn:aws:iam::111122223333:role/x, does not exist"},
		"a role for others":          {clusterType, with(Props{"roleArn": p.arn("node")}), "the trusted entity is not correct"},
		"a role that may nothing":    {clusterType, with(Props{"roleArn": p.bareRole("eks.amazonaws.com")}), "AmazonEKSClusterPolicy"},
		"no endpoint":                {clusterType, access(Props{"endpointPrivateAccess": false, "endpointPublicAccess": false, "publicAccessCidrs": []any{}}), "Private and public endpoint access cannot be false"},
		"a public range, closed":     {clusterType, access(Props{"endpointPublicAccess": false}), "while public endpoint access is false"},
		"a private range":            {clusterType, access(Props{"publicAccessCidrs": []any{"10.0.0.0/8"}}), "not allowed in publicAccessCidrs: [10.0.0.0/8]"},
		"a range that is none":       {clusterType, access(Props{"publicAccessCidrs": []any{"203.0.113.7/24"}}), "did you mean 203.0.113.0/24?"},
		"a log that is none":         {clusterType, with(Props{"enabledClusterLogTypes": []any{"etcd"}}), "expected one of api, audit"},
		"a key that is off":          {clusterType, with(Props{"encryptionConfig": Props{"provider": Props{"keyArn": p.arn("off")}}}), "is disabled"},
		"a key that is not":          {clusterType, with(Props{"encryptionConfig": Props{"provider": Props{"keyArn": "arn:x"}}}), "The KMS key arn:x does not exist"},
		"encryption of something":    {clusterType, with(Props{"encryptionConfig": Props{"resources": []any{"pods"}}}), "expected one of secrets"},
		"service addresses too many": {clusterType, with(Props{"kubernetesNetworkConfig": Props{"serviceIpv4Cidr": "10.0.0.0/8"}}), "from /12 to /24"},
	})

	for name, test := range map[string]struct {
		change Props
		want   string
	}{
		"two minors at once":  {Props{"version": "1.36"}, "Unsupported Kubernetes minor version update from 1.34 to 1.36"},
		"a downgrade":         {Props{"version": "1.33"}, "Unsupported Kubernetes minor version update from 1.34 to 1.33"},
		"access backwards":    {Props{"accessConfig": Props{"authenticationMode": "API_AND_CONFIG_MAP"}}, "Unsupported authentication mode update from API"},
		"another key":         {Props{"encryptionConfig": Props{"provider": Props{"keyArn": p.arn("off")}}}, "already enabled with a different KMS key"},
		"subnets in one zone": {Props{"vpcConfig": Props{"subnetIds": []any{p.By["private-1"].ID}}}, "at least two different AZs"},
	} {
		t.Run("an update: "+name, func(t *testing.T) {
			_, err := p.Update(p.By["cluster"], change(p.clusterProps(), test.change))
			assert.ErrorContains(t, err, test.want)
		})
	}
}

// bareRole adds a role without policies and returns its ARN.
func (p *platform) bareRole(service string) string {
	p.T.Helper()
	return p.Add(roleType, "bare-"+service, Props{"assumeRolePolicy": trust(service)}).Outputs["arn"].(string)
}

func TestRefusals_Access(t *testing.T) {
	p := newCluster(t)
	caller := "arn:aws:iam::111122223333:user/sandbox"
	p.Add(clusterType, "classic", change(p.clusterProps(), Props{"name": "classic", "accessConfig": Props{"authenticationMode": "CONFIG_MAP"}}))
	p.Add(clusterType, "creator", change(p.clusterProps(), Props{"name": "creator", "accessConfig": Props{"bootstrapClusterCreatorAdminPermissions": true}}))
	entry := Props{"clusterName": "dev", "principalArn": p.arn("node")}
	grant := Props{
		"clusterName": "dev", "principalArn": caller, "accessScope": Props{"type": "cluster"},
		"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
	}
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"an entry that exists":       {entryType, change(entry, Props{"principalArn": caller}), "already in use on this cluster"},
		"an entry for the creator":   {entryType, Props{"clusterName": "creator", "principalArn": caller}, "already in use on this cluster"},
		"an entry for nobody":        {entryType, change(entry, Props{"principalArn": "arn:aws:iam::111122223333:role/nobody"}), "invalid principal"},
		"an entry by config map":     {entryType, change(entry, Props{"clusterName": "classic"}), "[API, API_AND_CONFIG_MAP]"},
		"an entry to nothing":        {entryType, change(entry, Props{"clusterName": "no"}), "ResourceNotFoundException: No cluster found for name: no."},
		"an entry with system group": {entryType, change(entry, Props{"kubernetesGroups": []any{"system:masters"}}), "cannot start with system:"},
		"groups for a machine":       {entryType, change(entry, Props{"type": "EC2_LINUX", "kubernetesGroups": []any{"a"}}), "of type EC2_LINUX"},
		"a policy without an entry":  {accessType, change(grant, Props{"principalArn": p.arn("node")}), "The specified principalArn could not be found"},
		"a policy of IAM":            {accessType, change(grant, Props{"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}), "is not valid"},
		"no namespace":               {accessType, change(grant, Props{"accessScope": Props{"type": "namespace"}}), "needs namespaces"},
	})
}

func TestRefusals_Addons(t *testing.T) {
	p := newCluster(t)
	addon := Props{"clusterName": "dev", "addonName": "kube-proxy"}
	association := func(role string) Props {
		return change(addon, Props{"podIdentityAssociations": []any{Props{"serviceAccount": "x", "roleArn": role}}})
	}
	app := p.bareRole("pods.eks.amazonaws.com")
	p.Add(clusterType, "bare", change(p.clusterProps(), Props{"name": "bare"}))
	identity := Props{"clusterName": "dev", "namespace": "ml", "serviceAccount": "app", "roleArn": app}
	p.Add(identityType, "identity", identity)

	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"one that exists":           {addonType, change(addon, Props{"addonName": "vpc-cni"}), "ResourceInUseException: Addon already exists."},
		"one that is none":          {addonType, change(addon, Props{"addonName": "istio"}), "Addon istio specified is not supported"},
		"a version that is none":    {addonType, change(addon, Props{"addonVersion": "1.2"}), "a version such as"},
		"a proxy of the future":     {addonType, change(addon, Props{"addonVersion": "v1.35.0-eksbuild.1"}), "newer than the cluster's 1.34"},
		"settings that are none":    {addonType, change(addon, Props{"configurationValues": "a: b"}), "is not valid JSON"},
		"a role that is none":       {addonType, association("arn:aws:iam::111122223333:role/x"), "Role provided in the request does not exist"},
		"a role for others":         {addonType, association(p.arn("node")), "does not allow pods.eks.amazonaws.com"},
		"a Deployment, no nodes":    {addonType, change(addon, Props{"addonName": "coredns"}), "InsufficientNumberOfReplicas"},
		"identities, no agent":      {addonType, change(association(app), Props{"clusterName": "bare"}), "eks-pod-identity-agent is not installed"},
		"an identity that exists":   {identityType, identity, "ResourceInUseException: Association already exists: a-"},
		"an identity, no agent":     {identityType, change(identity, Props{"clusterName": "bare"}), "is not installed in cluster bare"},
		"an identity of a stranger": {identityType, change(identity, Props{"serviceAccount": "b", "roleArn": p.arn("node")}), "does not allow"},
	})
}

func TestRefusals_NodeGroups(t *testing.T) {
	p := newPlatform(t)
	p.Add(templateType, "profiled", Props{"iamInstanceProfile": Props{"name": "x"}})
	p.Add(templateType, "typed", Props{"instanceType": "m6i.large"})
	group := p.cpuProps(1)
	with := func(more Props) refusal { return refusal{groupType, change(group, more), ""} }
	scaling := func(min, desired, max int) refusal {
		return with(Props{"scalingConfig": Props{"minSize": min, "desiredSize": desired, "maxSize": max}})
	}
	template := func(of string, more Props) refusal {
		return with(change(Props{"launchTemplate": Props{"id": p.By[of].ID, "version": "1"}}, more))
	}
	var many []any
	for i := range 51 {
		many = append(many, Props{"key": fmt.Sprintf("k%d", i), "effect": "NO_SCHEDULE"})
	}
	p.Add(groupType, "cpu", group)

	tests := map[string]refusal{}
	for want, test := range map[string]refusal{
		"NodeGroup already exists with name cpu and cluster name dev":                         with(nil),
		"No cluster found for name: no.":                                                      with(Props{"clusterName": "no"}),
		"Minimum capacity 3 can't be greater than desired size 1":                             scaling(3, 1, 4),
		"desired capacity 5 can't be greater than max size 4":                                 scaling(0, 5, 4),
		"scalingConfig.maxSize is 0, expected at least 1":                                     scaling(0, 0, 0),
		"must be at least 0":                                                                  scaling(-1, 0, 1),
		"must be given, got 2":                                                                with(Props{"updateConfig": Props{"maxUnavailable": 1, "maxUnavailablePercentage": 1}}),
		"maxUnavailable 11 can't be greater than max size 10":                                 with(Props{"updateConfig": Props{"maxUnavailable": 11}}),
		"The following supplied instance types do not exist: [m6i.huge]":                      with(Props{"instanceTypes": []any{"m6i.large", "m6i.huge"}}),
		"[m7g.large] is not a valid instance type for requested":                              with(Props{"instanceTypes": []any{"m7g.large"}}),
		"[g6.xlarge] is not a valid instance type for requested":                              with(Props{"instanceTypes": []any{"g6.xlarge"}}),
		"[m6i.large] is not a valid instance type for requested amiType AL2023_x86_64_NVIDIA": with(Props{"amiType": "AL2023_x86_64_NVIDIA"}),
		"AMI Type AL2_x86_64 is only supported":                                               with(Props{"amiType": "AL2_x86_64"}),
		`amiType is "UBUNTU", expected one of`:                                                with(Props{"amiType": "UBUNTU"}),
		"expected one of ON_DEMAND, SPOT":                                                     with(Props{"capacityType": "spot"}),
		`taints[0].effect is "NoSchedule", expected one of NO_SCHEDULE`:                       with(Props{"taints": []any{Props{"key": "k", "effect": "NoSchedule"}}}),
		"at most 50 taints, got 51":                                                           with(Props{"taints": many}),
		"Label kubernetes.io/role cannot contain reserved prefixes":                           with(Props{"labels": Props{"kubernetes.io/role": "x"}}),
		"Label node-role.kubernetes.io/x cannot contain reserved":                             with(Props{"labels": Props{"node-role.kubernetes.io/x": ""}}),
		`Label value "a b" of team is not valid`:                                              with(Props{"labels": Props{"team": "a b"}}),
		"Disk size must be specified within the launch template.":                             template("template", Props{"diskSize": 50}),
		"Remote access configuration cannot be specified":                                     template("template", Props{"remoteAccess": Props{"ec2SshKey": "k"}}),
		"Could not find the specified version 7":                                              template("template", Props{"launchTemplate": Props{"version": "7"}}),
		"should not specify iamInstanceProfile":                                               template("profiled", nil),
		"Instance types cannot be given in the launch template":                               template("typed", nil),
		"with template ID lt-1, does not exist":                                               template("template", Props{"launchTemplate": Props{"id": "lt-1"}}),
		"Either provide launch template ID or launch template name":                           template("template", Props{"launchTemplate": Props{"name": "x"}}),
		"principals [ec2.amazonaws.com] were not found":                                       with(Props{"nodeRoleArn": p.arn("control")}),
		"The role arn:x cannot be found.":                                                     with(Props{"nodeRoleArn": "arn:x"}),
		"Subnets must not be empty":                                                           with(Props{"subnetIds": []any{}}),
		"Nodegroup Kubernetes version 1.35 is newer than the cluster's 1.34":                  with(Props{"version": "1.35"}),
	} {
		test.Want = want
		tests[want] = test
	}
	tests["a long prefix"] = refusal{groupType, change(group, Props{"nodeGroupName": nil, "nodeGroupNamePrefix": strings.Repeat("n", 38)}), "38 characters long, expected at most 37"}
	emulatortest.Refuses(t, p.Account, tests)
}
