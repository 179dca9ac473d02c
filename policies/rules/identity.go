package rules

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/naming"
)

var identityRules = []Rule{
	{
		ID: "iam-no-wildcard", Group: Clusters, Level: Mandatory,
		Says:   "No policy or role of the cloud allows everything.",
		Why:    "What a pod or node may do is what an intruder may do. A star means everything there is, and everything there will be.",
		Fix:    "Name the actions and the resources. On AWS, write access to all resources needs a Condition; on Google Cloud and Azure, take a role for the task instead of Owner, Editor or Contributor.",
		Except: "For a role that only people use, and only in an emergency.",
		Like:   []string{"CKV_AWS_62", "CKV_AWS_63", "CKV_AWS_290", "CKV_AWS_355", "AWS-0057", "CKV_GCP_117", "GCP-0007"},
		Parameters: []Parameter{
			{Name: "managedPolicies", Default: []string{"AdministratorAccess", "PowerUserAccess", "IAMFullAccess"}, Says: "Managed policies of AWS that must not be attached."},
			{Name: "gcpRoles", Default: []string{"roles/owner", "roles/editor"}, Says: "Roles of Google Cloud that must not be granted."},
			{Name: "azureRoles", Default: []string{
				"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", // Owner
				"b24988ac-6180-42a0-ab88-20f7382dd24c", // Contributor
				"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", // User Access Administrator
			}, Says: "Ids of built-in roles of Azure that must not be assigned: Owner, Contributor, User Access Administrator."},
		},
		Types: []string{typeRolePolicy, typePolicyAWS, typeRoleAWS, typeRoleAttachment, typeProjectMember, typeProjectRole, typeRoleAssignment},
		Judge: noWildcard,
	},
	{
		ID: "iam-trust-named", Group: Clusters, Level: Mandatory,
		Says:   "A role of AWS is assumed by named principals only.",
		Why:    "A trust policy for everyone makes the role a public door, whatever its permissions are now.",
		Fix:    "Name the service, the account or the OIDC provider in the Principal of assumeRolePolicy.",
		Except: "Never.",
		Like:   []string{"CKV_AWS_60", "CKV_AWS_61"},
		Types:  []string{typeRoleAWS}, Judge: trustNamed,
	},
	{
		ID: "rbac-no-wildcard", Group: Clusters, Level: Mandatory,
		Says:   "No role of the cluster allows everything, and nobody is bound to cluster-admin by the program.",
		Why:    "A service account with a star can read every secret and become every other account.",
		Fix:    "List verbs and resources in the Role; grant people their rights through gantry:cluster.admins.",
		Except: "For an operator that manages arbitrary objects, by its name.",
		Like:   []string{"CKV_K8S_49", "KSV-0044", "KSV-0045", "KSV-0046", "KSV-0111"},
		Types:  []string{typeRoleK8s, typeClusterRole, typeRoleBinding, typeClusterBinding}, Judge: rbacNamed,
	},
}

// statement is one statement of a policy of AWS.
type statement struct {
	effect             string
	actions, resources []string
	principals         []string
	conditional        bool
}

// statements reads a policy document of AWS; nothing where it is not known or
// not JSON. Every list in it may also be a single value.
func statements(document Value) []statement {
	var policy struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(document.Text()), &policy) != nil {
		return nil
	}
	type fields struct {
		Effect                      string
		Action, NotAction, Resource any
		Principal, NotPrincipal     any
		Condition                   map[string]any
	}
	var all []fields
	if json.Unmarshal(policy.Statement, &all) != nil {
		var one fields
		if json.Unmarshal(policy.Statement, &one) != nil {
			return nil
		}
		all = []fields{one}
	}
	var out []statement
	for _, f := range all {
		s := statement{
			effect: f.Effect, actions: texts(f.Action), resources: texts(f.Resource),
			principals: texts(f.Principal), conditional: len(f.Condition) > 0,
		}
		if f.NotAction != nil {
			s.actions = append(s.actions, "*")
		}
		if f.NotPrincipal != nil {
			s.principals = append(s.principals, "*")
		}
		out = append(out, s)
	}
	return out
}

