package aws

import (
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// maxPolicies is how many managed policies a role takes.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maxPolicies = 10

// managedPolicies are the policies of AWS that exist in the account, as the end
// of their ARN: those for EKS, its nodes and what runs on them.
var managedPolicies = []string{
	"AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess",
	"AmazonEKSClusterPolicy", "AmazonEKSServicePolicy", "AmazonEKSVPCResourceController",
	"AmazonEKSBlockStoragePolicy", "AmazonEKSComputePolicy", "AmazonEKSLoadBalancingPolicy", "AmazonEKSNetworkingPolicy",
	"AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy", "AmazonEKS_CNI_Policy",
	"AmazonEC2ContainerRegistryReadOnly", "AmazonEC2ContainerRegistryPullOnly",
	"AmazonEC2ContainerRegistryPowerUser", "AmazonEC2ContainerRegistryFullAccess",
	"service-role/AmazonEBSCSIDriverPolicy", "service-role/AmazonEFSCSIDriverPolicy",
	"AmazonElasticFileSystemFullAccess", "AmazonElasticFileSystemClientReadWriteAccess", "AmazonFSxFullAccess",
	"AmazonS3FullAccess", "AmazonS3ReadOnlyAccess", "AmazonSSMManagedInstanceCore",
	"CloudWatchAgentServerPolicy", "CloudWatchLogsFullAccess", "AmazonPrometheusRemoteWriteAccess",
	"AWSXRayDaemonWriteAccess", "AWSXrayWriteOnlyAccess",
}

var roleNameForm = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

func (a *Account) role() emulator.Type {
	return emulator.Type{
		Token:    tokenRole,
		Source:   "hashicorp/terraform-provider-aws internal/service/iam/role.go",
		Replace:  []string{"name", "namePrefix", "path"},
		Sets:     []string{"inlinePolicies", "managedPolicyArns"},
		JSON:     []string{"assumeRolePolicy"},
		Name:     &emulator.AutoName{Property: "name", Unless: "namePrefix", MaxLength: 64},
		Defaults: emulator.Properties{"path": "/", "maxSessionDuration": 3600, "forceDetachPolicies": false},
		InUse:    roleInUse,
		Validate: rules.All(
			rules.Matching("name", roleNameForm, "up to 64 letters, digits and +=,.@_-"),
			prefixFits("namePrefix", 64), rules.Between("maxSessionDuration", 3600, 43200),
			document("assumeRolePolicy"), trustNamesNoResource,
		),
		Taken: func(o emulator.Object) error {
			return refuse("EntityAlreadyExists", "Role with name %s already exists.", o.ID)
		},
		Create: func(op *emulator.Op) error {
			if err := a.attachable(op.In().Strings("managedPolicyArns")...); err != nil {
				return err
			}
			o, out := op.Object, op.Out()
			o.ID = named(op.In(), "name", "namePrefix")
			out["name"] = o.ID
			out["arn"] = a.globalARN("iam", "role"+out.String("path")+o.ID)
			out["uniqueId"] = uniqueID("AROA")
			out["createDate"] = timestamp()
			return nil
		},
		Update: func(op *emulator.Op) error { return a.attachable(op.In().Strings("managedPolicyArns")...) },
		Delete: func(op *emulator.Op) error {
			return dropAll(op.Tx, op.Object.ID, "role", tokenRolePolicy, tokenRolePolicyAttachment)
		},
	}
}

// prefixFits refuses a prefix that leaves no room for what is appended.
func prefixFits(path string, length int) rules.Check {
	return func(in emulator.Properties) error {
		if prefix := in.String(path); len(prefix) > length-suffixLength {
			return rules.Invalid(path, "is %d characters long, expected at most %d", len(prefix), length-suffixLength)
		}
		return nil
	}
}

func trustNamesNoResource(in emulator.Properties) error {
	if strings.Contains(in.String("assumeRolePolicy"), `"Resource"`) {
		return refuse("MalformedPolicyDocument", "Has prohibited field Resource")
	}
	return nil
}

func roleInUse(role, holder emulator.Object) error {
	if role.Inputs.Bool("forceDetachPolicies") {
		return nil
	}
	if holder.Token == tokenRolePolicy {
		return refuse("DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	return refuse("DeleteConflict", "Cannot delete entity, must detach all policies first.")
}

// dropAll drops the objects of some types that point at an object which goes.
func dropAll(tx *emulator.Tx, id, property string, tokens ...string) error {
	for _, token := range tokens {
		for _, o := range tx.Of(token) {
			if o.Inputs.String(property) != id {
				continue
			}
			if err := tx.Drop(token, o.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// attachable refuses policies that do not exist.
func (a *Account) attachable(arns ...string) error {
	for _, arn := range arns {
		name, ok := strings.CutPrefix(arn, "arn:"+a.partition()+":iam::aws:policy/")
		if !ok || !slices.Contains(managedPolicies, name) {
			return refuse("NoSuchEntity", "Policy %s does not exist or is not attachable.", arn)
		}
	}
	return nil
}

func (a *Account) rolePolicy() emulator.Type {
	return emulator.Type{
		Token:    tokenRolePolicy,
		Source:   "hashicorp/terraform-provider-aws internal/service/iam/role_policy.go",
		Replace:  []string{"name", "namePrefix", "role"},
		JSON:     []string{"policy"},
		Name:     &emulator.AutoName{Property: "name", Unless: "namePrefix", MaxLength: 128},
		Refs:     []emulator.Ref{roleNameRef("role")},
		Validate: document("policy"),
		Create: func(op *emulator.Op) error {
			name := named(op.In(), "name", "namePrefix")
			op.Object.ID = op.In().String("role") + ":" + name
			op.Out()["name"] = name
			return nil
		},
	}
}

func (a *Account) rolePolicyAttachment() emulator.Type {
	return emulator.Type{
		Token:   tokenRolePolicyAttachment,
		Source:  "hashicorp/terraform-provider-aws internal/service/iam/role_policy_attachment.go",
		Replace: []string{"policyArn", "role"},
		Refs:    []emulator.Ref{roleNameRef("role")},
		Create: func(op *emulator.Op) error {
			arn := op.In().String("policyArn")
			if err := a.attachable(arn); err != nil {
				return err
			}
			attached := attachedPolicies(op.Tx, op.In().String("role"))
			if len(attached) >= maxPolicies && !slices.Contains(attached, lastOf(arn)) {
				return refuse("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: %d", maxPolicies)
			}
			op.Object.ID = suffixed(op.In().String("role") + "-")
			return nil
		},
	}
}

// attachedPolicies are the names of the managed policies that a role has.
func attachedPolicies(tx *emulator.Tx, role string) []string {
	var names []string
	for _, arn := range get(tx, tokenRole, role).Inputs.Strings("managedPolicyArns") {
		names = append(names, lastOf(arn))
	}
	for _, o := range tx.Of(tokenRolePolicyAttachment) {
		if o.Inputs.String("role") == role {
			names = append(names, lastOf(o.Inputs.String("policyArn")))
		}
	}
	return names
}
