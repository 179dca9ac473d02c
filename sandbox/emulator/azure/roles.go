package azure

import (
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// Built-in roles that the account acts upon.
const (
	roleOwner                   = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	roleContributor             = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	roleNetworkContributor      = "4d97b98b-1d4f-4787-a291-c67834d212e7"
	roleManagedIdentityOperator = "f1a07417-d97a-45cb-824c-7a7467783830"
)

// builtInRoles are the roles that exist in the account, with their names: those
// for AKS, its identities and what runs on it.
// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var builtInRoles = map[string]string{
	roleOwner:                              "Owner",
	roleContributor:                        "Contributor",
	"acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
	roleNetworkContributor:                 "Network Contributor",
	"b12aa53e-6015-4669-85d0-8515ebb3ae7f": "Private DNS Zone Contributor",
	"befefa01-2a29-4197-83a8-272ff33ce314": "DNS Zone Contributor",
	roleManagedIdentityOperator:            "Managed Identity Operator",
	"e40ec5ca-96e0-45a2-b4ff-59039f2c2b59": "Managed Identity Contributor",
	"7f951dda-4ed3-4680-a7ca-43fe172d538d": "AcrPull",
	"8311e382-0749-4cb8-b61a-304f252e45ec": "AcrPush",
	"17d1049b-9a84-46fb-8f53-869881c3d3ab": "Storage Account Contributor",
	"090c5cfd-751d-490a-894a-3ce6f1109419": "Azure Service Bus Data Owner",
	"2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
	"ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
	"b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
	"69566ab7-960f-475b-8e7c-b3118f30c6bd": "Storage File Data Privileged Contributor",
	"0c867c2a-1d8c-454a-a3db-ab2ea1bdc8bb": "Storage File Data SMB Share Contributor",
	"4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
	"12338af0-0e69-4776-bea7-57ae8d297424": "Key Vault Crypto User",
	"e147488a-f6f5-4113-8e2d-b22465e65bf6": "Key Vault Crypto Service Encryption User",
	"f25e0fa2-a7c8-4377-a976-54943a77a395": "Key Vault Contributor",
	"b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b": "Azure Kubernetes Service RBAC Cluster Admin",
	"3498e952-d568-435e-9b2c-8d77e338d7f7": "Azure Kubernetes Service RBAC Admin",
	"a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb": "Azure Kubernetes Service RBAC Writer",
	"7f6c6a51-bcf8-42ba-9220-52d62157d7db": "Azure Kubernetes Service RBAC Reader",
	"0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8": "Azure Kubernetes Service Cluster Admin Role",
	"4abbcc35-e782-43d8-92c5-2d3f1bd2253f": "Azure Kubernetes Service Cluster User Role",
	"3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
	"73c42c96-874c-492b-b04d-ab87d138a893": "Log Analytics Reader",
}

// principalTypes are what a principal may be.
var principalTypes = []string{"User", "Group", "ServicePrincipal", "ForeignGroup", "Device"}

const servicePrincipal = "ServicePrincipal"

func (a *Account) roleAssignment() emulator.Type {
	return emulator.Type{
		Token:   tokenRoleAssignment,
		Source:  "specification/authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01/authorization-RoleAssignmentsCalls.json",
		Replace: []string{"principalId", "roleAssignmentName", "scope"},
		Name:    namedByGUID("roleAssignmentName"),
		Validate: rules.All(
			oneOf("principalType", principalTypes...), principalForm, assignmentName, knownRole,
		),
		Create: func(op *emulator.Op) error {
			in, out := op.In(), op.Out()
			if err := a.scopeExists(op.Tx, in.String("scope")); err != nil {
				return err
			}
			if err := a.principalFits(op.Tx, in); err != nil {
				return err
			}
			name := in.String("roleAssignmentName")
			if err := claim(op, strings.TrimSuffix(in.String("scope"), "/")+"/providers/"+kindRoleAssignment+"/"+name); err != nil {
				return err
			}
			if err := assignedOnce(op); err != nil {
				return err
			}
			out["name"], out["type"] = name, kindRoleAssignment
			out["createdBy"], out["createdOn"] = callerID, timestamp()
			out["updatedBy"], out["updatedOn"] = callerID, out["createdOn"]
			return nil
		},
		Update: func(op *emulator.Op) error {
			if roleOf(op.In()) != roleOf(op.Old.Inputs) || op.In().String("principalType") != op.Old.Inputs.String("principalType") {
				return refuse("RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.")
			}
			op.Out()["updatedOn"] = timestamp()
			return nil
		},
	}
}

func assignmentName(in emulator.Properties) error {
	if name := in.String("roleAssignmentName"); name != "" && !guidForm.MatchString(name) {
		return refuse("InvalidRoleAssignmentId", "The role assignment ID '%s' is not valid. The role assignment ID must be a GUID.", name)
	}
	return nil
}

func principalForm(in emulator.Properties) error {
	if id := in.String("principalId"); in.Known("principalId") && !guidForm.MatchString(id) {
		return refuse("InvalidPrincipalId", "A valid principal ID must be provided for role assignment; '%s' is none.", id)
	}
	return nil
}