// texts flattens a text, a list of texts or a map of either.
func texts(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, element := range value {
			all = append(all, texts(element)...)
		}
		return all
	case map[string]any:
		var all []string
		for _, element := range value {
			all = append(all, texts(element)...)
		}
		return all
	default:
		return nil
	}
}

// readsOnly are actions that change nothing; many of them can be allowed for
// all resources only.
var readsOnly = regexp.MustCompile(`^[a-z0-9-]+:(Describe|Get|List|BatchGet|Lookup)[A-Za-z]*\*?$`)

func noWildcard(r Resource, p Values) []string {
	switch r.Type {
	case typeRolePolicy, typePolicyAWS:
		return wideStatements("policy", r.At("policy"))
	case typeRoleAWS:
		var problems []string
		for _, inline := range r.At("inlinePolicies").List() {
			problems = append(problems, wideStatements("inlinePolicies", inline.At("policy"))...)
		}
		for _, arn := range r.At("managedPolicyArns").Texts() {
			problems = append(problems, widePolicy("managedPolicyArns", arn, p)...)
		}
		return problems
	case typeRoleAttachment:
		return widePolicy("policyArn", r.At("policyArn").Text(), p)
	case typeProjectMember, typeProjectRole:
		if role := r.At("role").Text(); slices.Contains(p.Texts("gcpRoles"), role) {
			return []string{fmt.Sprintf("role is %s", role)}
		}
	case typeRoleAssignment:
		id := r.At("roleDefinitionId").Text()
		if slices.Contains(p.Texts("azureRoles"), id[strings.LastIndex(id, "/")+1:]) {
			return []string{fmt.Sprintf("roleDefinitionId is %s, which may do everything in its scope", id)}
		}
	}
	return nil
}

func widePolicy(at, arn string, p Values) []string {
	if slices.Contains(p.Texts("managedPolicies"), arn[strings.LastIndex(arn, "/")+1:]) {
		return []string{fmt.Sprintf("%s is %s", at, arn)}
	}
	return nil
}

func wideStatements(at string, document Value) []string {
	var problems []string
	for _, s := range statements(document) {
		if s.effect != "Allow" {
			continue
		}
		everywhere := slices.Contains(s.resources, "*")
		for _, action := range s.actions {
			switch {
			case action == "*" || strings.HasSuffix(action, ":*"):
				problems = append(problems, fmt.Sprintf("%s allows the action %s", at, action))
			case everywhere && !s.conditional && !readsOnly.MatchString(action):
				problems = append(problems, fmt.Sprintf("%s allows %s on all resources, without a condition", at, action))
			}
		}
	}
	return problems
}

func trustNamed(r Resource, _ Values) []string {
	for _, s := range statements(r.At("assumeRolePolicy")) {
		if s.effect == "Allow" && !s.conditional && slices.Contains(s.principals, "*") {
			return []string{"assumeRolePolicy lets everyone assume the role"}
		}
	}
	return nil
}

func rbacNamed(r Resource, _ Values) []string {
	if r.Is(typeRoleBinding, typeClusterBinding) {
		if r.At("roleRef", "name").Is("cluster-admin") {
			return []string{"roleRef is cluster-admin"}
		}
		return nil
	}
	var problems []string
	for _, rule := range r.At("rules").List() {
		for _, field := range []string{"verbs", "resources"} {
			if slices.Contains(rule.At(field).Texts(), "*") {
				problems = append(problems, fmt.Sprintf("a rule for %s has a star in %s", strings.Join(rule.At("apiGroups").Texts(), ", "), field))
			}
		}
	}
	return problems
}

// tagKey is how a tag is compared: clouds refuse different characters in it,
// and Google Cloud takes lower case only.
func tagKey(key string) string {
	return notInTags.ReplaceAllString(strings.ToLower(key), "-")
}

var notInTags = regexp.MustCompile(`[^a-z0-9]+`)

// gantryTags are the tags that the program sets by itself.
var gantryTags = []string{naming.TagPlatform, naming.TagStack}
