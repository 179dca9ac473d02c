// Package sizing proposes what a model should request, from what its replicas
// were measured to use: memory and its limit, CPU, how much of a GPU, and how
// many replicas. Every sum is in docs/right-sizing.md.
package sizing

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// What a figure is derived from, at least: less says nothing of a day.
const (
	leastSamples = 60
	leastSpan    = time.Hour
)

// Point is one measurement. Its value is never NaN or infinite.
type Point struct {
	Time  time.Time
	Value float64
}

// Series is measurements of one thing in the order of time.
type Series []Point

// Pod is what one replica was measured to use.
type Pod struct {
	// Name of the pod.
	Name string
	// CPU in cores.
	CPU Series
	// Memory is the working set, in bytes.
	Memory Series
	// Peak is the greatest working set since the measurement before, in bytes;
	// empty where only Memory is known.
	Peak Series
	// GPU is how busy the replica's accelerators are on average, in percent.
	GPU Series
	// GPUMemory is what is used of one accelerator's memory, in bytes.
	GPUMemory Series
}

// Usage is what a model was measured to use over a time.
type Usage struct {
	// Pods are its replicas, in the order of their names.
	Pods []Pod
	// Rate is how many requests a second all replicas together answer.
	Rate Series
	// Latency is the mean time from request to answer, in seconds.
	Latency Series
}

// span is the time from the first to the last measurement.
func (s Series) span() time.Duration {
	if len(s) == 0 {
		return 0
	}
	return s[len(s)-1].Time.Sub(s[0].Time)
}

// enough is whether something can be derived from the series.
func (s Series) enough() bool { return len(s) >= leastSamples && s.span() >= leastSpan }

// extent tells a person how much was measured.
func (s Series) extent() string {
	if len(s) == 0 {
		return "no samples"
	}
	return fmt.Sprintf("%d samples over %s", len(s), shortDuration(s.span()))
}

// quantile is the value that the part q of the measurements stays below, 0 to 1,
// interpolated between neighbours as Prometheus does; 0 of none.
func (s Series) quantile(q float64) float64 {
	if len(s) == 0 {
		return 0
	}
	values := make([]float64, len(s))
	for i, point := range s {
		values[i] = point.Value
	}
	slices.Sort(values)
	rank := q * float64(len(values)-1)
	below := int(math.Floor(rank))
	above := min(below+1, len(values)-1)
	return values[below] + (values[above]-values[below])*(rank-float64(below))
}

func (s Series) median() float64   { return s.quantile(0.5) }
func (s Series) p95() float64      { return s.quantile(0.95) }
func (s Series) greatest() float64 { return s.quantile(1) }

// rise is by how much the value grew in a minute where it grew fastest. Shorter
// times than a minute are noise.
func (s Series) rise() float64 {
	steepest, next := 0.0, 0
	for _, from := range s {
		for next < len(s) && s[next].Time.Sub(from.Time) < time.Minute {
			next++
		}
		if next == len(s) {
			break
		}
		grown := s[next].Value - from.Value
		steepest = max(steepest, grown/s[next].Time.Sub(from.Time).Minutes())
	}
	return steepest
}

// busiest is the pod that a statistic is greatest of, among those whose series is
// long enough to tell; false where there is none.
func (u Usage) busiest(series func(Pod) Series, statistic func(Series) float64) (Pod, bool) {
	known := slices.DeleteFunc(slices.Clone(u.Pods), func(p Pod) bool { return !series(p).enough() })
	if len(known) == 0 {
		return Pod{}, false
	}
	return slices.MaxFunc(known, func(a, b Pod) int {
		return cmp.Compare(statistic(series(a)), statistic(series(b)))
	}), true
}

// longest is the series of the pod that was measured most often.
func (u Usage) longest(series func(Pod) Series) Series {
	var most Series
	for _, pod := range u.Pods {
		if own := series(pod); len(own) > len(most) {
			most = own
		}
	}
	return most
}

// greatestMemory is the most that any pod ever used, however short it lived.
func (u Usage) greatestMemory() (Pod, float64) {
	var most Pod
	greatest := 0.0
	for _, pod := range u.Pods {
		if own := max(pod.Memory.greatest(), pod.Peak.greatest()); own > greatest {
			most, greatest = pod, own
		}
	}
	return most, greatest
}

func cpuOf(p Pod) Series       { return p.CPU }
func memoryOf(p Pod) Series    { return p.Memory }
func gpuOf(p Pod) Series       { return p.GPU }
func gpuMemoryOf(p Pod) Series { return p.GPUMemory }
