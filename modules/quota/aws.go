package quota

import (
	"strings"

	"gantry.dev/gantry/modules/spec"
)

// instanceQuota is a quota of EC2 for the virtual CPUs of running machines.
type instanceQuota struct{ name, code string }

// machineQuotas are the two quotas of a group of EC2 families.
type machineQuotas struct {
	// families are the beginnings of the types of the group.
	families       []string
	onDemand, spot instanceQuota
}

// machineQuotasOfEC2 in the order in which they are searched: p5 before p. Source:
// https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html,
// which has no spot quota for P6.
var machineQuotasOfEC2 = []machineQuotas{
	{
		families: []string{"p6"},
		onDemand: runningP, spot: instanceQuota{"All P6 Spot Instance Requests", ""},
	},
	{
		families: []string{"p5"},
		onDemand: runningP, spot: instanceQuota{"All P5 Spot Instance Requests", "L-C4BD4855"},
	},
	{
		families: []string{"p"},
		onDemand: runningP, spot: instanceQuota{"All P4, P3 and P2 Spot Instance Requests", "L-7212CCBC"},
	},
	{
		families: []string{"g", "vt"},
		onDemand: instanceQuota{"Running On-Demand G and VT instances", "L-DB2E81BA"},
		spot:     instanceQuota{"All G and VT Spot Instance Requests", "L-3819A6DF"},
	},
	{
		families: []string{"a", "c", "d", "h", "i", "m", "r", "t", "z"},
		onDemand: instanceQuota{"Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", "L-1216C47A"},
		spot:     instanceQuota{"All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", "L-34B43A08"},
	},
}

var runningP = instanceQuota{"Running On-Demand P instances", "L-417A185B"}

// instanceQuotaOf is the quota that a machine type counts against.
func instanceQuotaOf(machineType string, capacity spec.Capacity) (instanceQuota, bool) {
	for _, group := range machineQuotasOfEC2 {
		for _, family := range group.families {
			if !strings.HasPrefix(machineType, family) {
				continue
			}
			if capacity == spec.CapacitySpot {
				return group.spot, true
			}
			return group.onDemand, true
		}
	}
	return instanceQuota{}, false
}

// aws adds what EC2, VPC and EKS grant. Defaults are those of the pages "quotas"
// in the documentation of each service.
func (t *tally) aws(plans []spec.PoolPlan) {
	const unknownSpotQuota = "AWS documents no code: look for P6 under Service Quotas, EC2"
	for _, plan := range plans {
		q, ok := instanceQuotaOf(plan.Machines[0].Type, plan.Capacity)
		if !ok {
			continue
		}
		need := Need{Name: q.name, Code: q.code, Unit: UnitVCPU, Needed: t.perNode(plan, plan.Machines[0].VCPU)}
		if q.code == "" {
			need.Note = unknownSpotQuota
		}
		t.add(need)
	}
	gateways := 1
	if t.platform.Cluster.NAT == spec.NATPerZone {
		gateways = t.platform.Cluster.Zones
	}
	t.add(Need{Name: "EC2-VPC Elastic IPs", Code: "L-0263D0A3", Needed: gateways, Note: "for NAT; 5 by default"})
	t.add(Need{Name: "NAT gateways per Availability Zone", Code: "L-FE5A380F", Needed: 1, Note: "5 by default"})
	t.add(Need{Name: "VPCs per Region", Code: "L-F678F1CE", Needed: 1, Note: "5 by default"})
	t.add(Need{Name: "Internet gateways per Region", Code: "L-A4707A72", Needed: 1, Note: "5 by default"})
	t.add(Need{Name: "Managed node groups per cluster", Code: "L-6D54EA21", Needed: len(plans), Note: "30 by default"})
	greatest, disk := 0, 0
	for _, plan := range plans {
		greatest = max(greatest, t.nodes(plan))
		disk += t.perNode(plan, plan.DiskGiB)
	}
	t.add(Need{Name: "Nodes per managed node group", Code: "L-BD136A63", Unit: UnitNodes, Needed: greatest, Note: "450 by default"})
	t.add(Need{Name: "Storage for General Purpose SSD (gp3) volumes", Code: "L-7A658B76", Unit: UnitGiB, Needed: disk, Note: "51200 (50 TiB) by default"})
}
