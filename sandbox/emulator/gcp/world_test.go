package gcp_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
	"gantry.dev/gantry/sandbox/emulator/gcp"
	"gantry.dev/gantry/sandbox/localkube"
)

type Props = emulatortest.Props

// change merges properties, without drops those that are nil.
var change, without = emulatortest.Change, emulatortest.Compact

const unknown = emulatortest.Unknown

const (
	serviceType       = "gcp:projects/service:Service"
	networkType       = "gcp:compute/network:Network"
	subnetType        = "gcp:compute/subnetwork:Subnetwork"
	routerType        = "gcp:compute/router:Router"
	natType           = "gcp:compute/routerNat:RouterNat"
	firewallType      = "gcp:compute/firewall:Firewall"
	ringType          = "gcp:kms/keyRing:KeyRing"
	keyType           = "gcp:kms/cryptoKey:CryptoKey"
	keyMemberType     = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
	accountType       = "gcp:serviceaccount/account:Account"
	accountMemberType = "gcp:serviceaccount/iAMMember:IAMMember"
	projectMemberType = "gcp:projects/iAMMember:IAMMember"
	bucketMemberType  = "gcp:storage/bucketIAMMember:BucketIAMMember"
	clusterType       = "gcp:container/cluster:Cluster"
	poolType          = "gcp:container/nodePool:NodePool"
	agentType         = "gcp:projects/serviceIdentity:ServiceIdentity"
	repositoryType    = "gcp:artifactregistry/repository:Repository"
	imageMemberType   = "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"
	bucketType        = "gcp:storage/bucket:Bucket"
	zoneMemberType    = "gcp:dns/dnsManagedZoneIamMember:DnsManagedZoneIamMember"
)

const (
	project = "ml-platform-dev"
	// control is the control plane of the platform's cluster.
	control = "gke_" + project + "_us-central1_dev"
)

// platform is an account, and what a test has made in it.
type platform struct {
	*emulatortest.Account[*gcp.Account]
}

func newAccount(t *testing.T) *platform {
	t.Helper()
	config := Props{"project": project, "region": "us-central1", "defaultLabels": `{"team":"ml"}`}
	return &platform{emulatortest.NewAccount(t, control, config, gcp.NewProvider, gcp.Options{Patience: -1})}
}

// pool are the nodes of a node pool.
func (p *platform) pool(name string) []localkube.Node {
	return p.Kube.Nodes("cloud.google.com/gke-nodepool", name)
}

// perZone counts nodes by zone.
func perZone(nodes []localkube.Node) map[string]int {
	counts := map[string]int{}
	for _, n := range nodes {
		counts[n.Zone]++
	}
	return counts
}

// number of the project.
func (p *platform) number() string {
	p.T.Helper()
	found, err := p.Invoke("gcp:organizations/getProject:getProject", Props{})
	require.NoError(p.T, err)
	return found["number"].(string)
}

// alter updates a resource of the platform; nil takes an input away.
func (p *platform) alter(name string, more Props) emulatortest.Resource {
	p.T.Helper()
	r, err := p.Update(p.By[name], without(change(given(p.By[name]), more)))
	require.NoError(p.T, err)
	p.By[name] = r
	return r
}

// newProject has the APIs enabled.
func newProject(t *testing.T) *platform {
	t.Helper()
	p := newAccount(t)
	for _, api := range []string{"compute", "container", "iam", "cloudkms"} {
		p.Add(serviceType, api, Props{"service": api + ".googleapis.com", "disableOnDestroy": false})
	}
	return p
}

// newNetwork has a network with a subnetwork behind a NAT.
func newNetwork(t *testing.T) *platform {
	t.Helper()
	p := newProject(t)
	vpc := p.Add(networkType, "vpc", Props{"autoCreateSubnetworks": false})
	p.Add(subnetType, "subnet", Props{
		"network": vpc.ID, "region": "us-central1", "ipCidrRange": "10.0.0.0/20", "privateIpGoogleAccess": true,
		"secondaryIpRanges": []any{
			Props{"rangeName": "pods", "ipCidrRange": "100.64.0.0/14"}, Props{"rangeName": "services", "ipCidrRange": "172.20.0.0/20"},
		},
	})
	router := p.Add(routerType, "router", Props{"network": vpc.Outputs["selfLink"], "region": "us-central1"})
	p.Add(natType, "nat", Props{
		"router": router.Outputs["name"], "region": "us-central1", "natIpAllocateOption": "AUTO_ONLY",
		"sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
	})
	return p
}

