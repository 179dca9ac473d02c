package gcp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

// refusal is a resource that Google Cloud does not create, and what it says.
type refusal emulatortest.Refusal

func TestRefusals_APIsThatAreOff(t *testing.T) {
	p := newAccount(t)
	number := p.number()
	off := func(title, api string) string {
		return "googleapi: Error 403: " + title + " has not been used in project " + number + " before or it is disabled. " +
			"Enable it by visiting https://console.developers.google.com/apis/api/" + api + "/overview?project=" + number + " then retry."
	}
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"a network":               {networkType, Props{"autoCreateSubnetworks": false}, off("Compute Engine API", "compute.googleapis.com")},
		"a key ring":              {ringType, Props{"location": "us-central1"}, off("Cloud Key Management Service (KMS) API", "cloudkms.googleapis.com")},
		"an account":              {accountType, Props{"accountId": "nodes-dev"}, "Identity and Access Management (IAM) API has not been used"},
		"the agent of GKE":        {projectMemberType, Props{"project": project, "role": "roles/viewer", "member": "serviceAccount:service-" + number + "@container-engine-robot.iam.gserviceaccount.com"}, "does not exist., badRequest"},
		"the default account":     {projectMemberType, Props{"project": project, "role": "roles/viewer", "member": "serviceAccount:" + number + "-compute@developer.gserviceaccount.com"}, "does not exist., badRequest"},
		"an API that is none":     {serviceType, Props{"service": "gantry.googleapis.com"}, "Error 403: Not found or permission denied for service(s): gantry.googleapis.com."},
		"an API with a bad name":  {serviceType, Props{"service": "compute"}, "expected compute to be a domain like serviceusage.googleapis.com"},
		"an API of nothing named": {serviceType, Props{}, "service is required"},
	})

	container := p.Must(serviceType, "container", Props{"service": "container.googleapis.com"})
	p.Must(networkType, "vpc", Props{}) // the API of Compute Engine comes with that of GKE
	vpc := p.Must(networkType, "second", Props{})
	compute := p.Must(serviceType, "compute", Props{"service": "compute.googleapis.com"})
	assert.ErrorContains(t, p.Delete(compute), "The service compute.googleapis.com is depended on by the following active service(s): container.googleapis.com. "+
		"Please specify disable_dependent_services=true if you want to proceed with disabling all services.")

	compute, err := p.Update(compute, Props{"service": "compute.googleapis.com", "disableDependentServices": true})
	require.NoError(t, err)
	require.NoError(t, p.Delete(compute))
	read, err := p.Read(container)
	require.NoError(t, err)
	assert.Empty(t, read.ID, "it went along")
	assert.ErrorContains(t, p.Delete(vpc), "Compute Engine API has not been used")
	_, err = p.Update(vpc, Props{"routingMode": "GLOBAL"})
	assert.ErrorContains(t, err, "Compute Engine API has not been used")
}

