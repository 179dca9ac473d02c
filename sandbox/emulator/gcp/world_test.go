package gcp_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/emulatortest"
	"gantry.dev/gantry/sandbox/emulator/gcp"
	"gantry.dev/gantry/sandbox/localkube"
)

type Props = emulatortest.Props

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
)

const (
	project = "ml-platform-dev"
	// control is the control plane of the platform's cluster.
	control = "gke_" + project + "_us-central1_dev"
)

// kubernetes remembers what it was told.
type kubernetes struct {
	mu       sync.Mutex
	clusters map[string]map[string]localkube.Node
	addons   map[string]bool
	broken   error
}

func newKubernetes() *kubernetes {
	return &kubernetes{clusters: map[string]map[string]localkube.Node{}, addons: map[string]bool{}}
}

func (k *kubernetes) CreateCluster(_ context.Context, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.clusters[name] == nil {
		k.clusters[name] = map[string]localkube.Node{}
	}
	return k.broken
}

func (k *kubernetes) DeleteCluster(_ context.Context, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.clusters, name)
	return nil
}

func (k *kubernetes) PutNode(_ context.Context, cluster string, n localkube.Node) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.clusters[cluster] == nil {
		return fmt.Errorf("no cluster %s", cluster)
	}
	k.clusters[cluster][n.Name] = n
	return nil
}

func (k *kubernetes) DeleteNode(_ context.Context, cluster, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.clusters[cluster], name)
	return nil
}

func (k *kubernetes) SetAddon(_ context.Context, cluster, addon string, installed bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.addons[cluster+"/"+addon] = installed
	return nil
}

