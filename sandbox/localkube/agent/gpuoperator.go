package agent

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// The record of a Helm release, which the sandbox's Kubernetes provider keeps.
const (
	releaseNamespace = "kube-system"
	releaseLabel     = "sandbox.gantry.dev/release"
	keyChart         = "chart"
	keyValues        = "values"
	chartGPUOperator = "gpu-operator"
)

// strategyMixed advertises slices by their profile.
const strategyMixed = "mixed"

// Labels that the operator and its parts put on nodes. Sources: NVIDIA/gpu-operator,
// controllers/state_manager.go; NVIDIA/k8s-device-plugin, docs/gpu-feature-discovery.
const (
	labelPresent     = "nvidia.com/gpu.present"
	labelProduct     = "nvidia.com/gpu.product"
	labelCount       = "nvidia.com/gpu.count"
	labelReplicas    = "nvidia.com/gpu.replicas"
	labelMIGStrategy = "nvidia.com/mig.strategy"
	labelMIGState    = "nvidia.com/mig.config.state"
	labelOperands    = "nvidia.com/gpu.deploy.operands"
	labelPlugin      = "nvidia.com/gpu.deploy.device-plugin"
)

// discovered are the labels that are taken back with the operator.
var discovered = []string{labelPresent, labelProduct, labelCount, labelReplicas, labelMIGStrategy, labelMIGState}

var everything = labels.Everything()

// gpuOperator is NVIDIA's GPU Operator as the values of its chart set it up. Its
// containers do not run here: what they would do to nodes is done by the agent.
// Nil is no operator.
type gpuOperator struct {
	name string

	Driver       struct{ Enabled *bool }
	DevicePlugin struct {
		Enabled *bool
		Config  struct {
			Default string
			Data    map[string]string
		}
	}
	MIG        struct{ Strategy string }
	MIGManager struct{ Enabled *bool } `json:"migManager"`
	Daemonsets struct{ Tolerations []corev1.Toleration }
	Discovery  struct {
		Worker struct{ Tolerations []corev1.Toleration }
	} `json:"node-feature-discovery"`
}

// packedVersion ends the name of a packed chart.
var packedVersion = regexp.MustCompile(`-v?[0-9]+\.[0-9]+\.[0-9]+[^/]*\.tgz$`)

func isOperatorRelease(config *corev1.ConfigMap) bool {
	chart := config.Data[keyChart]
	name := packedVersion.ReplaceAllString(chart[strings.LastIndex(chart, "/")+1:], "")
	return config.Labels[releaseLabel] == "true" && name == chartGPUOperator
}

// operator is the GPU Operator of the cluster, or nil. It is an error when its
// values cannot be read.
func (d *devicePlugins) operator() (*gpuOperator, error) {
	configs, err := d.releases.ConfigMaps(releaseNamespace).List(everything)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(configs, isOperatorRelease)
	if i < 0 {
		return nil, nil
	}
	o := &gpuOperator{name: "the GPU Operator"}
	if err := yaml.Unmarshal([]byte(configs[i].Data[keyValues]), o); err != nil {
		return nil, fmt.Errorf("values of %s: %w", configs[i].Name, err)
	}
	return o, nil
}

// ofChart are the tolerations of the chart where values give none.
var ofChart = []corev1.Toleration{{Key: naming.TaintGPU, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule}}

// runsOn tells whether the operator's pods come to a node: it has GPUs, its label
// does not forbid it, and nothing keeps the pods that discover it, and those that
// serve it, away.
func (o *gpuOperator) runsOn(node *corev1.Node) bool {
	return machineOf(node).gpus > 0 && node.Labels[labelOperands] != "false" &&
		tolerated(node, o.Daemonsets.Tolerations) && tolerated(node, o.Discovery.Worker.Tolerations)
}

// tolerated tells whether pods of a DaemonSet get past a node's taints. Those
// that Kubernetes sets for conditions they always do; the autoscaler's comes
// when they are there already.
func tolerated(node *corev1.Node, tolerations []corev1.Toleration) bool {
	if tolerations == nil {
		tolerations = ofChart
	}
	for i := range node.Spec.Taints {
		taint := &node.Spec.Taints[i]
		passes := taint.Effect == corev1.TaintEffectPreferNoSchedule || strings.HasPrefix(taint.Key, "node.kubernetes.io/") || taint.Key == fleet.TaintToBeDeleted
		if !passes && !slices.ContainsFunc(tolerations, func(t corev1.Toleration) bool { return covers(t, *taint) }) {
			return false
		}
	}
	return true
}

func covers(t corev1.Toleration, taint corev1.Taint) bool {
	return (t.Effect == "" || t.Effect == taint.Effect) && (t.Key == "" || t.Key == taint.Key) &&
		(t.Operator == corev1.TolerationOpExists || t.Key != "" && t.Value == taint.Value)
}

func isOn(enabled *bool) bool { return enabled == nil || *enabled }

// installsDriver tells whether the operator builds the driver of a node: it
// cannot on Google's own image.
func (o *gpuOperator) installsDriver(node *corev1.Node) bool {
	return o != nil && isOn(o.Driver.Enabled) && node.Labels[naming.LabelDeployDriver] != "false" &&
		node.Labels["cloud.google.com/gke-os-distribution"] != "cos"
}

