package spec

// NAT tells how private nodes reach the internet.
type NAT string

// The accepted values of NAT.
const (
	// NATSingle is one gateway for all zones: cheap, and gone with its zone.
	NATSingle NAT = "single"
	// NATPerZone is one gateway in each zone.
	NATPerZone NAT = "per-zone"
)

// NATs lists every accepted value of NAT.
var NATs = []NAT{NATSingle, NATPerZone}

// KubernetesVersions lists the minors that Gantry pins add-ons for, oldest
// first.
var KubernetesVersions = []string{"1.33", "1.34", "1.35", "1.36"}

// LogRetentions lists the numbers of days that CloudWatch Logs can keep a log
// group. Source: PutRetentionPolicy in the CloudWatch Logs API reference.
var LogRetentions = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731,
	1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// Cluster is the Kubernetes control plane and its network.
type Cluster struct {
	// Version is the Kubernetes minor: 1.33, 1.34, 1.35 or 1.36; not 1.33 on
	// Azure. Quote it: YAML reads 1.30 as the number 1.3. It has no default, so
	// that a new Gantry never upgrades a cluster by itself.
	Version string `json:"version" jsonschema:"required,example=1.34"`
	// Zones is the number of availability zones that nodes are spread over, 2
	// to 6, and no more than the region has: at most 4 on Google Cloud and 3 on
	// Azure. Default: 2.
	Zones int `json:"zones" jsonschema:"minimum=2,maximum=6"`
	// NetworkCIDR is the IPv4 range of the cluster's network: a private
	// range, /16 to /20. Default: 10.0.0.0/16.
	NetworkCIDR string `json:"networkCidr" jsonschema:"example=10.0.0.0/16"`
	// PodCIDR is the IPv4 range of pod addresses on Google Cloud and Azure,
	// where each node takes a /24 of it: a private range, /10 to /20, apart
	// from the other two. On AWS pods take addresses of the network. Default:
	// 100.64.0.0/14, room for 1024 nodes.
	PodCIDR string `json:"podCidr" jsonschema:"example=100.64.0.0/14"`
	// ServiceCIDR is the IPv4 range of service addresses on Google Cloud and
	// Azure: a private range, /16 to /24, apart from the other two. On AWS, EKS
	// chooses one. Default: 172.20.0.0/20.
	ServiceCIDR string `json:"serviceCidr" jsonschema:"example=172.20.0.0/20"`
	// NAT is single (one gateway, the cheapest) or per-zone (one in each
	// zone, so that none depends on another). On Google Cloud and Azure the
	// gateway belongs to no zone, so that both mean the same there. Default:
	// single; per-zone when the platform is protected.
	NAT NAT `json:"nat"`
	// PublicAccessCIDRs are the IPv4 ranges that may reach the Kubernetes API
	// from the internet, each public and /8 or smaller: at most 40 on AWS, 100
	// on Google Cloud and 199 on Azure. Empty,
	// the API is private: it answers only inside the network. 0.0.0.0/0 is
	// refused. Default: none.
	PublicAccessCIDRs []string `json:"publicAccessCidrs"`
	// Admins are the identities with full rights in the cluster: on AWS, ARNs
	// of IAM users or roles; on Google Cloud, IAM members such as
	// group:ml@example.com; on Azure, object ids of Entra groups. Default: the
	// identity that runs the first up.
	Admins []string `json:"admins"`
	// LogRetentionDays is how many days control-plane logs are kept: on AWS
	// one of the values that CloudWatch accepts (30, 90, 365, ...), on Azure 30
	// to 730. On Google Cloud the retention belongs to the log bucket of the
	// project. Default: 90.
	LogRetentionDays int `json:"logRetentionDays"`
}
