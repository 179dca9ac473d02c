package gcp

import (
	"fmt"
	"net/netip"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// The sizes of the ranges of a subnetwork.
// https://cloud.google.com/vpc/docs/subnets#ipv4-ranges
const widestRange, narrowestRange = 4, 29

// logIntervals of the flow logs of a subnetwork.
var logIntervals = []string{
	"INTERVAL_5_SEC", "INTERVAL_30_SEC", "INTERVAL_1_MIN", "INTERVAL_5_MIN", "INTERVAL_10_MIN", "INTERVAL_15_MIN",
}

func (a *Account) subnetwork() emulator.Type {
	return emulator.Type{
		Token:  tokenSubnetwork,
		Source: "hashicorp/terraform-provider-google google/services/compute/resource_compute_subnetwork.go",
		Replace: []string{
			"description", "externalIpv6Prefix", "name", "network", "project", "purpose", "region",
		},
		ReplaceIf: rangeShrinks,
		Sets:      []string{"logConfig.metadataFields"},
		Name:      &emulator.AutoName{Property: "name", MaxLength: maxName},
		Volatile:  func(emulator.Properties, emulator.Properties) []string { return []string{"fingerprint"} },
		Refs:      []emulator.Ref{networkRef()},
		InUse:     inUse("subnetwork"),
		Taken:     alreadyExists,
		Validate: rules.All(
			nameRule("name"), nameRule("secondaryIpRanges[].rangeName"),
			rules.Network("ipCidrRange", widestRange, narrowestRange),
			rules.Network("secondaryIpRanges[].ipCidrRange", widestRange, narrowestRange),
			rules.OneOf("role", "ACTIVE", "BACKUP"), rules.OneOf("stackType", "IPV4_ONLY", "IPV4_IPV6"),
			rules.OneOf("logConfig.aggregationInterval", logIntervals...),
			rules.OneOf("logConfig.metadata", "EXCLUDE_ALL_METADATA", "INCLUDE_ALL_METADATA", "CUSTOM_METADATA"),
			rangesApart,
		),
		Create: a.createSubnetwork,
		Update: func(op *emulator.Op) error {
			if err := rangesInUse(op); err != nil {
				return err
			}
			return settleSubnetwork(op)
		},
	}
}

// rangeShrinks replaces a subnetwork whose range becomes smaller: it can only
// grow in place.
func rangeShrinks(olds, news emulator.Properties) []string {
	before, err := netip.ParsePrefix(olds.String("ipCidrRange"))
	if err != nil {
		return nil
	}
	after, err := netip.ParsePrefix(news.String("ipCidrRange"))
	if err != nil || after.Bits() > before.Bits() || !after.Contains(before.Addr()) {
		return []string{"ipCidrRange"}
	}
	return nil
}

// rangesApart refuses a subnetwork whose own ranges overlap or share a name.
func rangesApart(in emulator.Properties) error {
	own := rangesOf(in)
	for i, r := range own {
		for j, other := range own[:i] {
			if j > 0 && other.name == r.name {
				return invalidField(r.field+".rangeName", r.name, "Secondary ranges have duplicate names.")
			}
			if other.prefix.Overlaps(r.prefix) {
				return invalidField(r.field, r.prefix.String(), "Invalid IPCidrRange: %s conflicts with the range %s of the same subnetwork.", r.prefix, other.prefix)
			}
		}
	}
	return nil
}

func (a *Account) createSubnetwork(op *emulator.Op) error {
	o, out := op.Object, op.Out()
	region, err := a.region(out)
	if err != nil {
		return err
	}
	out["region"] = region
	o.ID = fmt.Sprintf("projects/%s/regions/%s/subnetworks/%s", out.String("project"), region, out.String("name"))
	out["selfLink"] = computeHost + o.ID
	out["creationTimestamp"] = timestamp()
	out["purpose"] = orDefault(out, "purpose", "PRIVATE")
	return settleSubnetwork(op)
}

// settleSubnetwork refuses ranges that the network has no room for, and fills in
// what the request leaves open.
func settleSubnetwork(op *emulator.Op) error {
	out := op.Out()
	network, ok := networkOf(op.Tx, op.In().String("network"), out.String("project"))
	if !ok {
		return networkRef().Missing(op.In().String("network"))
	}
	out["network"] = network.Outputs.String("selfLink")
	if err := roomInNetwork(op, network); err != nil {
		return err
	}
	primary, err := netip.ParsePrefix(out.String("ipCidrRange"))
	if err != nil {
		return err
	}
	out["gatewayAddress"] = primary.Addr().Next().String()
	out["fingerprint"] = fingerprint(op.In())
	for name, value := range map[string]any{
		"privateIpGoogleAccess": false, "privateIpv6GoogleAccess": "DISABLE_GOOGLE_ACCESS", "stackType": "IPV4_ONLY",
	} {
		out[name] = orDefault(out, name, value)
	}
	return nil
}

// orDefault is an output, or what stands in for it when it is absent.
func orDefault(out emulator.Properties, name string, value any) any {
	if given, ok := out[name]; ok {
		return given
	}
	return value
}
