package quota

import (
	"regexp"

	"gantry.dev/gantry/modules/spec"
)

// azureFamilies are the quotas of Azure's VM series, by series: the size without
// its number of virtual CPUs. Sources: Red Hat, OpenShift documentation, "Tested
// instance types for Azure"; skypilot-org/skypilot, fetch_azure.py.
var azureFamilies = map[string]string{
	"Ds_v5":         "standardDSv5Family",
	"Das_v5":        "standardDASv5Family",
	"Dds_v5":        "standardDDSv5Family",
	"Dads_v5":       "standardDADSv5Family",
	"Ds_v6":         "StandardDsv6Family",
	"Das_v6":        "standardDav6Family",
	"Dps_v5":        "standardDPSv5Family",
	"Dps_v6":        "StandardDpsv6Family",
	"Es_v5":         "standardESv5Family",
	"Eas_v5":        "standardEASv5Family",
	"Es_v6":         "StandardEsv6Family",
	"Eas_v6":        "standardEav6Family",
	"Eps_v5":        "standardEPSv5Family",
	"Eps_v6":        "StandardEpsv6Family",
	"Fs_v2":         "standardFSv2Family",
	"NCas_T4_v3":    "Standard NCASv3_T4 Family",
	"NVads_A10_v5":  "StandardNVADSA10v5Family",
	"NVadms_A10_v5": "StandardNVADSA10v5Family",
	"NCads_A100_v4": "StandardNCADSA100v4Family",
	"NCads_H100_v5": "StandardNCadsH100v5Family",
	// The two-GPU size of the series.
	"NCadis_H100_v5": "StandardNCadsH100v5Family",
	"NDasr_v4":       "Standard NDASv4_A100 Family",
	"NDamsr_A100_v4": "standardNDAMSv4_A100Family",
	"NDisr_H100_v5":  "standardNDSH100v5Family",
	"NDisr_H200_v5":  "standardNDISRH200V5Family",
}

// azureSize is a size: Standard_, the series, the number of virtual CPUs, and
// the rest of the series.
var azureSize = regexp.MustCompile(`^Standard_([A-Z]+)[0-9]+([a-z]*_.+)$`)

// azureFamilyOf is the quota that an on-demand machine counts against.
func azureFamilyOf(machineType string) (string, bool) {
	parts := azureSize.FindStringSubmatch(machineType)
	if parts == nil {
		return "", false
	}
	family, ok := azureFamilies[parts[1]+parts[2]]
	return family, ok
}

// azure adds what Azure grants to a subscription in a location. Spot machines
// have one quota for all families, and count against no other.
func (t *tally) azure(plans []spec.PoolPlan) {
	for _, plan := range plans {
		machine := plan.Machines[0]
		vcpu := t.perNode(plan, machine.VCPU)
		if plan.Capacity == spec.CapacitySpot {
			t.add(Need{Name: "Total Regional Spot vCPUs", Code: "lowPriorityCores", Unit: UnitVCPU, Needed: vcpu})
			continue
		}
		if family, ok := azureFamilyOf(machine.Type); ok {
			t.add(Need{Name: family + " vCPUs", Code: family, Unit: UnitVCPU, Needed: vcpu})
		}
		t.add(Need{Name: "Total Regional vCPUs", Code: "cores", Unit: UnitVCPU, Needed: vcpu})
	}
	t.add(Need{Name: "Public IP addresses - Standard", Code: "StandardSkuPublicIpAddresses", Needed: 1, Note: "for NAT"})
	t.add(Need{Name: "Virtual networks", Code: "VirtualNetworks", Needed: 1})
}
