package sizing

import (
	"fmt"

	"gantry.dev/gantry/modules/spec"
)

// Parts of the median of the memory that are requested, and allowed.
const (
	requestPart = 1.10
	limitPart   = 1.50
)

// Keys of figures.
const (
	keyCPU               = "resources.cpu"
	keyMemory            = "resources.memory"
	keyMemoryLimit       = "resources.memoryLimit"
	keyMin               = "scale.min"
	keyMax               = "scale.max"
	keyMemoryUtilization = "scale.memoryUtilization"
)

// cpuFigure requests what the busiest replica stays below 95 % of the time. CPU
// has no limit, so that the rest is taken from what the node has to spare.
func cpuFigure(m spec.Model, u Usage) Figure {
	pod, _ := u.busiest(cpuOf, Series.p95)
	used := pod.CPU.p95() * 1000
	request := roundUp(used, cpuStep)
	return Figure{
		Key: keyCPU, Now: m.Resources.CPU, Proposed: cpuText(request),
		Why: fmt.Sprintf("95 %% of the time %s, the busiest, uses less than %sm; in steps of %dm. Above %d %% of it the autoscaler adds replicas",
			pod.Name, plain(used), cpuStep, m.Scale.CPUUtilization),
	}
}

// memoryFigures request 110 % of the median of the replica that uses most, and
// stop one at 150 % of it, or at the most that was ever seen. A limit is at most
// 2.5 times the request, so that the request follows where it would be more.
func memoryFigures(m spec.Model, u Usage) []Figure {
	pod, _ := u.busiest(memoryOf, Series.median)
	median := pod.Memory.median()
	peakPod, peak := u.greatestMemory()

	limit := roundUp(limitPart*median, memoryStep)
	whyLimit := fmt.Sprintf("%.0f %% of the median; the most that was seen is %s", 100*limitPart, mebibytes(peak))
	if float64(limit) < peak {
		limit = roundUp(peak, memoryStep)
		whyLimit = fmt.Sprintf("the most that was seen, %s of %s, is more than %.0f %% of the median", mebibytes(peak), peakPod.Name, 100*limitPart)
	}

	request := roundUp(requestPart*median, memoryStep)
	why := fmt.Sprintf("%.0f %% of %s, the median of %s, which uses most", 100*requestPart, mebibytes(median), pod.Name)
	if float64(request)*spec.MaxLimitRatio < float64(limit) {
		request = roundUp(float64(limit)/spec.MaxLimitRatio, memoryStep)
		why = fmt.Sprintf("the limit is at most %g times the request, which is therefore more than %.0f %% of %s, the median of %s",
			spec.MaxLimitRatio, 100*requestPart, mebibytes(median), pod.Name)
	}
	figures := []Figure{{
		Key: keyMemory, Now: m.Resources.Memory, Proposed: memoryText(request),
		Why: why + fmt.Sprintf("; in steps of %s", memoryText(memoryStep)),
	}, {
		Key: keyMemoryLimit, Now: m.Resources.MemoryLimit, Proposed: memoryText(limit), Follows: keyMemory, Why: whyLimit,
	}}
	return append(figures, memoryTarget(m, pod, request)...)
}

// memoryTarget raises a target of the autoscaler that the new request would
// exceed all the time: another replica frees no memory of the others, so that
// replicas would be added up to the greatest number.
func memoryTarget(m spec.Model, pod Pod, request int64) []Figure {
	used := pod.Memory.p95() / float64(request) * 100
	target := min(wholeUp(used), 100)
	if m.Scale.MemoryUtilization >= target {
		return nil
	}
	return []Figure{{
		Key: keyMemoryUtilization, Now: fmt.Sprint(m.Scale.MemoryUtilization), Proposed: fmt.Sprint(target),
		Why: fmt.Sprintf("95 %% of the time %s uses less than %s %% of the new request; with a target of %d %% the autoscaler would add replicas that free no memory",
			pod.Name, plain(used), m.Scale.MemoryUtilization),
	}}
}
