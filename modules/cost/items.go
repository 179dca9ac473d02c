package cost

import (
	"fmt"
	"slices"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/rootdisk"
	"gantry.dev/gantry/modules/spec"
)

// item fills in the sums of something that is priced by the piece.
func item(i Item, each price) Item {
	i.Region, i.Date = each.region, each.date
	i.Monthly = Range{
		Min: each.perMonth.Times(float64(i.MinCount)),
		Max: each.perMonth.Times(float64(i.MaxCount)),
	}
	return i
}

// controlPlane is the fee for the cluster: flat on every cloud. AKS sells two
// tiers, of which the protected platform takes the one with an SLA.
func controlPlane(p spec.Platform) []Item {
	one := Item{Kind: ControlPlane, MinCount: 1, MaxCount: 1}
	key := "control-plane"
	switch p.Cloud {
	case spec.AWS:
		one.What = "EKS, standard support"
	case spec.GCP:
		one.What = "GKE, regional"
	case spec.Azure:
		one.What = "AKS, Standard tier"
		if !p.Protected() {
			one.What, key = "AKS, Free tier", "control-plane-free"
		}
	default:
		return nil
	}
	return []Item{item(one, priceOf(p.Cloud, key))}
}

// nat is the way of the nodes to the internet, without the traffic on it.
func nat(p spec.Platform, plans []spec.PoolPlan) []Item {
	switch p.Cloud {
	case spec.AWS:
		if p.Cluster.NAT == spec.NATPerZone {
			return gateways(p.Cloud, p.Cluster.Zones, "one in each zone")
		}
		return gateways(p.Cloud, 1, "one for all zones")
	case spec.Azure:
		// A subnet of Azure spans the zones and has one gateway.
		return gateways(p.Cloud, 1, "one for all zones")
	case spec.GCP:
		return []Item{
			cloudNAT(plans),
			item(Item{Kind: NATAddress, What: "public IPv4, more under load", MinCount: 1, MaxCount: 1}, priceOf(p.Cloud, "nat-address")),
		}
	default:
		return nil
	}
}

// gateways are NAT gateways with an address each.
func gateways(cloud spec.Cloud, count int, what string) []Item {
	return []Item{
		item(Item{Kind: NATGateway, What: what, MinCount: count, MaxCount: count}, priceOf(cloud, "nat-gateway")),
		item(Item{Kind: NATAddress, What: "public IPv4", MinCount: count, MaxCount: count}, priceOf(cloud, "nat-address")),
	}
}

// cloudNATVMs is the number of virtual machines up to which Cloud NAT is paid
// for each of them. Source: https://cloud.google.com/nat/pricing.
const cloudNATVMs = 32

// cloudNAT is the gateway of Google Cloud, whose price depends on the number of
// nodes.
func cloudNAT(plans []spec.PoolPlan) Item {
	each, all := priceOf(spec.GCP, "nat-vm"), priceOf(spec.GCP, "nat-vm-max")
	monthly := func(vms int) Money {
		if vms > cloudNATVMs {
			return all.perMonth
		}
		return each.perMonth.Times(float64(vms))
	}
	least, greatest := 0, 0
	for _, plan := range plans {
		least += plan.Min
		greatest += plan.Max
	}
	gateway := Item{Kind: NATGateway, What: "Cloud NAT, for each node", MinCount: least, MaxCount: greatest}
	gateway.Region, gateway.Date = each.region, each.date
	gateway.Monthly = Range{Min: monthly(least), Max: monthly(greatest)}
	return gateway
}

// imageRegistry is the fee for the platform's registry: the other clouds take one
// for the images alone. Azure sells two tiers, of which the protected platform
// takes the one that cleans up after itself.
func imageRegistry(p spec.Platform) []Item {
	if p.Cloud != spec.Azure || !spec.On(p.Registry.Enabled) {
		return nil
	}
	one := Item{Kind: ImageRegistry, What: "Container Registry, Standard", MinCount: 1, MaxCount: 1}
	key := "registry-standard"
	if p.Protected() {
		one.What, key = "Container Registry, Premium", "registry-premium"
	}
	return []Item{item(one, priceOf(p.Cloud, key))}
}

