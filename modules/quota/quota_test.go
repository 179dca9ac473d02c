package quota

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/spec"
)

// planned is a platform with its pools planned, in a stack that is cheap to
// lose, so that machines of a system pool are the same as in the examples.
func planned(t *testing.T, p spec.Platform) (spec.Platform, []spec.PoolPlan) {
	t.Helper()
	p.Stack = "dev"
	p = spec.Default(p)
	plans, err := spec.PlanPools(p)
	require.NoError(t, err)
	return p, plans
}

func on(cloud spec.Cloud, pools ...spec.Pool) spec.Platform {
	return spec.Platform{Cloud: cloud, Cluster: spec.Cluster{Zones: 3, NAT: spec.NATPerZone}, Pools: pools}
}

var (
	system = spec.Pool{Name: "system", Role: spec.RoleSystem, CPU: 4, Memory: "16Gi", Min: 2, Max: 4}
	train  = spec.Pool{Name: "train", Role: spec.RoleTraining, GPU: "a100", GPUCount: 8, Max: 16, DiskSize: "500Gi"}
	serve  = spec.Pool{Name: "serve", Role: spec.RoleInference, GPU: "l4", GPUAlternatives: []string{"t4"}, Max: 20}
)

// byCode is what is needed of each quota. Addresses have no code.
func byCode(needs []Need) map[string]int {
	amounts := map[string]int{}
	for _, n := range needs {
		if n.Code != "" {
			amounts[n.Code] = n.Needed
		}
	}
	return amounts
}

func TestNeeds_EachCloudByItsOwnNames(t *testing.T) {
	for name, test := range map[string]struct {
		platform spec.Platform
		want     map[string]int
	}{
		"AWS": {on(spec.AWS, system, train, serve), map[string]int{
			"L-1216C47A": 4 * 4,   // t3a.xlarge
			"L-7212CCBC": 16 * 96, // p4d.24xlarge on spot
			"L-DB2E81BA": 20 * 4,  // g6.xlarge
			"L-0263D0A3": 3,       // a gateway in each zone
			"L-FE5A380F": 1,
			"L-F678F1CE": 1,
			"L-A4707A72": 1,
			"L-6D54EA21": 3,
			"L-BD136A63": 20, // the greatest pool
			"L-7A658B76": 4*50 + 16*500 + 20*200,
		}},
		"Google Cloud": {on(spec.GCP, system, train, serve), map[string]int{
			"CPUS":                         4 * 4, // e2-standard-4
			"CPUS_ALL_REGIONS":             4*4 + 16*96 + 20*4,
			"PREEMPTIBLE_NVIDIA_A100_GPUS": 16 * 8, // a2-highgpu-8g
			"NVIDIA_L4_GPUS":               20,
			"GPUS_ALL_REGIONS":             16*8 + 20,
			"SSD_TOTAL_GB":                 4*50 + 16*500 + 20*200,
			"INSTANCES":                    40,
			"NETWORKS":                     1,
			"IN_USE_ADDRESSES":             1,
		}},
		"Azure": {on(spec.Azure, system, train, serve), map[string]int{
			"standardDASv5Family":          4 * 4,
			"Standard NCASv3_T4 Family":    20 * 4,
			"lowPriorityCores":             16 * 96, // ND96asr_v4
			"cores":                        4*4 + 20*4,
			"StandardSkuPublicIpAddresses": 1,
			"VirtualNetworks":              1,
		}},
		"spot without accelerators": {on(spec.GCP, spec.Pool{Name: "a", Role: spec.RoleTraining, MachineTypes: []string{"n2-standard-8"}, Max: 3}), map[string]int{
			"PREEMPTIBLE_CPUS": 24, "CPUS_ALL_REGIONS": 24, "SSD_TOTAL_GB": 150, "INSTANCES": 3, "NETWORKS": 1, "IN_USE_ADDRESSES": 1,
		}},
		"disks of another kind": {on(spec.GCP, spec.Pool{Name: "a", Role: spec.RoleInference, MachineTypes: []string{"c4a-standard-4"}, Max: 3}), map[string]int{
			"C4A_CPUS": 12, "CPUS_ALL_REGIONS": 12, "HDB_TOTAL_GB": 150, "INSTANCES": 3, "NETWORKS": 1, "IN_USE_ADDRESSES": 1,
		}},
		"two system nodes at least on Azure": {on(spec.Azure, spec.Pool{Name: "system", Role: spec.RoleSystem, CPU: 4, Memory: "16Gi"}), map[string]int{
			"standardDASv5Family": 8, "cores": 8, "StandardSkuPublicIpAddresses": 1, "VirtualNetworks": 1,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			needs := Needs(planned(t, test.platform))

			assert.Equal(t, test.want, byCode(needs))
			seen := map[string]bool{}
			for _, n := range needs {
				assert.NotEmpty(t, n.Name)
				assert.Positive(t, n.Needed, n.Name)
				assert.False(t, seen[n.Name], "%s is told once", n.Name)
				seen[n.Name] = true
			}
		})
	}
}

