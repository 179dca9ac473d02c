package spec

import (
	"slices"

	"gantry.dev/gantry/modules/naming"
)

// clusterPart is something that has to run in a cluster: a part of the cluster
// itself, of the cloud, or of Gantry. Source is where its tolerations are
// written down.
type clusterPart struct {
	name string
	// everyNode parts run on every node that they are for; all others need one
	// node anywhere.
	everyNode bool
	// on tells whether the part is for the nodes of a pool; nil for all.
	on func(PoolPlan) bool
	// when the part is there; nil for always.
	when func(Platform) bool
	// tolerates what keeps other pods off. Parts of Gantry's own that compute
	// them from the pools tolerate whatever is on a pool.
	tolerates []tolerance
	source    string
}

// tolerance is what a part says it tolerates. Empty fields match anything, as in
// Kubernetes, where a value is only compared with a key.
type tolerance struct {
	key, value string
	effect     TaintEffect
}

func (t tolerance) covers(taint Taint) bool {
	return (t.key == "" || t.key == taint.Key) &&
		(t.value == "" || t.value == taint.Value) &&
		(t.effect == "" || t.effect == taint.Effect)
}

// The pages on which GKE and AKS say what their own parts tolerate.
const (
	pageOfGKE = "https://cloud.google.com/kubernetes-engine/docs/how-to/isolate-workloads-dedicated-nodes"
	pageOfAKS = "https://learn.microsoft.com/azure/aks/use-system-pools"
)

var (
	everything = []tolerance{{}}
	// critical is what the cluster's own services say on every cloud.
	critical = []tolerance{{key: naming.TaintCriticalAddons}}
	// managedByGKE is what the services of GKE itself tolerate.
	managedByGKE = []tolerance{{key: "components.gke.io/gke-managed-components"}}
	ofGKE        = slices.Concat(critical, managedByGKE)
)

