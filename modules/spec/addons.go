package spec

// Addons are the parts installed into the cluster beside the models. In an
// existing cluster only what is enabled outright is installed.
type Addons struct {
	// Autoscaler leaves node counts between min and max to a cluster
	// autoscaler.
	Autoscaler Autoscaler `json:"autoscaler"`
	// MetricsServer provides CPU and memory figures to autoscaling and to
	// kubectl top.
	MetricsServer MetricsServer `json:"metricsServer"`
	// GPUOperator runs what makes the accelerators of a node usable and
	// observable.
	GPUOperator GPUOperator `json:"gpuOperator"`
	// DevicePlugin advertises the GPUs of a node to the scheduler where no
	// operator does.
	DevicePlugin DevicePlugin `json:"devicePlugin"`
	// Monitoring is Prometheus, Grafana and Alertmanager.
	Monitoring Monitoring `json:"monitoring"`
	// Certificates is cert-manager, which the gateway needs for TLS.
	Certificates Certificates `json:"certificates"`
	// Gateway is the one way into the cluster for requests to models.
	Gateway Gateway `json:"gateway"`
	// DNS writes the names of the gateway into a zone.
	DNS DNS `json:"dns"`
	// EventScaling is KEDA: scaling on queues, schedules and Prometheus
	// queries.
	EventScaling EventScaling `json:"eventScaling"`
	// Charts are further Helm charts by the name of their release; see
	// docs/charts.md. Default: none.
	Charts map[string]Chart `json:"charts"`
	// Versions overrides the pinned version of a managed add-on by its name
	// in the cloud, for example {vpc-cni: v1.20.4-eksbuild.2}. On AWS only: the
	// other clouds choose the versions of their own add-ons. Default: the
	// versions pinned for the Kubernetes minor.
	Versions map[string]string `json:"versions"`
}

// Expander decides which of several pools that would do gets the new node.
type Expander string

// The accepted values of Expander.
const (
	// ExpanderPriority takes spot pools before on-demand ones.
	ExpanderPriority Expander = "priority"
	// ExpanderLeastWaste takes the pool that leaves the least CPU and memory
	// idle.
	ExpanderLeastWaste Expander = "least-waste"
)

// Expanders lists every accepted value of Expander.
var Expanders = []Expander{ExpanderPriority, ExpanderLeastWaste}

// Autoscaler is the ownership of node counts: Cluster Autoscaler on AWS, the
// cloud's own on Google Cloud and Azure.
type Autoscaler struct {
	// Enabled lets the cluster autoscaler set node counts, and stops Gantry
	// from resetting those that it has set. Disabled, each pool has exactly min
	// nodes. Default: true.
	Enabled *bool `json:"enabled"`
	// Expanders choose among pools that would do, each where the one before
	// leaves several: priority (spot before on-demand) and least-waste. Google
	// Cloud has rules of its own. Default: priority, then least-waste.
	Expanders []Expander `json:"expanders"`
	// ScaleDownMinutes is how long a node must be unneeded before it goes, in
	// minutes, 1 to 120. Google Cloud chooses its own. Default: 10.
	ScaleDownMinutes int `json:"scaleDownMinutes" jsonschema:"minimum=1,maximum=120"`
	// ScaleDownUtilization is the part of its CPU and memory, in percent,
	// below which a node counts as unneeded, 10 to 90. Google Cloud chooses its
	// own: 65 or more there selects the profile OPTIMIZE_UTILIZATION. Default:
	// 50.
	ScaleDownUtilization int `json:"scaleDownUtilization" jsonschema:"minimum=10,maximum=90"`
	// BalanceZones keeps the zones of a pool equally large. Default: true.
	BalanceZones *bool `json:"balanceZones"`
}

// MetricsServer is the resource metrics API.
type MetricsServer struct {
	// Enabled installs metrics-server where the cloud brings none. Without it
	// no model scales on CPU or memory. Default: true.
	Enabled *bool `json:"enabled"`
}