func TestNeeds_SpotOfAWSByGeneration(t *testing.T) {
	for gpu, want := range map[string]Need{
		"a100": {Name: "All P4, P3 and P2 Spot Instance Requests", Code: "L-7212CCBC", Unit: UnitVCPU, Needed: 96},
		"h200": {Name: "All P5 Spot Instance Requests", Code: "L-C4BD4855", Unit: UnitVCPU, Needed: 192},
		"b200": {Name: "All P6 Spot Instance Requests", Unit: UnitVCPU, Needed: 192, Note: "AWS documents no code: look for P6 under Service Quotas, EC2"},
		"l4":   {Name: "All G and VT Spot Instance Requests", Code: "L-3819A6DF", Unit: UnitVCPU, Needed: 192},
	} {
		pool := spec.Pool{Name: "a", Role: spec.RoleTraining, GPU: gpu, GPUCount: 8}
		assert.Equal(t, want, Needs(planned(t, on(spec.AWS, pool)))[0], gpu)

		pool.Capacity = spec.CapacityOnDemand
		if gpu != "l4" {
			assert.Equal(t, "L-417A185B", Needs(planned(t, on(spec.AWS, pool)))[0].Code, gpu)
		}
	}
}

func TestNeeds_FollowTheAutoscaler(t *testing.T) {
	p := on(spec.AWS, system)
	p.Addons.Autoscaler.Enabled = new(false)

	assert.Equal(t, 2*4, byCode(Needs(planned(t, p)))["L-1216C47A"], "without it there are min nodes")
}

func TestNeeds_AddressesOfHowMany(t *testing.T) {
	for name, test := range map[string]struct {
		platform spec.Platform
		want     []Need
	}{
		// Six for the control plane; two nodes a zone (4 of three zones) of two
		// interfaces with ten addresses each.
		"AWS": {on(spec.AWS, system), []Need{
			{Name: "Nodes and pods of a zone", Unit: "addresses", Needed: 6 + 2*20, Available: 8192 - 5, Note: "of gantry:cluster.networkCidr, up to 142 with every node full of pods"},
		}},
		// One more node than the four, for an upgrade.
		"Google Cloud": {on(spec.GCP, system), []Need{
			{Name: "Nodes", Unit: "addresses", Needed: 5, Available: 32768 - 4, Note: "of gantry:cluster.networkCidr"},
			{Name: "Pods of nodes", Unit: "nodes", Needed: 5, Available: 1024, Note: "of gantry:cluster.podCidr"},
		}},
		// A third more.
		"Azure": {on(spec.Azure, system), []Need{
			{Name: "Nodes of pool system", Unit: "addresses", Needed: 6, Available: 1024 - 5, Note: "of gantry:cluster.networkCidr"},
			{Name: "Pods of nodes", Unit: "nodes", Needed: 6, Available: 1024, Note: "of gantry:cluster.podCidr"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			needs := Needs(planned(t, test.platform))
			assert.Equal(t, test.want, needs[len(needs)-len(test.want):])
		})
	}
}

func TestNeeds_NothingOfAClusterThatIsThere(t *testing.T) {
	existing, plans := planned(t, spec.Platform{Cloud: spec.Existing, Pools: []spec.Pool{
		{Name: "a", Role: spec.RoleInference, Labels: map[string]string{"a": "b"}},
	}})
	assert.Empty(t, Needs(existing, plans))

	p, plans := planned(t, on(spec.AWS, system))
	p.Handed = &spec.Handed{Cloud: spec.AWS, Pools: plans}
	assert.Empty(t, Needs(p, plans), "the stack with the cluster tells")
}

// A machine of the catalog that counts against no quota would be left out of the
// sum without a word.
func TestFamilies_CoverTheCatalog(t *testing.T) {
	for _, cloud := range spec.Clouds {
		for _, name := range accelerators.MachineTypes(string(cloud)) {
			machine, _ := accelerators.Lookup(string(cloud), name)
			ok := false
			switch cloud {
			case spec.AWS:
				_, ok = instanceQuotaOf(name, spec.CapacityOnDemand)
			case spec.GCP:
				var series gcpSeries
				series, ok = gcpSeriesOf(name)
				assert.Equal(t, machine.GPU != "", series.gpus != "", name)
				assert.Equal(t, machine.GPU == "", series.cpus != "", name)
			case spec.Azure:
				_, ok = azureFamilyOf(name)
			}
			assert.True(t, ok, "%s of %s", name, cloud)
		}
	}
}

func TestFamilies_OfUnknownMachines(t *testing.T) {
	_, ok := instanceQuotaOf("x1e.xlarge", spec.CapacityOnDemand)
	assert.False(t, ok)
	_, ok = gcpSeriesOf("m3-megamem-64")
	assert.False(t, ok)
	for _, name := range []string{"Standard_M64s", "Basic_A1", "Standard_D4s_v99"} {
		_, ok = azureFamilyOf(name)
		assert.False(t, ok, name)
	}
}

func TestTable_IsForPeople(t *testing.T) {
	assert.Equal(t, strings.Join([]string{
		"With every pool at its maximum the platform needs:",
		"  80 vCPU               Running On-Demand G and VT instances  L-DB2E81BA",
		"  20 GPUs               NVIDIA_L4_GPUS",
		"  3                     EC2-VPC Elastic IPs                   L-0263D0A3  for NAT; 5 by default",
		"  5 of 32764 addresses  Nodes                                             of gantry:cluster.networkCidr",
	}, "\n"), Table([]Need{
		{Name: "Running On-Demand G and VT instances", Code: "L-DB2E81BA", Unit: UnitVCPU, Needed: 80},
		{Name: "NVIDIA_L4_GPUS", Code: "NVIDIA_L4_GPUS", Unit: UnitGPU, Needed: 20},
		{Name: "EC2-VPC Elastic IPs", Code: "L-0263D0A3", Needed: 3, Note: "for NAT; 5 by default"},
		{Name: "Nodes", Unit: UnitAddresses, Needed: 5, Available: 32764, Note: "of gantry:cluster.networkCidr"},
	}))
	assert.Empty(t, Table(nil))
}
