package spec

import (
	"slices"
	"strings"

	"gantry.dev/gantry/modules/accelerators"
)

// checkSharing tells whether the accelerators of a pool can be divided as it
// says, and reports it where they cannot.
func checkSharing(r *report, at string, cloud Cloud, pool Pool, machine accelerators.Machine) bool {
	profile := pool.Sharing.MIG
	switch {
	case profile == "":
		return true
	case cloud != GCP && cloud != Azure:
		r.add(at+".mig", profile, "cannot be had on "+string(cloud)+": nothing there cuts accelerators before a node starts", "remove it")
		return false
	}
	var offered []string
	for _, candidate := range accelerators.MIGProfiles(machine) {
		if cloud != GCP || !strings.HasPrefix(candidate.Name, unsoldOnGKE) {
			offered = append(offered, candidate.Name)
		}
	}
	if slices.Contains(offered, profile) {
		return true
	}
	if len(offered) == 0 {
		r.add(at+".mig", profile, "is a slice of an accelerator that cannot be cut: "+shapeText(machine), "remove it, or use gpu: a100 or h100")
		return false
	}
	r.add(at+".mig", profile, "is no slice of "+shapeText(machine), choose(profile, offered))
	return false
}

// unsoldOnGKE begins the one profile that GKE does not offer. Source:
// https://cloud.google.com/kubernetes-engine/docs/how-to/gpus-multi
const unsoldOnGKE = "4g."
