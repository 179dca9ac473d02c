package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	iamPrincipal   = regexp.MustCompile(`^arn:aws(-[a-z]+)*:iam::[0-9]{12}:(user|role)/[\w+=,.@/-]+$`)
	assumedRole    = regexp.MustCompile(`^arn:(aws(?:-[a-z]+)*):sts::([0-9]{12}):assumed-role/([^/]+)/.+$`)
	accountAsAdmin = regexp.MustCompile(`^(arn:aws(-[a-z]+)*:iam::)?[0-9]{12}(:root)?$`)
)

// checkAdmins checks the identities with full rights, which each cloud names
// its own way.
func checkAdmins(r *report, at string, cloud Cloud, admins []string) {
	judge := map[Cloud]func(admin string) (what, fix string){
		AWS: judgeIAMAdmin, GCP: judgeMember, Azure: judgeEntraGroup,
	}[cloud]
	if judge == nil {
		return
	}
	for i, admin := range admins {
		at := fmt.Sprintf("%s[%d]", at, i)
		if what, fix := judge(admin); what != "" {
			r.add(at, admin, what, fix)
		} else if slices.ContainsFunc(admins[:i], func(other string) bool { return strings.EqualFold(other, admin) }) {
			r.add(at, admin, "is named twice", "remove one of the two")
		}
	}
}

func judgeIAMAdmin(admin string) (what, fix string) {
	switch session := assumedRole.FindStringSubmatch(admin); {
	case session != nil:
		return "is a session of a role, which ends", fmt.Sprintf("name the role: arn:%s:iam::%s:role/%s", session[1], session[2], session[3])
	case accountAsAdmin.MatchString(admin):
		return "is a whole account", "name a role or user, for example arn:aws:iam::111122223333:role/platform-admin"
	case !iamPrincipal.MatchString(admin):
		return "is not the ARN of an IAM user or role", "write it as arn:aws:iam::111122223333:role/platform-admin"
	case strings.Contains(admin, ":role/aws-service-role/"):
		return "is a service-linked role, which EKS refuses as an administrator", "name a role that people or CI assume"
	}
	return "", ""
}

// Members of an IAM policy of Google Cloud. Source:
// https://cloud.google.com/iam/docs/principal-identifiers
var (
	mailAddress  = regexp.MustCompile(`^[^\s@:]+@[a-z0-9.-]+\.[a-z]{2,}$`)
	mailMembers  = []string{"user", "group", "serviceAccount"}
	poolIdentity = regexp.MustCompile(`^principal(Set)?://iam\.googleapis\.com/\S+$`)
)

func judgeMember(admin string) (what, fix string) {
	const example = "group:ml@example.com"
	kind, name, _ := strings.Cut(admin, ":")
	switch {
	case admin == "allUsers" || admin == "allAuthenticatedUsers":
		return "is everybody on the internet", "name a group or a service account, for example " + example
	case kind == "domain" || kind == "projectOwner" || kind == "projectEditor" || kind == "projectViewer":
		return "is everybody in a domain or project", "name a group or a service account, for example " + example
	case kind == "deleted":
		return "is an identity that was deleted", "remove it"
	case poolIdentity.MatchString(admin):
		return "", ""
	case mailAddress.MatchString(strings.ToLower(admin)):
		return "does not say what it is", "write user:" + admin + ", group:" + admin + " or serviceAccount:" + admin
	case !slices.Contains(mailMembers, kind) || !mailAddress.MatchString(strings.ToLower(name)):
		return "is not a member of an IAM policy", "write it as user:, group: or serviceAccount: and an address, for example " + example
	}
	return "", ""
}

func judgeEntraGroup(admin string) (what, fix string) {
	switch {
	case admin == "00000000-0000-0000-0000-000000000000":
		return "is the id of nobody", "use the id that `az ad group show --group NAME --query id` prints"
	case !guid.MatchString(admin):
		return "is not the object id of an Entra group", "use the id that `az ad group show --group NAME --query id` prints"
	}
	return "", ""
}
