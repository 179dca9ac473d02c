package aws

import (
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// accessPolicies are the policies of EKS that an access entry can be given.
// https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
var accessPolicies = []string{
	"AmazonEKSAdminPolicy", "AmazonEKSClusterAdminPolicy", "AmazonEKSAdminViewPolicy",
	"AmazonEKSEditPolicy", "AmazonEKSViewPolicy", "AmazonEKSAutoNodePolicy",
}

func (a *Account) accessEntry() emulator.Type {
	return emulator.Type{
		Token:    tokenAccessEntry,
		Source:   "hashicorp/terraform-provider-aws internal/service/eks/access_entry.go",
		Replace:  []string{"clusterName", "principalArn", "type"},
		Sets:     []string{"kubernetesGroups"},
		Defaults: emulator.Properties{"type": "STANDARD"},
		Volatile: modified,
		Refs:     []emulator.Ref{clusterRef(false)},
		Validate: rules.All(
			rules.OneOf("type", "STANDARD", "EC2", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX"), entryShape,
		),
		Taken: func(emulator.Object) error {
			return refuse("ResourceInUseException", "The specified access entry resource is already in use on this cluster.")
		},
		Create: func(op *emulator.Op) error {
			cluster, principal := op.In().String("clusterName"), op.In().String("principalArn")
			if err := a.mayEnter(op, cluster, principal); err != nil {
				return err
			}
			out := op.Out()
			op.Object.ID = cluster + ":" + principal
			out["accessEntryArn"] = a.arn("eks", "access-entry/"+cluster+"/"+principalPath(principal)+"/"+newUUID())
			out["createdAt"] = timestamp()
			out["modifiedAt"] = out["createdAt"]
			if !out.Has("userName") {
				out["userName"] = a.userName(principal)
			}
			if !out.Has("kubernetesGroups") {
				out["kubernetesGroups"] = []any{}
			}
			return nil
		},
		Update: touch,
		Delete: leave,
	}
}

// modified is the Volatile of types that tell when they were changed last.
func modified(emulator.Properties, emulator.Properties) []string { return []string{"modifiedAt"} }

func touch(op *emulator.Op) error {
	op.Out()["modifiedAt"] = timestamp()
	return nil
}

func entryShape(in emulator.Properties) error {
	for _, group := range in.Strings("kubernetesGroups") {
		if strings.HasPrefix(group, "system:") {
			return refuse("InvalidParameterException", "The kubernetes group name %s is invalid, it cannot start with system:", group)
		}
	}
	if kind := in.String("type"); kind != "" && kind != "STANDARD" && (in.Has("kubernetesGroups") || in.Has("userName")) {
		return refuse("InvalidParameterException", "kubernetesGroups and userName cannot be given for an access entry of type %s", kind)
	}
	return nil
}

// mayEnter refuses an entry for somebody who does not exist or has one already.
func (a *Account) mayEnter(op *emulator.Op, name, principal string) error {
	cluster := get(op.Tx, tokenCluster, name)
	if cluster.Outputs.String("accessConfig.authenticationMode") == "CONFIG_MAP" {
		return refuse("InvalidRequestException",
			"The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.")
	}
	if principal == a.callerARN() && cluster.Outputs.Bool("accessConfig.bootstrapClusterCreatorAdminPermissions") {
		return refuse("ResourceInUseException", "The specified access entry resource is already in use on this cluster.")
	}
	if _, exists := roleByARN(op.Tx, principal); !exists && principal != a.callerARN() && principal != a.globalARN("iam", "root") {
		return refuse("InvalidParameterException", "The specified principalArn is invalid: invalid principal.")
	}
	return nil
}

// principalPath is a principal in the ARN of its entry: role/111122223333/name.
func principalPath(principal string) string {
	kind, _, _ := strings.Cut(principal[strings.LastIndexByte(principal, ':')+1:], "/")
	return kind + "/" + accountID + "/" + lastOf(principal)
}

// userName is what Kubernetes calls a principal: roles act through sessions.
func (a *Account) userName(principal string) string {
	role, ok := strings.CutPrefix(principal, a.globalARN("iam", "role/"))
	if !ok {
		return principal
	}
	return a.globalARN("sts", "assumed-role/"+lastOf(role)+"/{{SessionName}}")
}

// leave takes the policies of an entry along.
func leave(op *emulator.Op) error {
	for _, o := range op.Of(tokenAccessPolicyAssociation) {
		if o.Inputs.String("clusterName") != op.In().String("clusterName") ||
			o.Inputs.String("principalArn") != op.In().String("principalArn") {
			continue
		}
		if err := op.Drop(o.Token, o.ID); err != nil {
			return err
		}
	}
	return nil
}

func (a *Account) accessPolicyAssociation() emulator.Type {
	return emulator.Type{
		Token:    tokenAccessPolicyAssociation,
		Source:   "hashicorp/terraform-provider-aws internal/service/eks/access_policy_association.go",
		Replace:  []string{"accessScope", "clusterName", "policyArn", "principalArn"},
		Sets:     []string{"accessScope.namespaces"},
		Refs:     []emulator.Ref{clusterRef(false)},
		Validate: rules.All(rules.OneOf("accessScope.type", "cluster", "namespace"), scopeShape),
		Create: func(op *emulator.Op) error {
			in, out := op.In(), op.Out()
			cluster, principal, policy := in.String("clusterName"), in.String("principalArn"), in.String("policyArn")
			if _, exists := op.Get(tokenAccessEntry, cluster+":"+principal); !exists {
				return refuse("ResourceNotFoundException", "The specified principalArn could not be found. "+
					"You can view your available access entries with 'list-access-entries'.")
			}
			name, ok := strings.CutPrefix(policy, "arn:"+a.partition()+":eks::aws:cluster-access-policy/")
			if !ok || !slices.Contains(accessPolicies, name) {
				return refuse("InvalidParameterException", "The policyArn %s is not valid", policy)
			}
			op.Object.ID = cluster + "#" + principal + "#" + policy
			out["associatedAt"] = timestamp()
			out["modifiedAt"] = out["associatedAt"]
			return nil
		},
	}
}

func scopeShape(in emulator.Properties) error {
	namespaces := len(in.Strings("accessScope.namespaces"))
	switch kind := in.String("accessScope.type"); {
	case kind == "cluster" && namespaces > 0:
		return refuse("InvalidParameterException", "namespaces cannot be given with the access scope cluster")
	case kind == "namespace" && namespaces == 0 && in.Known("accessScope.namespaces"):
		return refuse("InvalidParameterException", "the access scope namespace needs namespaces")
	}
	return nil
}
