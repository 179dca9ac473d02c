package aws

import (
	"context"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// zone is an availability zone: its name in this account, and its id, which
// means the same place in every account.
type zone struct{ name, id string }

// zoneOrder is, for regions with more than three zones, the number that the id
// of zones a, b, c … ends in. Every account has its own order.
var zoneOrder = map[string][]string{
	"us-east-1": {"1", "2", "4", "6", "3", "5"},
	"us-west-2": {"2", "1", "3", "4"},
}

// withoutEKS are the zones that EKS has no room in for control planes.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
var withoutEKS = []string{"use1-az3", "usw1-az2", "cac1-az3"}

func (a *Account) zones() []zone {
	region := a.region()
	order, ok := zoneOrder[region]
	if !ok {
		order = []string{"1", "2", "3"}
	}
	zones := make([]zone, len(order))
	for i, n := range order {
		zones[i] = zone{name: region + string(rune('a'+i)), id: shortRegion(region) + "-az" + n}
	}
	return zones
}

// zone finds a zone by name or id.
func (a *Account) zone(nameOrID string) (zone, bool) {
	zones := a.zones()
	i := slices.IndexFunc(zones, func(z zone) bool { return z.name == nameOrID || z.id == nameOrID })
	if i < 0 {
		return zone{}, false
	}
	return zones[i], true
}

// shortRegion is the form of a region in zone ids: us-east-1 is use1,
// ap-southeast-2 is apse2.
func shortRegion(region string) string {
	parts := strings.Split(region, "-")
	short := parts[0]
	for _, part := range parts[1:] {
		for _, direction := range []string{"north", "south", "east", "west", "central", "gov"} {
			if strings.HasPrefix(part, direction) {
				short += direction[:1]
				part = part[len(direction):]
			}
		}
		if part != "" {
			short += part[:1]
		}
	}
	return short
}

// getAvailabilityZones answers aws.GetAvailabilityZones.
func (a *Account) getAvailabilityZones(_ context.Context, args emulator.Properties) (emulator.Properties, error) {
	zones := slices.DeleteFunc(a.zones(), func(z zone) bool {
		return slices.Contains(args.Strings("excludeNames"), z.name) ||
			slices.Contains(args.Strings("excludeZoneIds"), z.id) ||
			args.Has("state") && args.String("state") != "available"
	})
	for _, filter := range args.Objects("filters") {
		attribute, ok := zoneAttributes[filter.String("name")]
		if !ok {
			return nil, refuse("InvalidParameterValue", "The filter '%s' is invalid", filter.String("name"))
		}
		zones = slices.DeleteFunc(zones, func(z zone) bool {
			return !slices.Contains(filter.Strings("values"), attribute(a, z))
		})
	}
	result := emulator.Properties{"id": a.region(), "names": []any{}, "zoneIds": []any{}, "groupNames": []any{}}
	for _, z := range zones {
		result["names"] = append(result["names"].([]any), z.name)
		result["zoneIds"] = append(result["zoneIds"].([]any), z.id)
		result["groupNames"] = []any{a.region() + "-zg-1"}
	}
	for _, echoed := range []string{"state", "filters", "excludeNames", "excludeZoneIds", "allAvailabilityZones"} {
		if args.Has(echoed) {
			result[echoed] = args[echoed]
		}
	}
	return result, nil
}

// zoneAttributes are the filters of DescribeAvailabilityZones that the account
// knows. All its zones are ordinary ones.
var zoneAttributes = map[string]func(*Account, zone) string{
	"opt-in-status": func(*Account, zone) string { return "opt-in-not-required" },
	"zone-type":     func(*Account, zone) string { return "availability-zone" },
	"state":         func(*Account, zone) string { return "available" },
	"region-name":   func(a *Account, _ zone) string { return a.region() },
	"group-name":    func(a *Account, _ zone) string { return a.region() + "-zg-1" },
	"zone-name":     func(_ *Account, z zone) string { return z.name },
	"zone-id":       func(_ *Account, z zone) string { return z.id },
}
