package gcp

import (
	"regexp"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// accountForm is that of the id of a service account.
var accountForm = regexp.MustCompile(`^[a-z]([-a-z0-9]{4,28}[a-z0-9])$`)

func (a *Account) serviceAccount() emulator.Type {
	return emulator.Type{
		Token:    tokenServiceAccount,
		Source:   "hashicorp/terraform-provider-google google/services/resourcemanager/resource_google_service_account.go",
		Replace:  []string{"accountId", "project"},
		Defaults: emulator.Properties{"disabled": false},
		Validate: rules.All(
			rules.Matching("accountId", accountForm, "6 to 30 lower-case letters, digits and '-', beginning with a letter and not ending with '-'"),
			func(in emulator.Properties) error {
				if n := len(in.String("description")); n > 256 {
					return rules.Invalid("description", "is %d characters long, expected at most 256", n)
				}
				return nil
			},
		),
		Taken: func(o emulator.Object) error {
			return conflict("alreadyExists", "Service account %s already exists within project projects/%s.",
				o.Outputs.String("accountId"), o.Outputs.String("project"))
		},
		Create: func(op *emulator.Op) error {
			out := op.Out()
			project := out.String("project")
			email := out.String("accountId") + "@" + project + ".iam.gserviceaccount.com"
			op.Object.ID = "projects/" + project + "/serviceAccounts/" + email
			out["name"] = op.Object.ID
			out["email"], out["member"] = email, "serviceAccount:"+email
			out["uniqueId"] = numericID(21)
			if op.In().Bool("createIgnoreAlreadyExists") {
				return adopt(op)
			}
			return nil
		},
	}
}

// accountByEmail is the service account of the program's with this address.
func accountByEmail(tx *emulator.Tx, email string) (emulator.Object, bool) {
	return tx.Find(tokenServiceAccount, func(o emulator.Object) bool { return o.Outputs.String("email") == email })
}