// knownRole takes the id of a built-in role.
func knownRole(in emulator.Properties) error {
	id := in.String("roleDefinitionId")
	if !in.Known("roleDefinitionId") {
		return nil
	}
	if !strings.Contains(strings.ToLower(id), "/providers/microsoft.authorization/roledefinitions/") {
		return refuse("InvalidRoleDefinitionId", "The role definition ID '%s' is not valid.", id)
	}
	if builtInRoles[roleOf(in)] == "" {
		return refuse("RoleDefinitionDoesNotExist", "The specified role definition with ID '%s' does not exist.",
			strings.ReplaceAll(roleOf(in), "-", ""))
	}
	return nil
}

// roleOf is the GUID of the role in an assignment.
func roleOf(in emulator.Properties) string {
	return strings.ToLower(lastOf(in.String("roleDefinitionId")))
}

// assignedOnce refuses a second assignment of a role to a principal at a scope.
func assignedOnce(op *emulator.Op) error {
	in := op.In()
	for _, o := range op.Of(tokenRoleAssignment) {
		if strings.EqualFold(o.Inputs.String("scope"), in.String("scope")) && roleOf(o.Inputs) == roleOf(in) &&
			strings.EqualFold(o.Inputs.String("principalId"), in.String("principalId")) {
			return refuse("RoleAssignmentExists", "The role assignment already exists. The ID of the existing role assignment is %s.",
				strings.ReplaceAll(lastOf(o.ID), "-", ""))
		}
	}
	return nil
}

// emulatedKinds are the kinds of resources of which the account knows all.
var emulatedKinds = []string{
	kindVirtualNetwork, kindPublicIP, kindNATGateway, kindIdentity, kindWorkspace, kindCluster,
}

// scopeExists refuses a scope that is not there. Of other kinds of resources
// than those, and of storage accounts and registries, which a platform may share
// with others, the account takes the ids as they are.
func (a *Account) scopeExists(tx *emulator.Tx, scope string) error {
	if strings.EqualFold(scope, a.subscription()) || !inside(scope, a.subscription()) {
		return nil
	}
	for _, o := range tx.Objects() {
		if strings.EqualFold(o.ID, scope) || o.Token == tokenCluster && inside(scope, a.groupID(o.Outputs.String("nodeResourceGroup"))) {
			return nil
		}
	}
	group := a.groupID(groupOf(scope))
	if _, found := find(tx, tokenResourceGroup, group); !found && strings.EqualFold(scope, group) {
		return groupNotFound(groupOf(scope))
	}
	known := slices.ContainsFunc(emulatedKinds, func(kind string) bool { return inside(scope, group+"/providers/"+kind) })
	if known {
		_, resource, _ := strings.Cut(scope, "/providers/")
		return refuse("ResourceNotFound", "The Resource '%s' under resource group '%s' was not found. "+
			"For more details please go to https://aka.ms/ARMResourceNotFoundFix", resource, groupOf(scope))
	}
	return nil
}

// principalFits refuses a principal that is not there or that is something else
// than the request says. Users and groups are in a directory that the account
// does not know; managed identities it knows all.
func (a *Account) principalFits(tx *emulator.Tx, in emulator.Properties) error {
	id, given := in.String("principalId"), in.String("principalType")
	known := strings.EqualFold(id, callerID) || slices.ContainsFunc(tx.Objects(), func(o emulator.Object) bool {
		return slices.ContainsFunc(principalsOf(o), func(own string) bool { return strings.EqualFold(own, id) })
	})
	switch {
	case !known && (given == "" || given == servicePrincipal):
		return refuse("PrincipalNotFound", "Principal %s does not exist in the directory %s. Check that you have the correct principal ID. "+
			"If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. "+
			"In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. "+
			"See https://aka.ms/docs-principaltype", strings.ReplaceAll(id, "-", ""), a.settings().tenant)
	case known && given != "" && given != typeOf(id):
		return refuse("UnmatchedPrincipalType", "The PrincipalId '%s' has type '%s' , which is different from specified PrinciaplType '%s'.",
			strings.ReplaceAll(id, "-", ""), typeOf(id), given)
	}
	return nil
}

// typeOf a principal that the account knows.
func typeOf(principal string) string {
	if strings.EqualFold(principal, callerID) {
		return "User"
	}
	return servicePrincipal
}

// principalsOf are the identities that an object brings with it.
func principalsOf(o emulator.Object) []string {
	var found []string
	for _, path := range map[string][]string{
		tokenIdentity: {"principalId"},
		tokenCluster:  {"identity.principalId", "identityProfile.kubeletidentity.objectId"},
	}[o.Token] {
		if id := o.Outputs.String(path); id != "" {
			found = append(found, id)
		}
	}
	return found
}

// permits tells whether a principal has one of some roles on a resource or on
// anything around it.
func permits(tx *emulator.Tx, principal, resource string, roles ...string) bool {
	return slices.ContainsFunc(tx.Of(tokenRoleAssignment), func(o emulator.Object) bool {
		return strings.EqualFold(o.Inputs.String("principalId"), principal) &&
			inside(resource, o.Inputs.String("scope")) && slices.Contains(roles, roleOf(o.Inputs))
	})
}