// newCluster adds a control plane, with the key of its secrets and the account of
// its nodes.
func newCluster(t *testing.T) *platform {
	t.Helper()
	p := newNetwork(t)
	ring := p.Add(ringType, "keys", Props{"location": "us-central1"})
	key := p.Add(keyType, "key", Props{"keyRing": ring.ID, "rotationPeriod": "7776000s"})
	p.Add(keyMemberType, "key-gke", Props{
		"cryptoKeyId": key.ID, "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
		"member": "serviceAccount:service-" + p.number() + "@container-engine-robot.iam.gserviceaccount.com",
	})
	nodes := p.Add(accountType, "nodes", Props{"accountId": "dev-nodes", "displayName": "Nodes"})
	p.Add(projectMemberType, "nodes-role", Props{
		"project": project, "role": "roles/container.defaultNodeServiceAccount", "member": nodes.Outputs["member"],
	})
	p.Add(clusterType, "cluster", p.clusterProps())
	return p
}

func (p *platform) clusterProps() Props {
	return Props{
		"name": "dev", "location": "us-central1", "nodeLocations": []any{"us-central1-a", "us-central1-b"},
		"minMasterVersion": "1.34", "releaseChannel": Props{"channel": "REGULAR"},
		"removeDefaultNodePool": true, "initialNodeCount": 1, "nodeConfig": Props{"serviceAccount": p.Text("nodes", "email")},
		"network": p.By["vpc"].ID, "subnetwork": p.By["subnet"].ID, "datapathProvider": "ADVANCED_DATAPATH",
		"ipAllocationPolicy":             Props{"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"},
		"privateClusterConfig":           Props{"enablePrivateNodes": true, "enablePrivateEndpoint": false, "masterIpv4CidrBlock": "10.0.255.240/28"},
		"masterAuthorizedNetworksConfig": Props{"cidrBlocks": []any{Props{"cidrBlock": "203.0.113.0/24"}}},
		"masterAuth":                     Props{"clientCertificateConfig": Props{"issueClientCertificate": false}},
		"workloadIdentityConfig":         Props{"workloadPool": project + ".svc.id.goog"},
		"databaseEncryption":             Props{"state": "ENCRYPTED", "keyName": p.By["key"].ID},
		"addonsConfig": Props{
			"gcePersistentDiskCsiDriverConfig": Props{"enabled": true}, "gcsFuseCsiDriverConfig": Props{"enabled": true},
		},
		"resourceLabels": Props{"team": "ml"}, "deletionProtection": false,
	}
}

// newPlatform adds nodes and everything else.
func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := newCluster(t)
	p.Add(firewallType, "webhooks", Props{
		"name": "dev-webhooks", "network": p.By["vpc"].ID, "sourceRanges": []any{"10.0.255.240/28"},
		"targetServiceAccounts": []any{p.Text("nodes", "email")},
		"allows":                []any{Props{"protocol": "tcp", "ports": []any{"8443", "9443"}}},
	})
	p.Add(poolType, "system", p.cpuProps("system", 1))
	p.Add(poolType, "serve", p.gpuProps("serve"))
	app := p.Add(accountType, "app", Props{"accountId": "dev-app-1a2b3c4"})
	p.Add(accountMemberType, "app-user", Props{
		"serviceAccountId": app.Outputs["name"], "role": "roles/iam.workloadIdentityUser",
		"member": "serviceAccount:" + project + ".svc.id.goog[ml/app]",
	})
	p.Add(bucketMemberType, "app-models", Props{"bucket": "ml-models", "role": "roles/storage.objectViewer", "member": app.Outputs["member"]})
	p.images()
	p.models()
	p.Add(zoneMemberType, "app-zone", Props{"managedZone": "ml-example-com", "role": "roles/dns.admin", "member": app.Outputs["member"]})
	return p
}

