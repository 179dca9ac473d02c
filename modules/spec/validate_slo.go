package spec

import (
	"fmt"
	"strconv"
	"strings"
)

// The least and the greatest availability whose burn can be told: below the least,
// the fastest burn rate would be more than every request; above the greatest,
// thirty days allow less than a failure an hour at a request a second. Source:
// https://sre.google/workbook/alerting-on-slos/
const (
	leastAvailability = 94
	mostAvailability  = 99.999
)

// defaultAvailability is promised where only a latency is: a model that answers
// fast and wrongly keeps no promise.
const defaultAvailability = Decimal("99")

func checkSLO(r *report, p Platform, at string, slo ModelSLO) {
	if slo == (ModelSLO{}) {
		return
	}
	if p.Has(LayerPlatform) && !On(p.Addons.Monitoring.Enabled) {
		r.missing(at, "is measured by nothing: gantry:addons.monitoring.enabled is false", "enable the monitoring, or remove slo")
	}
	percent, err := strconv.ParseFloat(string(slo.Availability), 64)
	_, decimals, _ := strings.Cut(string(slo.Availability), ".")
	if err != nil || percent < leastAvailability || percent > mostAvailability || len(decimals) > 3 {
		r.add(at+".availability", string(slo.Availability), "is not an availability that can be watched",
			fmt.Sprintf("use a percentage of %d to %g with up to three decimals, for example 99.9", leastAvailability, mostAvailability))
	}
	checkDuration(r, at+".p95", slo.P95)
}

// checkSharedGPU reports a model that scales on the use of accelerators which
// several pods share in time: no sample can be told to be one pod's. Source:
// https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-sharing.html
func checkSharedGPU(r *report, at string, m Model, pools []PoolPlan) {
	if m.Scale.GPUUtilization == 0 {
		return
	}
	for _, pool := range pools {
		if pool.Sharing.Clients() > 1 {
			r.add(at+".scale.gpuUtilization", m.Scale.GPUUtilization, "cannot be measured on pool "+pool.Name+", whose accelerators are shared in time",
				"scale on requestsPerReplica, or cut the accelerators by sharing.mig")
		}
	}
}
