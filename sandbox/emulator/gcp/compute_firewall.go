package gcp

import (
	"net/netip"
	"regexp"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

var portForm = regexp.MustCompile(`^\d{1,5}(-\d{1,5})?$`)

func (a *Account) firewall() emulator.Type {
	return emulator.Type{
		Token:   tokenFirewall,
		Source:  "hashicorp/terraform-provider-google google/services/compute/resource_compute_firewall.go",
		Replace: []string{"direction", "name", "project"},
		Sets: []string{
			"allows", "denies", "destinationRanges", "sourceRanges", "sourceServiceAccounts", "sourceTags",
			"targetServiceAccounts", "targetTags",
		},
		Name:     &emulator.AutoName{Property: "name", MaxLength: 255},
		Defaults: emulator.Properties{"direction": "INGRESS", "disabled": false, "priority": 1000},
		Refs:     []emulator.Ref{networkRef()},
		Taken:    alreadyExists,
		Validate: rules.All(
			nameRule("name"), rules.ExactlyOne("allows", "denies"), rules.OneOf("direction", "INGRESS", "EGRESS"),
			rules.Between("priority", 0, 65535),
			rules.OneOf("logConfig.metadata", "EXCLUDE_ALL_METADATA", "INCLUDE_ALL_METADATA"),
			rules.Matching("allows[].ports[]", portForm, "a port or a range of ports such as 8000-8999"),
			rules.Matching("denies[].ports[]", portForm, "a port or a range of ports such as 8000-8999"),
			rules.Apart("sourceTags", "sourceServiceAccounts"), rules.Apart("sourceTags", "targetServiceAccounts"),
			rules.Apart("targetTags", "sourceServiceAccounts"), rules.Apart("targetTags", "targetServiceAccounts"),
			ranges("sourceRanges"), ranges("destinationRanges"), selectsTraffic,
		),
		Create: func(op *emulator.Op) error {
			o, out := op.Object, op.Out()
			o.ID = "projects/" + out.String("project") + "/global/firewalls/" + out.String("name")
			out["selfLink"] = computeHost + o.ID
			out["creationTimestamp"] = timestamp()
			return settleFirewall(op)
		},
		Update: settleFirewall,
	}
}

func settleFirewall(op *emulator.Op) error {
	network, ok := networkOf(op.Tx, op.In().String("network"), op.Out().String("project"))
	if !ok {
		return networkRef().Missing(op.In().String("network"))
	}
	op.Out()["network"] = network.Outputs.String("selfLink")
	return nil
}

// ranges takes IP ranges, of either version.
func ranges(path string) rules.Check {
	return func(in emulator.Properties) error {
		for _, s := range in.Strings(path) {
			if _, err := netip.ParsePrefix(s); err != nil {
				return invalidField(path, s, "Must be a valid CIDR address range.")
			}
		}
		return nil
	}
}

// selectsTraffic refuses a rule for incoming traffic that does not say from
// where, and one for outgoing traffic that does with sources other than ranges.
func selectsTraffic(in emulator.Properties) error {
	egress := in.String("direction") == "EGRESS"
	if !egress && in.Known("direction") && !in.Has("sourceRanges") && !in.Has("sourceTags") && !in.Has("sourceServiceAccounts") {
		return badRequest("one of source_tags, source_ranges, or source_service_accounts must be defined")
	}
	for _, path := range []string{"sourceTags", "sourceServiceAccounts"} {
		if egress && in.Has(path) {
			return rules.Invalid(path, "cannot be used with direction EGRESS")
		}
	}
	return nil
}
