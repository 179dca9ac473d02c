package gcp

import (
	"context"
	"maps"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
)

// regions of Google Cloud, with the letters of their zones. Zones for AI only,
// such as us-central1-ai1a, are left out: GKE takes no part of a cluster there
// unless it is asked to.
// https://cloud.google.com/compute/docs/regions-zones
var regions = zonesIn(`
africa-south1-abc
asia-east1-abc asia-east2-abc asia-northeast1-abc asia-northeast2-abc asia-northeast3-abc
asia-south1-abc asia-south2-abc asia-southeast1-abc asia-southeast2-abc
australia-southeast1-abc australia-southeast2-abc
europe-central2-abc europe-north1-abc europe-north2-abc europe-southwest1-abc europe-west1-bcd europe-west2-abc
europe-west3-abc europe-west4-abc europe-west6-abc europe-west8-abc europe-west9-abc europe-west10-abc europe-west12-abc
me-central1-abc me-central2-abc me-west1-abc
northamerica-northeast1-abc northamerica-northeast2-abc northamerica-south1-abc
southamerica-east1-abc southamerica-west1-abc
us-central1-abcf us-east1-bcd us-east4-abc us-east5-abc us-south1-abc
us-west1-abc us-west2-abc us-west3-abc us-west4-abc`)

// zonesIn reads a list of regions with the letters of zones into zones by region.
func zonesIn(list string) map[string][]string {
	found := map[string][]string{}
	for _, entry := range strings.Fields(list) {
		at := strings.LastIndexByte(entry, '-')
		region := entry[:at]
		for _, letter := range entry[at+1:] {
			found[region] = append(found[region], region+"-"+string(letter))
		}
	}
	return found
}

func regionNames() []string { return slices.Sorted(maps.Keys(regions)) }

// regionOf is the region of a location, which is a region or a zone; empty when
// there is no such place.
func regionOf(location string) string {
	if regions[location] != nil {
		return location
	}
	at := strings.LastIndexByte(location, '-')
	if at < 0 || !slices.Contains(regions[location[:at]], location) {
		return ""
	}
	return location[:at]
}

// isRegion tells a region from a zone.
func isRegion(location string) bool { return regions[location] != nil }

// getZones answers compute.GetZones.
func (a *Account) getZones(_ context.Context, args emulator.Properties) (emulator.Properties, error) {
	s := a.settings()
	if err := a.enabledNow("compute.googleapis.com"); err != nil {
		return nil, err
	}
	region, err := a.region(args)
	if err != nil {
		return nil, err
	}
	project := args.String("project")
	if project == "" {
		project = s.project
	}
	result := emulator.Properties{
		"id": "projects/" + project + "/regions/" + region, "project": project, "region": region,
		"names": emulator.Strings(regions[region]...),
	}
	if status := args.String("status"); status != "" {
		result["status"] = status
		if status == "DOWN" {
			result["names"] = []any{}
		}
	}
	return result, nil
}
