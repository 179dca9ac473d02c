package sizing

import (
	"fmt"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/spec"
)

// sliceParts is how many compute slices MIG cuts an accelerator into: a profile
// 2g has two of them. Source: NVIDIA Multi-Instance GPU user guide.
const sliceParts = 7

// mostTurns is the greatest number of pods that can take turns on an accelerator.
const mostTurns = 48

// gpuShare says how much of an accelerator a replica needs. The utilization is the
// part of the time in which anything at all ran on it, so that what it says is
// never too little.
func gpuShare(m spec.Model, node Node, u Usage, o Options) string {
	pod, ok := u.busiest(gpuOf, Series.p95)
	if !ok {
		return fmt.Sprintf("left as it is: there are %s of its use, and %s are needed; an accelerator that pods take turns on is not measured by pod",
			u.longest(gpuOf).extent(), needed())
	}
	used := pod.GPU.p95()
	measured := fmt.Sprintf("95 %% of the time %s uses less than %s %%, and %s %% half of the time", pod.Name, plain(used), plain(pod.GPU.median()))
	switch {
	case node.Shared:
		return measured + fmt.Sprintf(" of its part; pool %s is divided already and is left as it is", node.Pool)
	case m.GPU.Count > 1:
		return measured + fmt.Sprintf(" of its %d; a model on several accelerators is given them whole", m.GPU.Count)
	}
	need := demand{part: used / float64(o.Utilization)}
	if memoryPod, known := u.busiest(gpuMemoryOf, Series.greatest); known {
		need.memory = requestPart * memoryPod.GPUMemory.greatest()
		measured += fmt.Sprintf(", of the memory at most %s", mebibytes(memoryPod.GPUMemory.greatest()))
	}
	return measured + fmt.Sprintf(". At %d %% busy that is %s of one %s: ", o.Utilization, plain(need.part), m.GPU.Type) + need.advice(m.GPU.Type, node)
}

// demand is what a replica needs of one accelerator.
type demand struct {
	// part of its time.
	part float64
	// memory in bytes, with a reserve; 0 where it was not measured.
	memory float64
}

func (d demand) advice(gpu string, node Node) string {
	if profile, ok := d.profile(node.Machine); ok {
		return fmt.Sprintf("a slice %s is enough, of which one accelerator gives %d. Give a pool sharing: {mig: %s} and name it with pool:%s",
			profile.Name, profile.Slices, profile.Name, d.unmeasured("the slice's memory"))
	}
	if turns := d.turns(node.Machine); turns > 1 && len(accelerators.MIGProfiles(node.Machine)) == 0 {
		return fmt.Sprintf("%d replicas could take turns on it. Give a pool sharing: {timeSlices: %d} and name it with pool:, where it matters little that nothing keeps one from the memory of another%s",
			turns, turns, d.unmeasured("a part of the memory"))
	}
	return "a whole " + gpu
}

// unmeasured is what a person has to find out before following the advice.
func (d demand) unmeasured(into string) string {
	if d.memory > 0 {
		return ""
	}
	return ". Its memory was not measured: make sure that the model fits into " + into
}

// profile is the smallest slice that is enough and of which an accelerator gives
// more than one.
func (d demand) profile(m accelerators.Machine) (accelerators.MIGProfile, bool) {
	for _, profile := range accelerators.MIGProfiles(m) {
		var parts, gigabytes int
		if _, err := fmt.Sscanf(profile.Name, "%dg.%dgb", &parts, &gigabytes); err != nil {
			continue
		}
		if profile.Slices > 1 && d.part*sliceParts <= float64(parts)+rounding && d.memory <= float64(gigabytes)*1e9 {
			return profile, true
		}
	}
	return accelerators.MIGProfile{}, false
}

// turns is how many such replicas one accelerator has the time, and the memory,
// for.
func (d demand) turns(m accelerators.Machine) int {
	turns := mostTurns
	if d.part > 0 {
		turns = min(turns, int(1/d.part+rounding))
	}
	if d.memory > 0 && m.GPUMemoryMiB > 0 {
		turns = min(turns, int(float64(m.GPUMemoryMiB)*mebi/d.memory))
	}
	return turns
}