// partsOf are the parts that must run in the clusters of each cloud. Of an
// existing cluster the own parts run already.
//
// Sources that are repositories are named by path; values are those of the
// charts and manifests that the cloud's managed parts are built from.
var partsOf = map[Cloud][]clusterPart{
	AWS: slices.Concat([]clusterPart{
		{name: "aws-node", everyNode: true, tolerates: everything,
			source: "aws/amazon-vpc-cni-k8s, charts/aws-vpc-cni/values.yaml"},
		{name: "kube-proxy", everyNode: true, tolerates: everything,
			source: "kubernetes/kubernetes, cluster/addons/kube-proxy/kube-proxy-ds.yaml"},
		{name: "eks-pod-identity-agent", everyNode: true, tolerates: everything,
			source: "aws/eks-pod-identity-agent, charts/eks-pod-identity-agent/values.yaml"},
		// Told so by components/eks, addons.go.
		{name: "ebs-csi-node", everyNode: true, tolerates: everything,
			source: "kubernetes-sigs/aws-ebs-csi-driver, charts/aws-ebs-csi-driver/values.yaml (tolerateAllTaints)"},
		{name: "efs-csi-node", everyNode: true, when: Platform.StoresFiles, tolerates: everything,
			source: "kubernetes-sigs/aws-efs-csi-driver, charts/aws-efs-csi-driver/values.yaml"},
		{name: "coredns", tolerates: slices.Concat(critical, []tolerance{{key: "node-role.kubernetes.io/control-plane", effect: NoSchedule}}),
			source: "https://docs.aws.amazon.com/eks/latest/userguide/managing-coredns.html"},
		// It bears NoExecute for five minutes, which is not to run there.
		{name: "ebs-csi-controller", tolerates: critical,
			source: "kubernetes-sigs/aws-ebs-csi-driver, charts/aws-ebs-csi-driver/values.yaml"},
		{name: "efs-csi-controller", when: Platform.StoresFiles, tolerates: critical,
			source: "kubernetes-sigs/aws-efs-csi-driver, charts/aws-efs-csi-driver/values.yaml"},
		{name: "metrics-server", when: hasMetricsServer,
			source: "kubernetes-sigs/metrics-server, charts/metrics-server/values.yaml"},
	}, ownParts),
	GCP: slices.Concat([]clusterPart{
		// GKE's page says of those that run on every node that they tolerate
		// every taint, without naming them.
		{name: "anetd", everyNode: true, tolerates: everything, source: pageOfGKE},
		{name: "gke-metadata-server", everyNode: true, tolerates: everything, source: pageOfGKE},
		{name: "gke-metrics-agent", everyNode: true, tolerates: everything, source: pageOfGKE},
		{name: "fluentbit-gke", everyNode: true, tolerates: everything, source: pageOfGKE},
		{name: "gcsfusecsi-node", everyNode: true, tolerates: everything, source: pageOfGKE},
		{name: "pdcsi-node", everyNode: true, tolerates: everything,
			source: "kubernetes-sigs/gcp-compute-persistent-disk-csi-driver, deploy/kubernetes/base/node_linux/node.yaml"},
		{name: "filestore-node", everyNode: true, when: Platform.StoresFiles, tolerates: everything, source: pageOfGKE},
		{name: "nvidia-gpu-device-plugin", everyNode: true, on: hasGPUs, when: noGPUOperator, tolerates: everything,
			source: "GoogleCloudPlatform/container-engine-accelerators, cmd/nvidia_gpu/device-plugin.yaml"},
		{name: "kube-dns", tolerates: ofGKE, source: pageOfGKE},
		{name: "metrics-server", tolerates: ofGKE, source: pageOfGKE},
		{name: "konnectivity-agent", tolerates: ofGKE, source: pageOfGKE},
		{name: "event-exporter-gke", tolerates: managedByGKE, source: pageOfGKE},
	}, ownParts),
	Azure: slices.Concat([]clusterPart{
		{name: "cloud-node-manager", everyNode: true, tolerates: everything,
			source: "kubernetes-sigs/cloud-provider-azure, helm/cloud-provider-azure/templates/cloud-provider-azure.yaml"},
		{name: "azure-cns", everyNode: true, tolerates: everything,
			source: "Azure/azure-container-networking, cns/azure-cns.yaml"},
		{name: "cilium", everyNode: true, tolerates: everything,
			source: "cilium/cilium, install/kubernetes/cilium/values.yaml"},
		{name: "csi-azuredisk-node", everyNode: true, tolerates: everything,
			source: "kubernetes-sigs/azuredisk-csi-driver, deploy/csi-azuredisk-node.yaml"},
		{name: "csi-azurefile-node", everyNode: true, tolerates: everything,
			source: "kubernetes-sigs/azurefile-csi-driver, deploy/csi-azurefile-node.yaml"},
		{name: "csi-blob-node", everyNode: true, tolerates: everything,
			source: "kubernetes-sigs/blob-csi-driver, deploy/csi-blob-node.yaml"},
		{name: "coredns", tolerates: critical, source: pageOfAKS},
		{name: "metrics-server", tolerates: critical, source: pageOfAKS},
		{name: "konnectivity-agent", tolerates: critical, source: pageOfAKS},
		{name: "azure-wi-webhook-controller-manager", tolerates: critical, source: pageOfAKS},
	}, ownParts),
}

// ownParts are Gantry's.
var ownParts = []clusterPart{
	// Its tolerations are computed from the taints of the GPU pools by
	// modules/scheduling, TolerateAll.
	{name: "nvidia-device-plugin", everyNode: true, on: hasGPUs, when: hasDevicePlugin, tolerates: everything,
		source: "components/platform, deviceplugin.go"},
	{name: "nvidia-device-plugin-daemonset", everyNode: true, on: hasGPUs, when: hasGPUOperator, tolerates: everything,
		source: "components/platform, gpuoperator.go (daemonsets.tolerations)"},
	{name: "node-feature-discovery-worker", everyNode: true, on: hasGPUs, when: hasGPUOperator, tolerates: everything,
		source: "components/platform, gpuoperator.go (node-feature-discovery.worker.tolerations)"},
}

func hasGPUs(plan PoolPlan) bool { return plan.GPU != "" }

func hasMetricsServer(p Platform) bool { return isOn(p.Addons.MetricsServer.Enabled) }

func hasDevicePlugin(p Platform) bool { return isOn(p.Addons.DevicePlugin.Enabled) }

func hasGPUOperator(p Platform) bool { return On(p.Addons.GPUOperator.Enabled) }

func noGPUOperator(p Platform) bool { return !hasGPUOperator(p) }

// isOn reads a switch whose default is on.
func isOn(enabled *bool) bool { return enabled == nil || *enabled }