func TestRefusals_Network(t *testing.T) {
	p := newCluster(t)
	vpc, other := p.By["vpc"], p.Add(networkType, "other", Props{"name": "other", "autoCreateSubnetworks": false})
	subnet := Props{"network": vpc.ID, "region": "us-central1", "ipCidrRange": "10.8.0.0/20"}
	ranges := func(more ...any) Props { return change(subnet, Props{"secondaryIpRanges": more}) }
	pods := func(name, cidr string) Props { return Props{"rangeName": name, "ipCidrRange": cidr} }
	taken := p.Text("subnet", "name")
	nat := Props{
		"name": "second", "router": p.Text("router", "name"), "natIpAllocateOption": "AUTO_ONLY",
		"sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
	}
	rule := Props{"name": "rule", "network": vpc.ID, "sourceRanges": []any{"10.0.0.0/8"}, "allows": []any{Props{"protocol": "tcp", "ports": []any{"443"}}}}
	p.Add(firewallType, "rule", change(rule, Props{"name": "taken"}))

	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"a network whose name is taken":    {networkType, Props{"name": "other"}, "Error 409: The resource 'projects/" + project + "/global/networks/other' already exists, alreadyExists"},
		"a network with a bad name":        {networkType, Props{"name": "Other"}, `name is "Other", expected 1 to 63 lower-case letters`},
		"a network with tiny packets":      {networkType, Props{"mtu": 576}, "mtu is 576, expected a number from 1300 to 8896"},
		"a network that routes nowhere":    {networkType, Props{"routingMode": "NONE"}, "expected one of REGIONAL, GLOBAL"},
		"a subnetwork of no network":       {subnetType, change(subnet, Props{"network": "nowhere"}), "Invalid value for field 'resource.network': 'nowhere'. The referenced network resource cannot be found., invalid"},
		"a subnetwork without a range":     {subnetType, change(subnet, Props{"ipCidrRange": nil}), "ipCidrRange is required"},
		"a subnetwork in no region":        {subnetType, change(subnet, Props{"region": "us-central9"}), "Invalid value for field 'resource.region': 'us-central9'."},
		"a subnetwork that exists":         {subnetType, change(subnet, Props{"name": taken}), "already exists, alreadyExists"},
		"a subnetwork over another":        {subnetType, change(subnet, Props{"ipCidrRange": "10.0.8.0/22"}), "Invalid IPCidrRange: 10.0.8.0/22 conflicts with existing subnetwork '" + taken + "' in region 'us-central1'., invalid"},
		"a subnetwork over another's pods": {subnetType, change(subnet, Props{"ipCidrRange": "100.65.0.0/20", "region": "us-east1"}), "conflicts with existing subnetwork"},
		"a subnetwork over a master":       {subnetType, change(subnet, Props{"ipCidrRange": "10.0.255.0/24"}), "conflicts with existing subnetwork 'gke-dev-"},
		"pods over another's services":     {subnetType, ranges(pods("p", "172.20.0.0/16")), "Invalid value for field 'resource.secondaryIpRanges[0].ipCidrRange': '172.20.0.0/16'."},
		"pods over their own nodes":        {subnetType, ranges(pods("p", "10.8.0.0/16")), "conflicts with the range 10.8.0.0/20 of the same subnetwork"},
		"two ranges of a name":             {subnetType, ranges(pods("p", "10.64.0.0/20"), pods("p", "10.65.0.0/20")), "Secondary ranges have duplicate names."},
		"a range with a bad name":          {subnetType, ranges(pods("P", "10.64.0.0/20")), `secondaryIpRanges[].rangeName is "P"`},
		"an address as a range":            {subnetType, change(subnet, Props{"ipCidrRange": "10.8.0.1/20"}), "did you mean 10.8.0.0/20?"},
		"a range that is too small":        {subnetType, change(subnet, Props{"ipCidrRange": "10.8.0.0/30"}), "expected a size from /4 to /29"},
		"logs of every minute or so":       {subnetType, change(subnet, Props{"logConfig": Props{"aggregationInterval": "1m"}}), "expected one of INTERVAL_5_SEC"},
		"a router of no network":           {routerType, Props{"network": "nowhere"}, "The referenced network resource cannot be found."},
		"a router that exists":             {routerType, Props{"network": vpc.ID, "name": p.Text("router", "name")}, "already exists, alreadyExists"},
		"a router that advertises":         {routerType, Props{"network": vpc.ID, "bgp": Props{"asn": 64512, "advertisedGroups": []any{"ALL_SUBNETS"}}}, "with advertiseMode DEFAULT"},
		"a NAT of no router":               {natType, change(nat, Props{"router": "none"}), "Error 404: The resource 'none' was not found, notFound"},
		"a NAT of a router elsewhere":      {natType, change(nat, Props{"region": "us-east1"}), "/regions/us-east1/routers/" + p.Text("router", "name") + "' was not found"},
		"a NAT that exists":                {natType, change(nat, Props{"name": p.Text("nat", "name"), "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS", "subnetworks": []any{Props{"name": p.By["subnet"].ID}}}), "Unable to create RouterNat, existing object already found"},
		"a second NAT for everything":      {natType, nat, "already translates all subnetworks of network"},
		"a NAT with no addresses":          {natType, change(nat, Props{"natIpAllocateOption": "MANUAL_ONLY"}), "At least one NAT IP must be specified"},
		"a NAT with too many addresses":    {natType, change(nat, Props{"natIps": []any{"x"}}), "NAT IPs must not be specified with natIpAllocateOption AUTO_ONLY."},
		"a NAT of some, not named":         {natType, change(nat, Props{"sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS"}), "Subnetworks must be specified"},
		"a NAT of all, some named":         {natType, change(nat, Props{"subnetworks": []any{Props{"name": p.By["subnet"].ID}}}), "Subnetworks must not be specified"},
		"a NAT of a subnetwork that isn't": {natType, change(nat, Props{"subnetworks": []any{Props{"name": "none"}}, "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS"}), "The referenced subnetwork resource cannot be found."},
		"a NAT that does not choose":       {natType, change(nat, Props{"natIpAllocateOption": nil}), "natIpAllocateOption' not specified"},
		"a NAT of something else":          {natType, change(nat, Props{"sourceSubnetworkIpRangesToNat": "ALL"}), "expected one of ALL_SUBNETWORKS_ALL_IP_RANGES"},
		"a rule that exists":               {firewallType, change(rule, Props{"name": "taken"}), "The resource 'projects/" + project + "/global/firewalls/taken' already exists"},
		"a rule of no network":             {firewallType, change(rule, Props{"network": "nowhere"}), "The referenced network resource cannot be found."},
		"a rule for nobody":                {firewallType, change(rule, Props{"sourceRanges": nil}), "one of source_tags, source_ranges, or source_service_accounts must be defined"},
		"a rule that does nothing":         {firewallType, change(rule, Props{"allows": nil}), "exactly one of allows, denies must be given, got 0"},
		"a rule that does both":            {firewallType, change(rule, Props{"denies": []any{Props{"protocol": "udp"}}}), "must be given, got 2"},
		"a rule for a name":                {firewallType, change(rule, Props{"sourceRanges": []any{"example.com"}}), "Must be a valid CIDR address range."},
		"a rule for no port":               {firewallType, change(rule, Props{"allows": []any{Props{"protocol": "tcp", "ports": []any{"https"}}}}), "expected a port or a range of ports"},
		"a rule for tags and accounts":     {firewallType, change(rule, Props{"sourceTags": []any{"a"}, "targetServiceAccounts": []any{"b"}}), "targetServiceAccounts conflicts with sourceTags"},
		"a rule out, with sources":         {firewallType, change(rule, Props{"direction": "EGRESS", "sourceTags": []any{"a"}}), "cannot be used with direction EGRESS"},
		"a rule that comes last":           {firewallType, change(rule, Props{"priority": 70000}), "from 0 to 65535"},
		"an unknown property":              {firewallType, change(rule, Props{"sourceRange": "10.0.0.0/8"}), "sourceRange is not a property; known are"},
	})

	p.Add(natType, "listed", change(nat, Props{
		"sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS", "subnetworks": []any{Props{"name": p.By["subnet"].ID}},
	}))
	_, err := p.Update(p.By["subnet"], change(given(p.By["subnet"]), Props{"secondaryIpRanges": []any{pods("services", "172.20.0.0/20")}}))
	assert.ErrorContains(t, err, "Secondary range pods of subnetwork "+p.By["subnet"].ID+" is in use by cluster dev")
	p.Add(routerType, "elsewhere", Props{"network": other.ID}) // the region is the provider's
	assert.Equal(t, "us-central1", p.By["elsewhere"].Outputs["region"])
}

