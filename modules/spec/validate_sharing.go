package spec

import (
	"slices"
	"strings"

	"gantry.dev/gantry/modules/accelerators"
)

// checkSharing tells whether the accelerators of a pool can be divided as it
// says, and reports what stands in the way.
func checkSharing(r *report, at string, p Platform, pool Pool, machine accelerators.Machine) bool {
	s, before := pool.Sharing, len(r.problems)
	ways := s.ways()
	switch {
	case s == (Sharing{}):
	case len(ways) > 1:
		r.add(at, strings.Join(ways, ", "), "are different ways to divide an accelerator, and one excludes the other", "keep one of them")
	case len(ways) == 0:
		r.add(at+".migStrategy", string(s.MIGStrategy), "is how slices are advertised, and nothing is cut", "remove it, or set mig")
	case p.Cloud == Existing:
		r.add(at, strings.Join(ways, ", "), "is up to whoever made the nodes, which Gantry does not touch in an existing cluster", "remove it")
	case machine.GPU == "":
		r.add(at, strings.Join(ways, ", "), "divides accelerators that the pool does not have", "remove it, or set gpu")
	case s.MIG != "":
		checkSlices(r, at, p, pool, machine)
	default:
		checkShares(r, at+"."+ways[0], p, s)
	}
	return len(r.problems) == before
}

// ways are the keys that divide accelerators.
func (s Sharing) ways() []string {
	var keys []string
	for _, way := range []struct {
		key  string
		used bool
	}{{"mig", s.MIG != ""}, {"timeSlices", s.TimeSlices != 0}, {"mps", s.MPS != 0}} {
		if way.used {
			keys = append(keys, way.key)
		}
	}
	return keys
}

// checkShares reports shares of accelerators that nothing hands out. GKE's own
// plugin knows both ways; with MPS it wants pods in the host's IPC namespace,
// which the namespace of the models keeps them out of. Source:
// https://cloud.google.com/kubernetes-engine/docs/how-to/nvidia-mps-gpus
func checkShares(r *report, at string, p Platform, s Sharing) {
	switch {
	case On(p.Addons.GPUOperator.Enabled) || p.Cloud == GCP && s.TimeSlices > 0:
	case p.Cloud == GCP:
		r.add(at, s.MPS, "needs the GPU Operator: with GKE's own plugin every pod has to share the memory of the host", "leave gantry:addons.gpuOperator.enabled at its default, or use timeSlices")
	default:
		r.add(at, s.Clients(), "needs the GPU Operator, which gantry:addons.gpuOperator.enabled switches off", "leave that at its default")
	}
}

// checkSlices reports slices that nothing cuts or advertises so, or that the
// accelerator does not have.
func checkSlices(r *report, at string, p Platform, pool Pool, machine accelerators.Machine) {
	s, operator := pool.Sharing, On(p.Addons.GPUOperator.Enabled)
	switch {
	case p.Cloud == AWS && !operator:
		r.add(at+".mig", s.MIG, "is cut by the GPU Operator on AWS, which gantry:addons.gpuOperator.enabled switches off", "leave that at its default, or remove it")
	case p.Cloud == GCP && pool.Driver == DriverOperator:
		r.add(at+".mig", s.MIG, "is cut by the installer of Google's driver, and the pool has the operator's", "use driver: cloud")
	case p.Cloud == GCP && !operator && s.MIGStrategy == MIGMixed:
		r.add(at+".migStrategy", string(s.MIGStrategy), "needs the GPU Operator: GKE's own plugin advertises slices as accelerators", "use single, or leave gantry:addons.gpuOperator.enabled at its default")
	default:
		checkProfile(r, at+".mig", p.Cloud, s.MIG, machine)
	}
}

func checkProfile(r *report, at string, cloud Cloud, profile string, machine accelerators.Machine) {
	var offered []string
	for _, candidate := range accelerators.MIGProfiles(machine) {
		if cloud != GCP || !strings.HasPrefix(candidate.Name, unsoldOnGKE) {
			offered = append(offered, candidate.Name)
		}
	}
	switch {
	case slices.Contains(offered, profile):
	case len(offered) == 0:
		r.add(at, profile, "is a slice of an accelerator that cannot be cut: "+shapeText(machine), "remove it, or use gpu: a100 or h100")
	default:
		r.add(at, profile, "is no slice of "+shapeText(machine), choose(profile, offered))
	}
}

// unsoldOnGKE begins the one profile that GKE does not offer. Source:
// https://cloud.google.com/kubernetes-engine/docs/how-to/gpus-multi
const unsoldOnGKE = "4g."
