package platform

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

// gpuCounters is the ConfigMap with what the DCGM exporter measures.
const gpuCounters = "gantry-dcgm-counters"

// counters are what the DCGM exporter measures of an accelerator. Its default
// set lacks the count of XID errors and the memory that the driver itself takes;
// of that set, what nobody can act upon is left out. Names are those of its
// 4.8.3, which the operator installs; fields with PROF in their name are missing
// on accelerators before Volta.
// Source: https://docs.nvidia.com/datacenter/dcgm/latest/reference/dcgm-exporter-metrics.html
var counters = []struct{ field, kind, help string }{
	{"DCGM_FI_DEV_GPU_UTIL", "gauge", "Part of the time in which a kernel ran (in percent)."},
	{"DCGM_FI_DEV_MEM_COPY_UTIL", "gauge", "Part of the time in which memory was read or written (in percent)."},
	// Slices have no utilization of their own, but for this one.
	{"DCGM_FI_PROF_GR_ENGINE_ACTIVE", "gauge", "Part of the time in which the compute engine was busy (0 to 1)."},
	{"DCGM_FI_PROF_SM_ACTIVE", "gauge", "Part of the multiprocessors that were busy (0 to 1)."},
	{"DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "gauge", "Part of the time in which tensor cores were busy (0 to 1)."},
	{"DCGM_FI_PROF_DRAM_ACTIVE", "gauge", "Part of the time in which memory was busy (0 to 1)."},
	{"DCGM_FI_DEV_FB_USED", "gauge", "Memory in use (in MiB)."},
	{"DCGM_FI_DEV_FB_FREE", "gauge", "Memory free (in MiB)."},
	{"DCGM_FI_DEV_FB_RESERVED", "gauge", "Memory that the driver keeps (in MiB)."},
	{"DCGM_FI_DEV_GPU_TEMP", "gauge", "Temperature of the processor (in degrees Celsius)."},
	{"DCGM_FI_DEV_MEMORY_TEMP", "gauge", "Temperature of the memory (in degrees Celsius)."},
	{"DCGM_FI_DEV_POWER_USAGE", "gauge", "Power (in watts)."},
	{"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "counter", "Energy since the driver was loaded (in millijoules)."},
	{"DCGM_FI_DEV_SM_CLOCK", "gauge", "Clock of the multiprocessors (in MHz)."},
	// The first is the number of the last error, for ever; only the second tells
	// when errors happen, each kind apart by its label xid.
	{"DCGM_FI_DEV_XID_ERRORS", "gauge", "Number of the last XID error."},
	{"DCGM_EXP_XID_ERRORS_COUNT", "gauge", "XID errors in the last five minutes."},
	{"DCGM_FI_DEV_ROW_REMAP_FAILURE", "gauge", "Whether a broken row of memory could not be replaced."},
	{"DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", "counter", "Rows of memory replaced for errors that could not be corrected."},
	{"DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS", "counter", "Rows of memory replaced for errors that were corrected."},
	{"DCGM_FI_DEV_PCIE_REPLAY_COUNTER", "counter", "Repeated transfers over PCIe."},
	{"DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL", "counter", "Transfers over all NVLinks."},
	{"DCGM_FI_DRIVER_VERSION", "label", "Version of the driver."},
}

// dcgmExporter are the values of the exporter, whose figures carry the labels
// pod, namespace and container of whoever uses an accelerator, and the model's
// name as gantry_dev_model.
func dcgmExporter(in inputs, pools []spec.PoolPlan) pulumi.Map {
	values := pulumi.Map{
		"serviceMonitor": pulumi.Map{
			"enabled":  pulumi.Bool(monitored(in)),
			"interval": pulumi.String("15s"),
			// Or else Prometheus calls the exporter's own pod `pod`, and the one
			// that uses the accelerator `exported_pod`.
			"honorLabels": pulumi.Bool(true),
		},
		"enablePodLabels": pulumi.Bool(true),
		// The model and nothing else: every label of every pod would be a series.
		"podLabelAllowlistRegex": pulumi.Array{pulumi.String("^" + regexp.QuoteMeta(naming.LabelModel) + "$")},
		"config": pulumi.Map{
			"create": pulumi.Bool(true),
			"name":   pulumi.String(gpuCounters),
			"data":   pulumi.String(countersCSV()),
		},
	}
	if slices.ContainsFunc(pools, func(p spec.PoolPlan) bool { return p.Sharing.Clients() > 1 }) {
		// Shares are known to the kubelet by names that the exporter would not
		// find among the accelerators.
		values["env"] = environment("KUBERNETES_VIRTUAL_GPUS", "true")
	}
	return values
}

// countersCSV are the counters as the exporter reads them: it takes a comma in a
// help text for the next column.
func countersCSV() string {
	var b strings.Builder
	for _, c := range counters {
		fmt.Fprintf(&b, "%s, %s, %s\n", c.field, c.kind, c.help)
	}
	return b.String()
}