func TestRefusals_KeysAndIdentities(t *testing.T) {
	p := newCluster(t)
	key := Props{"keyRing": p.By["keys"].ID, "name": "key"}
	p.Add(keyType, "second", key)
	grant := Props{"cryptoKeyId": p.By["key"].ID, "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "member": "user:a@example.com"}
	onProject := Props{"project": project, "role": "roles/viewer", "member": "group:ml@example.com"}
	onAccount := Props{
		"serviceAccountId": p.Text("nodes", "name"), "role": "roles/iam.workloadIdentityUser",
		"member": "serviceAccount:" + project + ".svc.id.goog[ml/app]",
	}
	onBucket := Props{"bucket": "models", "role": "roles/storage.objectViewer", "member": p.By["nodes"].Outputs["member"]}
	principal := "principal://iam.googleapis.com/projects/%N/locations/global/workloadIdentityPools/" + project + ".svc.id.goog/subject/ns/ml/sa/app"

	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"a ring that exists":            {ringType, Props{"location": "us-central1", "name": p.Text("keys", "name")}, "Error 409: KeyRing " + p.By["keys"].ID + " already exists."},
		"a ring nowhere":                {ringType, Props{"location": "us-middle1"}, "The request concerns location 'us-middle1'"},
		"a ring with a bad name":        {ringType, Props{"location": "global", "name": "a b"}, "expected 1 to 63 letters"},
		"a key that exists":             {keyType, key, "Error 409: CryptoKey " + p.By["keys"].ID + "/cryptoKeys/key already exists."},
		"a key on no ring":              {keyType, change(key, Props{"keyRing": "none"}), "Error 404: KeyRing none not found."},
		"a key that turns every hour":   {keyType, change(key, Props{"rotationPeriod": "3600s"}), "expected at least 86400s"},
		"a key that turns every month":  {keyType, change(key, Props{"rotationPeriod": "1mo"}), "expected a number of seconds"},
		"a signature that turns":        {keyType, change(key, Props{"rotationPeriod": "86400s", "purpose": "ASYMMETRIC_SIGN"}), "Automatic rotation is not supported"},
		"a key of iron":                 {keyType, change(key, Props{"versionTemplate": Props{"algorithm": "x", "protectionLevel": "IRON"}}), "expected one of SOFTWARE, HSM"},
		"an account that exists":        {accountType, Props{"accountId": "dev-nodes"}, "Error 409: Service account dev-nodes already exists within project projects/" + project + "., alreadyExists"},
		"an account with a short id":    {accountType, Props{"accountId": "dev"}, "expected 6 to 30 lower-case letters"},
		"an account with a long id":     {accountType, Props{"accountId": strings.Repeat("n", 31)}, "expected 6 to 30 lower-case letters"},
		"an account with a long story":  {accountType, Props{"accountId": "storyteller", "description": strings.Repeat("n", 257)}, "expected at most 256"},
		"a grant on no key":             {keyMemberType, change(grant, Props{"cryptoKeyId": "none"}), "CryptoKey none not found."},
		"a role that keys do not have":  {keyMemberType, change(grant, Props{"role": "roles/storage.admin"}), "Role roles/storage.admin is not supported for this resource."},
		"a role that is none":           {projectMemberType, change(onProject, Props{"role": "roles/container.defaultNodeServiceAcount"}), "Role roles/container.defaultNodeServiceAcount is not supported for this resource., badRequest"},
		"a role without its prefix":     {projectMemberType, change(onProject, Props{"role": "viewer"}), "The role named viewer was not found."},
		"a role of pods on a project":   {projectMemberType, change(onProject, Props{"role": "roles/storage.legacyBucketReader"}), "is not supported for this resource"},
		"a member of no kind":           {projectMemberType, change(onProject, Props{"member": "ml@example.com"}), "has no kind; write for example serviceAccount:<email>"},
		"a member of a strange kind":    {projectMemberType, change(onProject, Props{"member": "robot:ml@example.com"}), "Invalid principal type"},
		"a member who is gone":          {projectMemberType, change(onProject, Props{"member": "deleted:user:a@example.com"}), "does not support IAM members for deleted principals"},
		"an account that is not":        {projectMemberType, change(onProject, Props{"member": "serviceAccount:none@" + project + ".iam.gserviceaccount.com"}), "Error 400: Service account none@" + project + ".iam.gserviceaccount.com does not exist., badRequest"},
		"the agent of another project":  {projectMemberType, change(onProject, Props{"member": "serviceAccount:service-1@container-engine-robot.iam.gserviceaccount.com"}), "does not exist."},
		"an agent whose API is off":     {projectMemberType, change(onProject, Props{"member": "serviceAccount:service-" + p.number() + "@cloud-filer.iam.gserviceaccount.com"}), "does not exist."},
		"a grant on no account":         {accountMemberType, change(onAccount, Props{"serviceAccountId": "projects/x/serviceAccounts/y"}), "Error 404: Service account projects/x/serviceAccounts/y does not exist."},
		"a grant on an address":         {accountMemberType, change(onAccount, Props{"serviceAccountId": p.Text("nodes", "email")}), "expected projects/<project>/serviceAccounts/<email>"},
		"pods of another project":       {accountMemberType, change(onAccount, Props{"member": "serviceAccount:other-project.svc.id.goog[ml/app]"}), "Identity Pool does not exist (other-project.svc.id.goog)."},
		"pods by a wrong number":        {bucketMemberType, change(onBucket, Props{"member": strings.Replace(principal, "%N", "123", 1)}), "Identity Pool does not exist"},
		"a bucket with a bad name":      {bucketMemberType, change(onBucket, Props{"bucket": "My Models"}), "expected the name of a bucket"},
		"a bucket's role that is none":  {bucketMemberType, change(onBucket, Props{"role": "roles/iam.workloadIdentityUser"}), "is not supported for this resource"},
		"an account of a bucket's that": {bucketMemberType, change(onBucket, Props{"member": "serviceAccount:none@" + project + ".iam.gserviceaccount.com"}), "does not exist."},
	})

	p.Add(bucketMemberType, "direct", change(onBucket, Props{"member": strings.Replace(principal, "%N", p.number(), 1)}))
	p.Add(projectMemberType, "stranger", change(onProject, Props{"member": "serviceAccount:ci@elsewhere-1.iam.gserviceaccount.com"}))
	twice := p.Add(projectMemberType, "once", onProject)
	p.Add(projectMemberType, "twice", onProject)
	require.NoError(t, p.Delete(twice), "to grant what is granted is no error, and one delete takes it away")
	read, err := p.Read(p.By["twice"])
	require.NoError(t, err)
	assert.Empty(t, read.ID)
	conditional := p.Add(projectMemberType, "conditional", change(onProject, Props{"condition": Props{"title": "until 2030", "expression": "true"}}))
	assert.Equal(t, project+"/roles/viewer/group:ml@example.com/until 2030", conditional.ID)

	p.Add(accountMemberType, "pods", onAccount)
	p.Drop("pods")
	p.Drop("cluster")
	emulatortest.Refuses(t, p.Account, map[string]refusal{
		"pods before there are any": {accountMemberType, onAccount, "Error 400: Identity Pool does not exist (" + project + ".svc.id.goog). Please check that you specified a valid resource name"},
	})
}

