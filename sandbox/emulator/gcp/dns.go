package gcp

import (
	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// zoneMember is the table of grants on DNS zones. The account has no zones of its
// own, and takes every name that a zone can have for one that exists.
func (a *Account) zoneMember() emulator.Type {
	t := member(tokenZoneMember, "dns/iam_dns_managed_zone.go", "managedZone", zoneRoles, nil,
		func(op *emulator.Op) error { return a.memberExists(op, op.Out().String("project")) })
	t.Replace = append(t.Replace, "project")
	t.Validate = rules.All(t.Validate, rules.Matching("managedZone", repositoryForm, "the name of a managed zone: 1 to 63 lower-case letters, digits and '-', beginning with a letter"))
	t.Create = placed(t.Create, func(op *emulator.Op) (string, error) {
		return "projects/" + op.Out().String("project") + "/managedZones/" + lastOf(op.In().String("managedZone")), nil
	})
	return t
}