// use lets a service agent use the key.
func (p *platform) use(name, agent string) {
	p.T.Helper()
	p.Add(keyMemberType, "key-"+name, Props{
		"cryptoKeyId": p.By["key"].ID, "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "member": "serviceAccount:" + agent,
	})
}

// images is a repository that nodes read.
func (p *platform) images() {
	p.T.Helper()
	agent := p.Add(agentType, "images-agent", Props{"service": "artifactregistry.googleapis.com"})
	p.use("images", agent.Outputs["email"].(string))
	p.Add(repositoryType, "images", p.repositoryProps())
	p.Add(imageMemberType, "images-nodes", Props{
		"location": "us-central1", "repository": "dev", "role": "roles/artifactregistry.reader", "member": p.By["nodes"].Outputs["member"],
	})
}

func (p *platform) repositoryProps() Props {
	return Props{
		"repositoryId": "dev", "location": "us-central1", "format": "DOCKER", "kmsKeyName": p.By["key"].ID,
		"cleanupPolicies": []any{
			Props{"id": "untagged", "action": "DELETE", "condition": Props{"tagState": "UNTAGGED", "olderThan": "86400s"}},
			Props{"id": "newest", "action": "KEEP", "mostRecentVersions": Props{"keepCount": 10}},
		},
	}
}

// models is a private bucket.
func (p *platform) models() {
	p.T.Helper()
	found, err := p.Invoke("gcp:storage/getProjectServiceAccount:getProjectServiceAccount", Props{})
	require.NoError(p.T, err)
	p.use("models", found["emailAddress"].(string))
	p.Add(bucketType, "models", p.bucketProps())
}

func (p *platform) bucketProps() Props {
	return Props{
		"location": "US-CENTRAL1", "uniformBucketLevelAccess": true, "publicAccessPrevention": "enforced",
		"encryption": Props{"defaultKmsKeyName": p.By["key"].ID}, "versioning": Props{"enabled": true}, "forceDestroy": true,
		"lifecycleRules": []any{Props{"action": Props{"type": "Delete"}, "condition": Props{"daysSinceNoncurrentTime": 30, "withState": "ARCHIVED"}}},
	}
}

// cpuProps are nodes without GPUs, so many in each of the cluster's two zones.
func (p *platform) cpuProps(name string, nodes int) Props {
	return Props{
		"name": name, "cluster": "dev", "location": "us-central1", "nodeCount": nodes,
		"nodeConfig": Props{
			"machineType": "e2-standard-4", "diskSizeGb": 50, "serviceAccount": p.Text("nodes", "email"),
			"labels":                 Props{"gantry.dev/pool": name},
			"workloadMetadataConfig": Props{"mode": "GKE_METADATA"},
		},
	}
}

// gpuProps are one to four spot nodes with an L4 each.
func (p *platform) gpuProps(name string) Props {
	return Props{
		"name": name, "cluster": p.By["cluster"].ID, "nodeLocations": []any{"us-central1-a", "us-central1-b"},
		"autoscaling": Props{"totalMinNodeCount": 3, "totalMaxNodeCount": 4, "locationPolicy": "ANY"},
		"management":  Props{"autoRepair": true, "autoUpgrade": true},
		"nodeConfig": Props{
			"machineType": "g2-standard-8", "diskSizeGb": 200, "diskType": "pd-balanced", "spot": true,
			"serviceAccount": p.Text("nodes", "email"), "labels": Props{"gantry.dev/pool": name},
			"guestAccelerators": []any{Props{
				"type": "nvidia-l4", "count": 1, "gpuDriverInstallationConfig": Props{"gpuDriverVersion": "LATEST"},
			}},
			"taints": []any{
				Props{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"},
				Props{"key": "cloud.google.com/gke-spot", "value": "true", "effect": "NO_SCHEDULE"},
			},
		},
	}
}

// given are the inputs of a resource as the program gives them.
func given(r emulatortest.Resource) Props {
	chosen, _ := r.Inputs["__defaults"].([]any)
	out := emulatortest.Without(r.Inputs, "__defaults")
	for _, name := range chosen {
		delete(out, name.(string))
	}
	return out
}