func TestPreview_RefusesWhatIsWrongInItself(t *testing.T) {
	p := newProject(t)
	pool := Props{
		"cluster": unknown, "nodeLocations": unknown, "initialNodeCount": unknown,
		"autoscaling": Props{"totalMinNodeCount": 0, "totalMaxNodeCount": 4},
		"nodeConfig":  Props{"machineType": "g2-tiny-1", "serviceAccount": unknown, "labels": unknown, "taints": unknown},
	}
	_, err := p.Preview(poolType, "pool", pool)
	assert.ErrorContains(t, err, "Machine type with name 'g2-tiny-1' does not exist.")

	plan, err := p.Preview(poolType, "pool", change(pool, Props{"nodeConfig": Props{"machineType": "g2-standard-4"}}))
	require.NoError(t, err, "what is missing may yet come")
	assert.Equal(t, unknown, plan.Outputs["version"])

	_, err = p.Preview(clusterType, "cluster", Props{
		"location": "us-central1", "network": unknown, "subnetwork": unknown, "initialNodeCount": 1, "removeDefaultNodePool": true,
		"databaseEncryption": Props{"state": "ENCRYPTED", "keyName": unknown}, "workloadIdentityConfig": unknown,
		"addonsConfig": Props{"gcsFuseCsiDriverConfig": Props{"enabled": true}}, "nodeLocations": unknown,
	})
	require.NoError(t, err)
}

