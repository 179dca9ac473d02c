package gcp

import (
	"fmt"
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

func (a *Account) router() emulator.Type {
	return emulator.Type{
		Token:    tokenRouter,
		Source:   "hashicorp/terraform-provider-google google/services/compute/resource_compute_router.go",
		Replace:  []string{"encryptedInterconnectRouter", "name", "network", "project", "region"},
		Name:     &emulator.AutoName{Property: "name", MaxLength: maxName},
		Refs:     []emulator.Ref{networkRef()},
		Taken:    alreadyExists,
		Validate: rules.All(nameRule("name"), rules.OneOf("bgp.advertiseMode", "DEFAULT", "CUSTOM"), advertisesCustom),
		Create: func(op *emulator.Op) error {
			o, out := op.Object, op.Out()
			region, err := a.region(out)
			if err != nil {
				return err
			}
			out["region"] = region
			o.ID = fmt.Sprintf("projects/%s/regions/%s/routers/%s", out.String("project"), region, out.String("name"))
			out["selfLink"] = computeHost + o.ID
			out["creationTimestamp"] = timestamp()
			return settleRouter(op)
		},
		Update: settleRouter,
		Delete: func(op *emulator.Op) error { // a NAT is a part of its router
			return drop(op.Tx, natsOf(op.Tx, *op.Object))
		},
	}
}

func settleRouter(op *emulator.Op) error {
	network, ok := networkOf(op.Tx, op.In().String("network"), op.Out().String("project"))
	if !ok {
		return networkRef().Missing(op.In().String("network"))
	}
	op.Out()["network"] = network.Outputs.String("selfLink")
	return nil
}

func advertisesCustom(in emulator.Properties) error {
	if in.Has("bgp") && in.String("bgp.advertiseMode") != "CUSTOM" && in.Known("bgp.advertiseMode") &&
		(in.Has("bgp.advertisedGroups[0]") || in.Has("bgp.advertisedIpRanges[0]")) {
		return rules.Invalid("bgp", "cannot have advertisedGroups or advertisedIpRanges with advertiseMode DEFAULT")
	}
	return nil
}

// What a NAT translates.
const (
	allRanges        = "ALL_SUBNETWORKS_ALL_IP_RANGES"
	allPrimaryRanges = "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES"
	listedRanges     = "LIST_OF_SUBNETWORKS"
)

func (a *Account) routerNAT() emulator.Type {
	return emulator.Type{
		Token:   tokenRouterNAT,
		Source:  "hashicorp/terraform-provider-google google/services/compute/resource_compute_router_nat.go",
		Replace: []string{"endpointTypes", "name", "project", "region", "router", "type"},
		Sets:    []string{"drainNatIps", "natIps", "rules", "subnetworks", "subnetworks[].sourceIpRangesToNats", "subnetworks[].secondaryIpRangeNames"},
		Name:    &emulator.AutoName{Property: "name", MaxLength: maxName},
		Defaults: emulator.Properties{
			"icmpIdleTimeoutSec": 30, "tcpEstablishedIdleTimeoutSec": 1200, "tcpTimeWaitTimeoutSec": 120,
			"tcpTransitoryIdleTimeoutSec": 30, "type": "PUBLIC", "udpIdleTimeoutSec": 30,
		},
		Refs: []emulator.Ref{
			{Path: "router", To: byReference(tokenRouter, false), Missing: func(value string) error {
				return notFound("The resource '%s' was not found", value)
			}},
			{Path: "subnetworks[].name", To: byReference(tokenSubnetwork, true), Missing: func(value string) error {
				return invalidField("nats[0].subnetworks[0].name", value, "The referenced subnetwork resource cannot be found.")
			}},
		},
		Taken: func(o emulator.Object) error {
			return conflict("", "Unable to create RouterNat, existing object already found: %s", lastOf(o.ID))
		},
		Validate: rules.All(
			nameRule("name"), rules.OneOf("sourceSubnetworkIpRangesToNat", allRanges, allPrimaryRanges, listedRanges),
			rules.OneOf("natIpAllocateOption", "MANUAL_ONLY", "AUTO_ONLY"), rules.OneOf("type", "PUBLIC", "PRIVATE"),
			rules.OneOf("logConfig.filter", "ERRORS_ONLY", "TRANSLATIONS_ONLY", "ALL"),
			rules.Between("minPortsPerVm", 2, 65536), natShape,
		),
		Create: func(op *emulator.Op) error {
			o, out := op.Object, op.Out()
			region, err := a.region(out)
			if err != nil {
				return err
			}
			project := out.String("project")
			router, ok := named(op.Tx, tokenRouter, op.In().String("router"), inSame("project", project, "region", region))
			if !ok {
				return notFound("The resource 'projects/%s/regions/%s/routers/%s' was not found", project, region, lastOf(op.In().String("router")))
			}
			out["region"] = region
			o.ID = fmt.Sprintf("%s/%s/%s/%s", project, region, router.Outputs.String("name"), out.String("name"))
			o.State = emulator.Properties{"router": router.ID}
			return settleNAT(op)
		},
		Update: settleNAT,
	}
}

func natShape(in emulator.Properties) error {
	manual, listed := in.String("natIpAllocateOption") == "MANUAL_ONLY", in.String("sourceSubnetworkIpRangesToNat") == listedRanges
	switch {
	case in.String("type") != "PRIVATE" && !in.Has("natIpAllocateOption"):
		return badRequest("Required field 'resource.nats[0].natIpAllocateOption' not specified")
	case manual && !in.Has("natIps[0]") && in.Known("natIps"):
		return badRequest("At least one NAT IP must be specified with natIpAllocateOption MANUAL_ONLY.")
	case !manual && in.Has("natIps[0]"):
		return badRequest("NAT IPs must not be specified with natIpAllocateOption AUTO_ONLY.")
	case listed && !in.Has("subnetworks[0]") && in.Known("subnetworks"):
		return badRequest("Subnetworks must be specified with sourceSubnetworkIpRangesToNat LIST_OF_SUBNETWORKS.")
	case !listed && in.Known("sourceSubnetworkIpRangesToNat") && in.Has("subnetworks[0]"):
		return badRequest("Subnetworks must not be specified with sourceSubnetworkIpRangesToNat %s.", in.String("sourceSubnetworkIpRangesToNat"))
	}
	return nil
}

// settleNAT refuses a second NAT for the same subnetworks, and fills in what the
// request leaves open.
func settleNAT(op *emulator.Op) error {
	out := op.Out()
	router := get(op.Tx, tokenRouter, op.Object.State.String("router"))
	all := func(o emulator.Properties) bool { return o.String("sourceSubnetworkIpRangesToNat") != listedRanges }
	for _, other := range op.Of(tokenRouterNAT) {
		its := get(op.Tx, tokenRouter, other.State.String("router"))
		sameNetwork := its.Outputs.String("network") == router.Outputs.String("network") && its.Outputs.String("region") == router.Outputs.String("region")
		if other.ID != op.Object.ID && sameNetwork && all(other.Outputs) && all(out) {
			return badRequest("NAT %s of router %s already translates all subnetworks of network %s in region %s",
				other.Outputs.String("name"), its.Outputs.String("name"), lastOf(its.Outputs.String("network")), its.Outputs.String("region"))
		}
	}
	for name, value := range map[string]any{
		"autoNetworkTier": "PREMIUM", "enableDynamicPortAllocation": false, "minPortsPerVm": 64,
		"enableEndpointIndependentMapping": false, "endpointTypes": emulator.Strings("ENDPOINT_TYPE_VM"),
	} {
		out[name] = orDefault(out, name, value)
	}
	return nil
}

// natsOf are the NATs of a router.
func natsOf(tx *emulator.Tx, router emulator.Object) []emulator.Object {
	return slices.DeleteFunc(tx.Of(tokenRouterNAT), func(o emulator.Object) bool { return o.State.String("router") != router.ID })
}

// translated tells whether a NAT stands between a subnetwork and the internet,
// for its primary range, in which the nodes are.
func translated(tx *emulator.Tx, subnetwork emulator.Object) bool {
	for _, router := range tx.Of(tokenRouter) {
		if router.Outputs.String("network") != subnetwork.Outputs.String("network") ||
			router.Outputs.String("region") != subnetwork.Outputs.String("region") {
			continue
		}
		for _, nat := range natsOf(tx, router) {
			if nat.Outputs.String("sourceSubnetworkIpRangesToNat") != listedRanges || listsSubnetwork(nat, subnetwork) {
				return true
			}
		}
	}
	return false
}

func listsSubnetwork(nat, subnetwork emulator.Object) bool {
	return slices.ContainsFunc(nat.Inputs.Objects("subnetworks"), func(entry emulator.Properties) bool {
		name := entry.String("name")
		return name == subnetwork.ID || name == subnetwork.Outputs.String("selfLink") || name == subnetwork.Outputs.String("name")
	})
}
