package gcp

import (
	"regexp"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// nameForm is that of Compute Engine's resources (RFC 1035).
var nameForm = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)

// maxName is the length of a name in Compute Engine.
const maxName = 63

// nameRule takes a name of Compute Engine.
func nameRule(path string) rules.Check {
	return rules.Matching(path, nameForm, "1 to 63 lower-case letters, digits and '-', beginning with a letter and not ending with '-'")
}

// mtuRange: https://cloud.google.com/vpc/docs/mtu
const leastMTU, greatestMTU = 1300, 8896

func (a *Account) network() emulator.Type {
	return emulator.Type{
		Token:  tokenNetwork,
		Source: "hashicorp/terraform-provider-google google/services/compute/resource_compute_network.go",
		Replace: []string{
			"autoCreateSubnetworks", "description", "enableUlaInternalIpv6", "internalIpv6Range", "mtu", "name", "project",
		},
		Name: &emulator.AutoName{Property: "name", MaxLength: maxName},
		Defaults: emulator.Properties{
			"autoCreateSubnetworks": true, "deleteDefaultRoutesOnCreate": false,
			"networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
		},
		InUse: inUse("network"),
		Taken: alreadyExists,
		Validate: rules.All(
			nameRule("name"), rules.OneOf("routingMode", "REGIONAL", "GLOBAL"), rules.Between("mtu", leastMTU, greatestMTU),
			rules.OneOf("networkFirewallPolicyEnforcementOrder", "BEFORE_CLASSIC_FIREWALL", "AFTER_CLASSIC_FIREWALL"),
		),
		Create: func(op *emulator.Op) error {
			o, out := op.Object, op.Out()
			o.ID = "projects/" + out.String("project") + "/global/networks/" + out.String("name")
			out["selfLink"] = computeHost + o.ID
			out["numericId"] = numericID(19)
			return settleNetwork(op)
		},
		Update: settleNetwork,
	}
}

func settleNetwork(op *emulator.Op) error {
	if out := op.Out(); !out.Has("routingMode") {
		out["routingMode"] = "REGIONAL"
	}
	return nil
}
