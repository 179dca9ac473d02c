package sizing

import (
	"maps"
	"slices"
	"time"
)

// traffic is what all pods together answer, and how fast, from the columns rps and
// latency of each. Pods are not sampled at the same instant, so that their rates
// are added by intervals of a minute, or of the usual time between two samples of
// a pod where that is longer.
func (t *csvTable) traffic() (rate, latency Series) {
	width := time.Minute
	for _, pod := range t.pods {
		width = max(width, usualGap(pod.series["rps"]), usualGap(pod.series["latency"]))
	}
	rates, times := map[time.Time]float64{}, map[time.Time]*weighted{}
	for _, pod := range t.pods {
		own := byInterval(pod.series["rps"], width)
		for at, value := range own {
			rates[at] += value
		}
		for at, value := range byInterval(pod.series["latency"], width) {
			weight, measured := own[at]
			if len(pod.series["rps"]) == 0 {
				weight, measured = 1, true
			}
			if !measured || weight == 0 {
				continue // nobody asked this pod
			}
			if times[at] == nil {
				times[at] = &weighted{}
			}
			times[at].add(value, weight)
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(rates), time.Time.Compare) {
		rate = append(rate, Point{at, rates[at]})
	}
	for _, at := range slices.SortedFunc(maps.Keys(times), time.Time.Compare) {
		latency = append(latency, Point{at, times[at].mean()})
	}
	return rate, latency
}

// weighted is a mean in which busier pods count for more.
type weighted struct{ sum, weights float64 }

func (w *weighted) add(value, weight float64) { w.sum += value * weight; w.weights += weight }
func (w *weighted) mean() float64             { return w.sum / w.weights }

// usualGap is the median time between neighbours, to the second.
func usualGap(s Series) time.Duration {
	var gaps []time.Duration
	for i := 1; i < len(s); i++ {
		gaps = append(gaps, s[i].Time.Sub(s[i-1].Time))
	}
	if len(gaps) == 0 {
		return 0
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2].Round(time.Second)
}

// byInterval is the mean of a series in each interval. A single interval without
// a sample between two that have one takes the value before: a sample was late.
func byInterval(s Series, width time.Duration) map[time.Time]float64 {
	means := map[time.Time]*weighted{}
	for _, point := range s {
		at := point.Time.UTC().Truncate(width)
		if means[at] == nil {
			means[at] = &weighted{}
		}
		means[at].add(point.Value, 1)
	}
	values := map[time.Time]float64{}
	for at, mean := range means {
		values[at] = mean.mean()
		_, next := means[at.Add(width)]
		if _, late := means[at.Add(2*width)]; late && !next {
			values[at.Add(width)] = mean.mean()
		}
	}
	return values
}