// nodes of the platform's cluster that carry a label, by name.
func (k *kubernetes) nodes(label, value string) []localkube.Node {
	k.mu.Lock()
	defer k.mu.Unlock()
	var found []localkube.Node
	for _, n := range k.clusters[control] {
		if n.Labels[label] == value {
			found = append(found, n)
		}
	}
	slices.SortFunc(found, func(a, b localkube.Node) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// pool are the nodes of a node pool.
func (k *kubernetes) pool(name string) []localkube.Node {
	return k.nodes("cloud.google.com/gke-nodepool", name)
}

// perZone counts nodes by zone.
func perZone(nodes []localkube.Node) map[string]int {
	counts := map[string]int{}
	for _, n := range nodes {
		counts[n.Zone]++
	}
	return counts
}

// account is an empty account with a client.
type account struct {
	*emulatortest.Client
	t     *testing.T
	path  string
	kube  *kubernetes
	store *emulator.Store
	gcp   *gcp.Account
}

func newAccount(t *testing.T) *account {
	t.Helper()
	return openAccount(t, filepath.Join(t.TempDir(), "gcp.db"), newKubernetes())
}

func openAccount(t *testing.T, path string, kube *kubernetes) *account {
	t.Helper()
	store, err := emulator.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	server, a := gcp.NewProvider(store, kube, gcp.Options{Patience: -1})
	c := &account{Client: emulatortest.New(t, server), t: t, path: path, kube: kube, store: store, gcp: a}
	require.NoError(t, c.Configure(Props{"project": project, "region": "us-central1", "defaultLabels": `{"team":"ml"}`}))
	return c
}

func (a *account) objects() []emulator.Object {
	a.t.Helper()
	objects, err := a.store.Objects()
	require.NoError(a.t, err)
	return objects
}

// number of the project.
func (a *account) number() string {
	a.t.Helper()
	found, err := a.Invoke("gcp:organizations/getProject:getProject", Props{})
	require.NoError(a.t, err)
	return found["number"].(string)
}

// platform is everything that a small cluster needs, in the order of creation.
type platform struct {
	*account
	all []emulatortest.Resource
	by  map[string]emulatortest.Resource
}

// add creates a resource that nothing is wrong with.
func (p *platform) add(token, name string, props Props) emulatortest.Resource {
	p.t.Helper()
	r := p.Must(token, name, props)
	p.all = append(p.all, r)
	p.by[name] = r
	return r
}

// drop deletes a resource of the platform.
func (p *platform) drop(name string) {
	p.t.Helper()
	require.NoError(p.t, p.Delete(p.by[name]))
}

// alter updates a resource of the platform; nil takes an input away.
func (p *platform) alter(name string, more Props) emulatortest.Resource {
	p.t.Helper()
	r, err := p.Update(p.by[name], without(change(given(p.by[name]), more)))
	require.NoError(p.t, err)
	p.by[name] = r
	return r
}

// text is an output of a resource, by name.
func (p *platform) text(name, output string) string {
	p.t.Helper()
	s, ok := p.by[name].Outputs[output].(string)
	require.True(p.t, ok, "%s of %s", output, name)
	return s
}

// newProject has the APIs enabled.
func newProject(t *testing.T) *platform {
	t.Helper()
	p := &platform{account: newAccount(t), by: map[string]emulatortest.Resource{}}
	for _, api := range []string{"compute", "container", "iam", "cloudkms"} {
		p.add(serviceType, api, Props{"service": api + ".googleapis.com", "disableOnDestroy": false})
	}
	return p
}

// newNetwork has a network with a subnetwork behind a NAT.
func newNetwork(t *testing.T) *platform {
	t.Helper()
	p := newProject(t)
	vpc := p.add(networkType, "vpc", Props{"autoCreateSubnetworks": false})
	p.add(subnetType, "subnet", Props{
		"network": vpc.ID, "region": "us-central1", "ipCidrRange": "10.0.0.0/20", "privateIpGoogleAccess": true,
		"secondaryIpRanges": []any{
			Props{"rangeName": "pods", "ipCidrRange": "100.64.0.0/14"}, Props{"rangeName": "services", "ipCidrRange": "172.20.0.0/20"},
		},
	})
	router := p.add(routerType, "router", Props{"network": vpc.Outputs["selfLink"], "region": "us-central1"})
	p.add(natType, "nat", Props{
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
	ring := p.add(ringType, "keys", Props{"location": "us-central1"})
	key := p.add(keyType, "key", Props{"keyRing": ring.ID, "rotationPeriod": "7776000s"})
	p.add(keyMemberType, "key-gke", Props{
		"cryptoKeyId": key.ID, "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
		"member": "serviceAccount:service-" + p.number() + "@container-engine-robot.iam.gserviceaccount.com",
	})
	nodes := p.add(accountType, "nodes", Props{"accountId": "dev-nodes", "displayName": "Nodes"})
	p.add(projectMemberType, "nodes-role", Props{
		"project": project, "role": "roles/container.defaultNodeServiceAccount", "member": nodes.Outputs["member"],
	})
	p.add(clusterType, "cluster", p.clusterProps())
	return p
}

func (p *platform) clusterProps() Props {
	return Props{
		"name": "dev", "location": "us-central1", "nodeLocations": []any{"us-central1-a", "us-central1-b"},
		"minMasterVersion": "1.34", "releaseChannel": Props{"channel": "REGULAR"},
		"removeDefaultNodePool": true, "initialNodeCount": 1, "nodeConfig": Props{"serviceAccount": p.text("nodes", "email")},
		"network": p.by["vpc"].ID, "subnetwork": p.by["subnet"].ID, "datapathProvider": "ADVANCED_DATAPATH",
		"ipAllocationPolicy":             Props{"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"},
		"privateClusterConfig":           Props{"enablePrivateNodes": true, "enablePrivateEndpoint": false, "masterIpv4CidrBlock": "10.0.255.240/28"},
		"masterAuthorizedNetworksConfig": Props{"cidrBlocks": []any{Props{"cidrBlock": "203.0.113.0/24"}}},
		"masterAuth":                     Props{"clientCertificateConfig": Props{"issueClientCertificate": false}},
		"workloadIdentityConfig":         Props{"workloadPool": project + ".svc.id.goog"},
		"databaseEncryption":             Props{"state": "ENCRYPTED", "keyName": p.by["key"].ID},
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
	p.add(firewallType, "webhooks", Props{
		"name": "dev-webhooks", "network": p.by["vpc"].ID, "sourceRanges": []any{"10.0.255.240/28"},
		"targetServiceAccounts": []any{p.text("nodes", "email")},
		"allows":                []any{Props{"protocol": "tcp", "ports": []any{"8443", "9443"}}},
	})
	p.add(poolType, "system", p.cpuProps("system", 1))
	p.add(poolType, "serve", p.gpuProps("serve"))
	app := p.add(accountType, "app", Props{"accountId": "dev-app-1a2b3c4"})
	p.add(accountMemberType, "app-user", Props{
		"serviceAccountId": app.Outputs["name"], "role": "roles/iam.workloadIdentityUser",
		"member": "serviceAccount:" + project + ".svc.id.goog[ml/app]",
	})
	p.add(bucketMemberType, "app-models", Props{"bucket": "ml-models", "role": "roles/storage.objectViewer", "member": app.Outputs["member"]})
	return p
}

// cpuProps are nodes without GPUs, so many in each of the cluster's two zones.
func (p *platform) cpuProps(name string, nodes int) Props {
	return Props{
		"name": name, "cluster": "dev", "location": "us-central1", "nodeCount": nodes,
		"nodeConfig": Props{
			"machineType": "e2-standard-4", "diskSizeGb": 50, "serviceAccount": p.text("nodes", "email"),
			"labels":                 Props{"gantry.dev/pool": name},
			"workloadMetadataConfig": Props{"mode": "GKE_METADATA"},
		},
	}
}

// gpuProps are one to four spot nodes with an L4 each.
func (p *platform) gpuProps(name string) Props {
	return Props{
		"name": name, "cluster": p.by["cluster"].ID, "nodeLocations": []any{"us-central1-a", "us-central1-b"},
		"autoscaling": Props{"totalMinNodeCount": 3, "totalMaxNodeCount": 4, "locationPolicy": "ANY"},
		"management":  Props{"autoRepair": true, "autoUpgrade": true},
		"nodeConfig": Props{
			"machineType": "g2-standard-8", "diskSizeGb": 200, "diskType": "pd-balanced", "spot": true,
			"serviceAccount": p.text("nodes", "email"), "labels": Props{"gantry.dev/pool": name},
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

// change is props with the values at top-level names replaced; nested objects
// are merged.
func change(props, more Props) Props {
	out := emulatortest.With(props, nil)
	for key, v := range more {
		object, isObject := v.(Props)
		before, wasObject := out[key].(Props)
		if isObject && wasObject {
			v = change(before, object)
		}
		out[key] = v
	}
	return out
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

// without is props less those that are nil.
func without(props Props) Props {
	out := maps.Clone(props)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	for key, v := range out {
		if object, ok := v.(Props); ok {
			out[key] = without(object)
		}
	}
	return out
}
