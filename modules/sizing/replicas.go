package sizing

import (
	"fmt"
	"math"
	"time"

	"gantry.dev/gantry/modules/spec"
)

// spareFactor is how many times the greatest rate that was seen the greatest
// number of replicas has to keep up with.
const spareFactor = 2

// lowLoad is the part of the measurements, those with the fewest requests, in
// which the latency is taken for the service time: under load it holds the time
// that requests wait for each other.
const lowLoad = 0.25

// replicaFigures are the least and the greatest number of replicas. By Little's
// law, requests that come at a rate and take a service time each keep rate times
// time of them in work; a replica works on so many at once and should be so busy:
//
//	least    = (rate + growth while a replica starts) * time / (concurrency * utilization)
//	greatest = 2 * greatest rate * time / (concurrency * utilization)
//
// Where that cannot be told, it says what is missing.
func replicaFigures(m spec.Model, u Usage, o Options) ([]Figure, string) {
	switch {
	case !u.Rate.enough():
		return nil, "of the requests a second there are " + u.Rate.extent() + ", and " + needed() + " are needed"
	case !u.Latency.enough():
		return nil, "of the latency there are " + u.Latency.extent() + ", and " + needed() + " are needed"
	}
	service, ok := serviceTime(u.Rate, u.Latency)
	if !ok {
		return nil, "there was next to no request while latency was measured"
	}
	busy := float64(o.Concurrency) * float64(o.Utilization) / 100
	rate, rise, most := u.Rate.p95(), u.Rate.rise(), u.Rate.greatest()
	grown := rise * o.Startup.Minutes()
	exact := (rate + grown) * service / busy

	wanted, why := max(wholeUp(exact), 1), ""
	if m.Scale.Min >= 2 && wanted < 2 {
		wanted, why = 2, "; but two, so that one answers while the other is replaced"
	}
	greatest := max(wholeUp(spareFactor*most*service/busy), wanted, m.Scale.Max)
	least := leastFor(m.Scale, wanted, greatest)
	if m.Scale.Headroom > 0 {
		why += fmt.Sprintf("; scale.headroom makes %d of %d", withMin(m.Scale, least, greatest).Least(), least)
	}
	return []Figure{{
		Key: keyMin, Now: fmt.Sprint(m.Scale.Min), Proposed: fmt.Sprint(least),
		Why: fmt.Sprintf("(%s requests a second, 95 %% of the time less, + %s that come on top while a replica starts: %s a minute for %s) x %s each / (%d at once x %d %% busy) = %s%s",
			plain(rate), plain(grown), plain(rise), shortDuration(o.Startup), seconds(service), o.Concurrency, o.Utilization, plain(exact), why),
	}, {
		Key: keyMax, Now: fmt.Sprint(m.Scale.Max), Proposed: fmt.Sprint(greatest), Follows: keyMin,
		Why: maxReason(m.Scale.Max, greatest, spareFactor*most*service/busy, most),
	}}, ""
}

func maxReason(now, greatest int, exact, most float64) string {
	sum := fmt.Sprintf("%d times the most that was seen, %s requests a second, takes %s", spareFactor, plain(most), plain(exact))
	switch {
	case greatest == now:
		return sum + "; a greatest number is not lowered, for it costs nothing until it is needed"
	case greatest > wholeUp(exact):
		return sum + "; but no less than the least number"
	default:
		return sum
	}
}

// leastFor is the smallest scale.min with which at least so many replicas run,
// together with what scale.headroom adds.
func leastFor(scale spec.ModelScale, wanted, greatest int) int {
	for least := 1; least < wanted; least++ {
		if withMin(scale, least, greatest).Least() >= wanted {
			return least
		}
	}
	return wanted
}

func withMin(scale spec.ModelScale, least, greatest int) spec.ModelScale {
	scale.Min, scale.Max = least, greatest
	return scale
}

// serviceTime is the median of the latency at low load. It is false where there is
// too little traffic to tell.
func serviceTime(rate, latency Series) (float64, bool) {
	at := map[time.Time]float64{}
	var asked Series
	for _, point := range rate {
		if point.Value > 0 {
			at[point.Time] = point.Value
		}
	}
	for _, point := range latency {
		if now, ok := at[point.Time]; ok {
			asked = append(asked, Point{point.Time, now})
		}
	}
	if !asked.enough() {
		return 0, false
	}
	low := asked.quantile(lowLoad)
	var alone Series
	for _, point := range latency {
		if now, ok := at[point.Time]; ok && now <= low {
			alone = append(alone, point)
		}
	}
	service := alone.median()
	return service, service > 0 && !math.IsInf(service, 0)
}
