package quota

import (
	"strings"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/rootdisk"
	"gantry.dev/gantry/modules/spec"
)

// gcpSeries is what machines of a series of Google Cloud count against.
type gcpSeries struct {
	// prefix of the machine types.
	prefix string
	// gpus is the regional metric of its accelerators, empty without any.
	gpus string
	// cpus is the regional metric of its virtual CPUs; empty for series with
	// accelerators, whose number bounds them. They all count in the whole
	// project.
	cpus string
}

// gcpSeriesByType is searched from the top. Sources:
// https://cloud.google.com/compute/resource-usage, "VM instances quota" and "GPU
// quota"; skypilot-org/skypilot-catalog,
// catalogs/v9/gcp/accelerator_quota_mapping.csv.
var gcpSeriesByType = []gcpSeries{
	{prefix: "g2-", gpus: "NVIDIA_L4_GPUS"},
	{prefix: "g4-", gpus: "NVIDIA_RTX_PRO_6000_GPUS"},
	{prefix: "a2-ultragpu-", gpus: "NVIDIA_A100_80GB_GPUS"},
	{prefix: "a2-", gpus: "NVIDIA_A100_GPUS"},
	{prefix: "a3-megagpu-", gpus: "NVIDIA_H100_MEGA_GPUS"},
	{prefix: "a3-ultragpu-", gpus: "NVIDIA_H200_GPUS"},
	{prefix: "a3-", gpus: "NVIDIA_H100_GPUS"},
	{prefix: "a4-", gpus: "NVIDIA_B200_GPUS"},
	{prefix: "e2-", cpus: "CPUS"},
	{prefix: "n2-", cpus: "N2_CPUS"},
	{prefix: "n2d-", cpus: "N2D_CPUS"},
	{prefix: "n4-", cpus: "N4_CPUS"},
	{prefix: "c3-", cpus: "C3_CPUS"},
	{prefix: "c4a-", cpus: "C4A_CPUS"},
	{prefix: "t2a-", cpus: "T2A_CPUS"},
}

func gcpSeriesOf(machineType string) (gcpSeries, bool) {
	for _, series := range gcpSeriesByType {
		if strings.HasPrefix(machineType, series.prefix) {
			return series, true
		}
	}
	return gcpSeries{}, false
}

// diskMetrics are the regional quotas of root disks.
var diskMetrics = map[rootdisk.Type]string{
	rootdisk.PDBalanced:        "SSD_TOTAL_GB",
	rootdisk.HyperdiskBalanced: "HDB_TOTAL_GB",
}

// gcp adds what Compute Engine grants. Preemptible quotas are those of spot
// machines too.
func (t *tally) gcp(plans []spec.PoolPlan) {
	for _, plan := range plans {
		machine := plan.Machines[0]
		series, _ := gcpSeriesOf(machine.Type)
		spot := plan.Capacity == spec.CapacitySpot
		t.gcpGPUs(plan, machine, series, spot)
		t.gcpCPUs(plan, machine, series, spot)
	}
	for _, plan := range plans {
		if metric := diskMetrics[rootdisk.Of(spec.GCP, plan)]; metric != "" {
			t.add(Need{Name: metric, Code: metric, Unit: UnitGiB, Needed: t.perNode(plan, plan.DiskGiB), Note: "root disks; often 500 by default"})
		}
	}
	instances := 0
	for _, plan := range plans {
		instances += t.nodes(plan)
	}
	t.add(Need{Name: "INSTANCES", Code: "INSTANCES", Unit: UnitNodes, Needed: instances})
	t.add(Need{Name: "NETWORKS", Code: "NETWORKS", Needed: 1, Note: "of the whole project"})
	t.add(Need{Name: "IN_USE_ADDRESSES", Code: "IN_USE_ADDRESSES", Needed: 1, Note: "for NAT, which takes more as it needs them"})
}

// gcpGPUs adds the accelerators of a pool: those of the region, and those of the
// whole project, which spot ones count among.
func (t *tally) gcpGPUs(plan spec.PoolPlan, machine accelerators.Machine, series gcpSeries, spot bool) {
	if series.gpus == "" {
		return
	}
	metric := series.gpus
	if spot {
		metric = "PREEMPTIBLE_" + metric
	}
	gpus := t.perNode(plan, machine.GPUs)
	t.add(Need{Name: metric, Code: metric, Unit: UnitGPU, Needed: gpus})
	t.add(Need{Name: "GPUS_ALL_REGIONS", Code: "GPUS_ALL_REGIONS", Unit: UnitGPU, Needed: gpus, Note: "of the whole project"})
}

func (t *tally) gcpCPUs(plan spec.PoolPlan, machine accelerators.Machine, series gcpSeries, spot bool) {
	cpus := t.perNode(plan, machine.VCPU)
	switch {
	case series.cpus != "" && spot:
		t.add(Need{Name: "PREEMPTIBLE_CPUS", Code: "PREEMPTIBLE_CPUS", Unit: UnitVCPU, Needed: cpus, Note: "where it is 0, spot counts against " + series.cpus})
	case series.cpus != "":
		t.add(Need{Name: series.cpus, Code: series.cpus, Unit: UnitVCPU, Needed: cpus})
	}
	t.add(Need{Name: "CPUS_ALL_REGIONS", Code: "CPUS_ALL_REGIONS", Unit: UnitVCPU, Needed: cpus, Note: "of the whole project"})
}
