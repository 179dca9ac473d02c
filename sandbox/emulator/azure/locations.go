package azure

import (
	"maps"
	"slices"
	"strings"
)

// regions are the public regions, and whether they have availability zones.
// https://learn.microsoft.com/azure/reliability/regions-list
var regions = map[string]bool{
	"australiacentral": false, "australiaeast": true, "australiasoutheast": false, "austriaeast": true,
	"belgiumcentral": true, "brazilsouth": true, "canadacentral": true, "canadaeast": false, "centralindia": true,
	"centralus": true, "chilecentral": true, "eastasia": true, "eastus": true, "eastus2": true, "francecentral": true,
	"germanywestcentral": true, "indonesiacentral": true, "israelcentral": true, "italynorth": true, "japaneast": true,
	"japanwest": true, "koreacentral": true, "koreasouth": false, "malaysiawest": true, "mexicocentral": true,
	"newzealandnorth": true, "northcentralus": false, "northeurope": true, "norwayeast": true, "polandcentral": true,
	"qatarcentral": true, "southafricanorth": true, "southcentralus": true, "southeastasia": true, "southindia": false,
	"spaincentral": true, "swedencentral": true, "switzerlandnorth": true, "uaenorth": true, "uksouth": true,
	"ukwest": false, "westcentralus": false, "westeurope": true, "westindia": false, "westus": false, "westus2": true,
	"westus3": true,
}

func regionNames() []string { return slices.Sorted(maps.Keys(regions)) }

// normalLocation is the short form of a location: West US 2 is westus2.
func normalLocation(location string) string {
	return strings.ToLower(strings.ReplaceAll(location, " ", ""))
}

// zoneNumbers are the availability zones of a region with zones.
var zoneNumbers = []string{"1", "2", "3"}

// zonesOf are the availability zones of a location.
func zonesOf(location string) []string {
	if regions[normalLocation(location)] {
		return zoneNumbers
	}
	return nil
}