// In a project where there is nothing yet, everything that comes from something
// else is unknown, and nothing is refused for it.
func TestPreview_OfAWholePlatformInANewProject(t *testing.T) {
	p := newAccount(t)
	for token, props := range map[string]Props{
		serviceType:       {"service": "compute.googleapis.com"},
		networkType:       {"autoCreateSubnetworks": false},
		subnetType:        {"network": unknown, "ipCidrRange": "10.0.0.0/20", "secondaryIpRanges": unknown},
		routerType:        {"network": unknown, "region": unknown, "bgp": unknown},
		natType:           {"router": unknown, "natIpAllocateOption": unknown, "sourceSubnetworkIpRangesToNat": unknown, "subnetworks": unknown},
		firewallType:      {"network": unknown, "sourceRanges": unknown, "targetServiceAccounts": []any{unknown}, "allows": unknown},
		ringType:          {"location": unknown},
		keyType:           {"keyRing": unknown, "rotationPeriod": unknown, "purpose": unknown},
		keyMemberType:     {"cryptoKeyId": unknown, "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "member": unknown},
		accountType:       {"accountId": unknown},
		accountMemberType: {"serviceAccountId": unknown, "role": unknown, "member": unknown},
		projectMemberType: {"project": unknown, "role": "roles/viewer", "member": unknown},
		bucketMemberType:  {"bucket": unknown, "role": "roles/storage.objectViewer", "member": unknown},
		clusterType: {
			"location": "us-central1", "nodeLocations": unknown, "network": unknown, "subnetwork": unknown, "initialNodeCount": unknown,
			"removeDefaultNodePool": true, "nodeConfig": Props{"serviceAccount": unknown, "taints": []any{unknown}},
			"ipAllocationPolicy":             unknown,
			"privateClusterConfig":           Props{"enablePrivateNodes": true, "masterIpv4CidrBlock": unknown, "enablePrivateEndpoint": true},
			"masterAuthorizedNetworksConfig": unknown, "databaseEncryption": unknown, "resourceLabels": unknown, "releaseChannel": unknown,
		},
		poolType: {
			"cluster": unknown, "location": unknown, "nodeLocations": unknown, "nodeCount": unknown, "autoscaling": unknown,
			"upgradeSettings": unknown, "nodeConfig": unknown, "queuedProvisioning": Props{"enabled": false},
		},
	} {
		plan, err := p.Preview(token, "preview", props)
		require.NoError(t, err, token)
		assert.Empty(t, plan.ID)
	}
	assert.Empty(t, p.Objects(), "a preview creates nothing")
}