// advertises tells whether the operator's device plugin runs on a node.
func (o *gpuOperator) advertises(node *corev1.Node) bool {
	return o != nil && isOn(o.DevicePlugin.Enabled) && node.Labels[labelPlugin] != "false"
}

// sharing is how a configuration of the device plugin shares accelerators.
// https://github.com/NVIDIA/k8s-device-plugin#configuration-file
type sharing struct {
	Resources []struct {
		Name     string
		Replicas int
	}
}

// shares are the configuration of a node, by the way; false when its label names
// one that is not there, with which the plugin does not start.
func (o *gpuOperator) shares(node *corev1.Node) (map[string]sharing, bool) {
	config := o.DevicePlugin.Config
	name := node.Labels[naming.LabelPluginConfig]
	if name == "" {
		name = config.Default
	}
	if name == "" {
		return nil, true
	}
	var parsed struct{ Sharing map[string]sharing }
	text, there := config.Data[name]
	if err := yaml.Unmarshal([]byte(text), &parsed); !there || err != nil {
		return nil, false
	}
	return parsed.Sharing, true
}

// replicas are how many pods a node's configuration lets onto one of a resource.
func (o *gpuOperator) replicas(node *corev1.Node, name string) (int, bool) {
	shares, sound := o.shares(node)
	for _, way := range shares {
		for _, shared := range way.Resources {
			if shared.Name == name {
				return max(shared.Replicas, 1), sound
			}
		}
	}
	return 1, sound
}

// cut is how many slices a node's accelerators are, of which profile: as the
// cloud or the MIG manager has cut them. The state is the manager's word; it has
// none where it has nothing to do.
func (o *gpuOperator) cut(node *corev1.Node, m machine) (slices int, profile, state string) {
	wanted, asked := strings.CutPrefix(node.Labels[naming.LabelMIGConfig], "all-")
	if !asked || wanted == "disabled" || !isOn(o.MIGManager.Enabled) || m.Partition != "" {
		return m.gpus, m.Partition, ""
	}
	each, cuttable := accelerators.MIGSlices(accelerators.Machine{GPU: m.Model, GPUMemoryMiB: m.MemoryMiB}, wanted)
	if !cuttable {
		return m.gpus, "", "failed"
	}
	return m.gpus * each, wanted, "success"
}

// offers are the resources that the operator's plugin advertises on a node.
func (o *gpuOperator) offers(node *corev1.Node, m machine) map[corev1.ResourceName]int {
	count, profile, _ := o.cut(node, m)
	offers := map[corev1.ResourceName]int{naming.ResourceGPU: 0}
	name := naming.ResourceGPU
	if profile != "" && o.MIG.Strategy == strategyMixed {
		name = naming.ResourceMIGPrefix + profile
	}
	replicas, sound := o.replicas(node, name)
	if sound {
		offers[corev1.ResourceName(name)] = count * replicas
	}
	return offers
}

// labels are those that feature discovery and the MIG manager put on a node.
func (o *gpuOperator) labels(node *corev1.Node, m machine) map[string]string {
	if o == nil {
		return nil
	}
	count, profile, state := o.cut(node, m)
	replicas, _ := o.replicas(node, naming.ResourceGPU)
	all := map[string]string{
		labelPresent: "true", labelCount: strconv.Itoa(count), labelReplicas: strconv.Itoa(replicas),
	}
	if product := products[m.Model][m.MemoryMiB]; product != "" {
		if profile != "" && o.MIG.Strategy != strategyMixed {
			product += "-MIG-" + profile
		}
		if replicas > 1 {
			product += "-SHARED"
		}
		all[labelProduct] = product
	}
	if profile != "" {
		all[labelMIGStrategy] = "single"
		if o.MIG.Strategy != "" {
			all[labelMIGStrategy] = o.MIG.Strategy
		}
	}
	if state != "" {
		all[labelMIGState] = state
	}
	return all
}

// products are accelerators as NVIDIA's driver names them, by model and memory
// in MiB, in the form that labels take.
var products = map[string]map[int]string{
	"a10":          {22888: "NVIDIA-A10"},
	"a100":         {40960: "NVIDIA-A100-SXM4-40GB", 81920: "NVIDIA-A100-SXM4-80GB"},
	"a10g":         {22888: "NVIDIA-A10G"},
	"b200":         {183359: "NVIDIA-B200"},
	"b300":         {275040: "NVIDIA-B300"},
	"h100":         {81920: "NVIDIA-H100-80GB-HBM3"},
	"h100-nvl":     {96256: "NVIDIA-H100-NVL"},
	"h200":         {144384: "NVIDIA-H200"},
	"l4":           {22888: "NVIDIA-L4"},
	"l40s":         {45776: "NVIDIA-L40S"},
	"rtx-pro-4500": {32768: "NVIDIA-RTX-PRO-4500-Blackwell-Server-Edition"},
	"rtx-pro-6000": {98304: "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"},
	"t4":           {16384: "Tesla-T4"},
	"t4g":          {16384: "NVIDIA-T4G"},
	"v100":         {32768: "Tesla-V100-SXM2-32GB"},
}