// nodes is the machines of a pool.
func nodes(plan spec.PoolPlan) Item {
	i := Item{
		Kind: Nodes, Pool: plan.Name, What: machinesText(plan), Capacity: plan.Capacity,
		MinCount: plan.Min, MaxCount: plan.Max,
	}
	return item(i, machinePrice(plan))
}

func machinesText(plan spec.PoolPlan) string {
	if plan.Foreign {
		return "nodes that are there already"
	}
	text := plan.Machines[0].Type
	if others := len(plan.Machines) - 1; others > 0 {
		text += fmt.Sprintf(" and %d like it", others)
	}
	return text
}

// machinePrice is the price of one node of a pool. Which of its machine types a
// spot pool gets is not up to Gantry: the dearest counts. Where a spot price is
// unknown the on-demand price bounds it, above which no cloud sells spot. Source
// for AWS: Amazon EC2 user guide, "Spot Instances", where the default maximum
// price is the on-demand price; AKS: "Add an Azure Spot node pool", where the
// price -1 means up to the pay-as-you-go price.
func machinePrice(plan spec.PoolPlan) price {
	first := plan.Machines[0].Price
	p := price{region: first.Region, date: first.Date, perMonth: Unknown()}
	dearest := func(of func(accelerators.Machine) float64) (amount float64, ok bool) {
		all := make([]float64, len(plan.Machines))
		for i, machine := range plan.Machines {
			all[i] = of(machine)
		}
		return slices.Max(all) * HoursPerMonth, slices.Min(all) > 0
	}
	onDemand, sold := dearest(func(m accelerators.Machine) float64 { return m.Price.OnDemand })
	spot, told := dearest(func(m accelerators.Machine) float64 { return m.Price.Spot })
	switch {
	case plan.Capacity == spec.CapacitySpot && told:
		p.perMonth = Dollars(spot)
	case plan.Capacity == spec.CapacitySpot && sold:
		p.perMonth = UnknownUpTo(onDemand)
	case plan.Capacity != spec.CapacitySpot && sold:
		p.perMonth = Dollars(onDemand)
	}
	return p
}

// rootDisks is the disk of each node of a pool, which spot does not make cheaper.
func rootDisks(cloud spec.Cloud, plan spec.PoolPlan) Item {
	disk := rootdisk.Of(cloud, plan)
	i := Item{Kind: RootDisks, Pool: plan.Name, MinCount: plan.Min, MaxCount: plan.Max}
	switch disk {
	case rootdisk.Ephemeral:
		i.What = fmt.Sprintf("%d GiB of the machine's own", plan.DiskGiB)
		return item(i, price{perMonth: Dollars(0)})
	case rootdisk.Managed:
		size, each := premiumSSD(plan.DiskGiB)
		i.What = fmt.Sprintf("%d GiB Premium SSD", plan.DiskGiB)
		if size > plan.DiskGiB {
			i.What += fmt.Sprintf(", billed as %d", size)
		}
		return item(i, each)
	default:
		i.What = fmt.Sprintf("%d GiB %s", plan.DiskGiB, disk)
		each := priceOf(cloud, "root-disk-"+string(disk))
		each.perMonth = each.perMonth.Times(float64(plan.DiskGiB))
		return item(i, each)
	}
}

// premiumSSDs are the sizes in GiB of Azure's Premium SSDs that the price list
// has. Source: https://learn.microsoft.com/azure/virtual-machines/disks-types.
var premiumSSDs = []int{32, 64, 128, 256, 512, 1024}

// premiumSSD is the size that a disk is billed as, and its price: unknown, and
// size 0, for a disk above all of them.
func premiumSSD(gib int) (size int, each price) {
	for _, size := range premiumSSDs {
		if gib <= size {
			return size, priceOf(spec.Azure, fmt.Sprintf("root-disk-%d", size))
		}
	}
	return 0, unpriced
}