// GPUOperator is NVIDIA's GPU Operator: device plugin, feature discovery, DCGM
// exporter, MIG manager and, for pools with driver: operator, the driver.
type GPUOperator struct {
	// Enabled installs the operator where a pool has GPUs. It is then what
	// advertises nvidia.com/gpu on every cloud. Default: true; false in an
	// existing cluster.
	Enabled *bool `json:"enabled"`
}

// DevicePlugin is NVIDIA's device plugin on its own.
type DevicePlugin struct {
	// Enabled installs the plugin on GPU pools. Exactly one thing may advertise
	// nvidia.com/gpu, so that it is refused beside the GPU Operator, and on
	// Google Cloud, which has its own. Default: true on AWS and Azure where the
	// operator is disabled, false otherwise.
	Enabled *bool `json:"enabled"`
	// Image of the plugin, with a tag or a digest. Default: the pinned
	// release.
	Image string `json:"image" jsonschema:"example=registry.example.com/nvidia/k8s-device-plugin:v0.17.4"`
}

// Certificates is cert-manager.
type Certificates struct {
	// Enabled installs cert-manager. Default: true; false in an existing
	// cluster.
	Enabled *bool `json:"enabled"`
}

// EventScaling is KEDA, the one owner of external metrics in the cluster.
type EventScaling struct {
	// Enabled installs KEDA. Default: true; false in an existing cluster.
	Enabled *bool `json:"enabled"`
}

// DNS is external-dns.
type DNS struct {
	// Zone is the DNS zone of the cloud that names are written into: the id of
	// a Route 53 hosted zone, the name of a Cloud DNS managed zone, the resource
	// id of an Azure DNS zone. Left out: external-dns is not installed.
	// Default: none.
	Zone string `json:"zone" jsonschema:"example=Z0123456789ABCDEFGHIJ"`
	// Domain of the zone, for example ml.example.com: no other name is
	// touched. Required with zone. Default: none.
	Domain string `json:"domain" jsonschema:"example=ml.example.com"`
}

// Chart is a Helm chart of the user's choice.
type Chart struct {
	// Chart is the name of the chart in its repository, an oci:// reference, or
	// the path of a folder or packed chart.
	Chart string `json:"chart" jsonschema:"required,example=kueue"`
	// Repository is the https:// address of the chart's repository. Left out:
	// chart is an oci:// reference or a path. Default: none.
	Repository string `json:"repository" jsonschema:"example=https://charts.example.com"`
	// Version of the chart, exactly: no range and no latest. A path has its
	// own and needs none. Default: none.
	Version string `json:"version" jsonschema:"example=0.19.2"`
	// Namespace of the release; Gantry makes it. Default: the name of the
	// release.
	Namespace string `json:"namespace" jsonschema:"example=kueue-system"`
	// PodSecurity is the Pod Security level of the namespace: restricted,
	// baseline or privileged. Default: restricted.
	PodSecurity PodSecurity `json:"podSecurity"`
	// Values of the chart, as in its values.yaml. Never put a secret here.
	// Default: the chart's own.
	Values map[string]any `json:"values"`
	// Secrets are values of the chart that are secret: the path in the values,
	// with dots, to a name in gantry:secrets. Default: none.
	Secrets map[string]string `json:"secrets"`
}

// PodSecurity is a level of the Pod Security Standards.
type PodSecurity string

// The accepted values of PodSecurity, see
// https://kubernetes.io/docs/concepts/security/pod-security-standards/.
const (
	PodSecurityRestricted PodSecurity = "restricted"
	PodSecurityBaseline   PodSecurity = "baseline"
	PodSecurityPrivileged PodSecurity = "privileged"
)

// PodSecurities lists every accepted value of PodSecurity.
var PodSecurities = []PodSecurity{PodSecurityRestricted, PodSecurityBaseline, PodSecurityPrivileged}

// ChartSource is where the charts of all add-ons come from.
type ChartSource struct {
	// Mirror serves every chart in place of its own repository: an oci:// or
	// https:// address, or the path of a folder with packed charts or chart
	// folders, relative to the project. For clusters without internet; see
	// docs/charts.md. Default: each chart's own repository.
	Mirror string `json:"mirror" jsonschema:"example=oci://registry.example.com/charts"`
}
