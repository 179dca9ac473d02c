package aws

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/localkube"
)

// machine is an instance of a node group, as the account remembers it.
type machine struct {
	ID, Name, Type, Zone, ZoneID, Subnet, Address string
	Disk                                          int
}

const (
	stateNodes = "nodes"
	// stateTerminated are the nodes that the last change took away. They stay
	// on record so that an interruption cannot leave them in the cluster.
	stateTerminated = "terminated"
)

// machines are the instances of a node group.
func machines(group emulator.Object) []machine { return remembered(group, stateNodes) }

func remembered(group emulator.Object, list string) []machine {
	var found []machine
	for _, p := range group.State.Objects(list) {
		found = append(found, machine{
			ID: p.String("id"), Name: p.String("name"), Type: p.String("type"), Zone: p.String("zone"),
			ZoneID: p.String("zoneId"), Subnet: p.String("subnet"), Address: p.String("address"), Disk: p.Int("disk"),
		})
	}
	return found
}

func remember(list []machine) []any {
	array := make([]any, len(list))
	for i, m := range list {
		array[i] = map[string]any{
			"id": m.ID, "name": m.Name, "type": m.Type, "zone": m.Zone,
			"zoneId": m.ZoneID, "subnet": m.Subnet, "address": m.Address, "disk": m.Disk,
		}
	}
	return array
}

// scale starts and ends instances until there are as many as desired. New
// software on the nodes, by version or launch template, means new instances.
func (a *Account) scale(op *emulator.Op) error {
	running := machines(op.Old)
	var gone []machine
	if renewed(op) {
		gone, running = running, nil
	}
	want := desired(op, len(running)+len(gone))
	if len(running) > want {
		gone = append(gone, running[want:]...)
		running = running[:want]
	}
	for len(running) < want {
		m, err := a.launch(op, append(slices.Clone(running), gone...), len(running))
		if err != nil {
			return err
		}
		running = append(running, m)
	}
	op.Object.State[stateNodes] = remember(running)
	op.Object.State[stateTerminated] = remember(gone)
	return nil
}

// desired is how many instances a group is to have. A size that the request
// repeats from the last one is the autoscaler's to decide: the group then keeps
// the present one within its bounds.
func desired(op *emulator.Op, present int) int {
	const size = "scalingConfig.desiredSize"
	if op.Old.ID == "" || op.Old.Inputs.Int(size) != op.In().Int(size) {
		return op.Out().Int(size)
	}
	want := min(max(present, op.In().Int("scalingConfig.minSize")), op.In().Int("scalingConfig.maxSize"))
	op.Out().Set(size, want)
	return want
}

func renewed(op *emulator.Op) bool {
	return op.Old.ID != "" && (op.Old.Outputs.String("version") != op.Out().String("version") ||
		op.Old.Outputs.String("releaseVersion") != op.Out().String("releaseVersion") ||
		op.Old.State.String("template.version") != op.Object.State.String("template.version"))
}

// launch starts the n-th instance. Instances are spread over the subnets; an
// on-demand group takes the first of its types, a spot group all in turn.
func (a *Account) launch(op *emulator.Op, others []machine, n int) (machine, error) {
	subnet := leastUsed(op, others)
	var taken []string
	for _, m := range others {
		taken = append(taken, m.Address)
	}
	address, err := freeAddress(op.Tx, subnet, taken...)
	if err != nil {
		return machine{}, err
	}
	types := op.Out().Strings("instanceTypes")
	kind := types[0]
	if op.Out().String("capacityType") == "SPOT" {
		kind = types[n%len(types)]
	}
	return machine{
		ID: ec2ID("i"), Name: a.nodeName(address), Type: kind,
		Zone: subnet.Outputs.String("availabilityZone"), ZoneID: subnet.Outputs.String("availabilityZoneId"),
		Subnet: subnet.ID, Address: address, Disk: op.Object.State.Int("disk"),
	}, nil
}

// leastUsed is the subnet with the fewest instances, the first among equals.
func leastUsed(op *emulator.Op, others []machine) emulator.Object {
	count := func(subnet string) int {
		n := 0
		for _, m := range others {
			if m.Subnet == subnet {
				n++
			}
		}
		return n
	}
	id := slices.MinFunc(op.In().Strings("subnetIds"), func(x, y string) int { return cmp.Compare(count(x), count(y)) })
	return get(op.Tx, tokenSubnet, id)
}

// runNodes brings the nodes of a cluster in line with a node group, and the group
// with what Cluster Autoscaler did to it.
func (a *Account) runNodes(ctx context.Context, group emulator.Object) error {
	cluster := group.Inputs.String("clusterName")
	published, err := a.publish(ctx, group, "")
	if err != nil {
		return err
	}
	for _, m := range published.Machines {
		if err := a.kube.PutNode(ctx, cluster, published.Node(m)); err != nil {
			return err
		}
	}
	for _, m := range remembered(group, stateTerminated) {
		if published.Has(m.Name) {
			continue // another machine has its address by now
		}
		if err := a.kube.DeleteNode(ctx, cluster, m.Name); err != nil {
			return err
		}
	}
	return nil
}

func (a *Account) removeNodes(ctx context.Context, group emulator.Object) error {
	cluster := group.Inputs.String("clusterName")
	// The control plane may have died with an interrupted sandbox.
	if err := a.kube.CreateCluster(ctx, cluster); err != nil {
		return err
	}
	last, err := a.kube.DeleteNodeGroup(ctx, cluster, scalingGroup(group))
	if err != nil {
		return err
	}
	names := last.Names()
	for _, m := range append(machines(group), remembered(group, stateTerminated)...) {
		names = append(names, m.Name)
	}
	for _, name := range names {
		if err := a.kube.DeleteNode(ctx, cluster, name); err != nil {
			return err
		}
	}
	return nil
}

func providerID(m machine) string { return "aws:///" + m.Zone + "/" + m.ID }

// labelZoneID tells the zone by the id that means the same in every account.
const labelZoneID = "topology.k8s.aws/zone-id"

// node is a machine as Kubernetes sees it.
func node(group emulator.Object, m machine) localkube.Node {
	kind, _ := accelerators.Lookup("aws", m.Type)
	n := localkube.Node{
		Name:       m.Name,
		ProviderID: providerID(m),
		Region:     m.Zone[:len(m.Zone)-1],
		Zone:       m.Zone,
		Address:    m.Address,
		Labels:     nodeLabels(group, m, kind),
		VCPU:       kind.VCPU,
		MemoryMiB:  kind.MemoryMiB,
		DiskGiB:    m.Disk,
		MaxPods:    maxPods(kind.VCPU),
		GPUs:       kind.GPUs,
	}
	if n.GPUs > 0 {
		n.Accelerator = localkube.Accelerator{
			Model: kind.GPU, MemoryMiB: kind.GPUMemoryMiB, Driverless: group.State.String("template.imageId") != "",
		}
	}
	for _, taint := range group.Outputs.Objects("taints") {
		n.Taints = append(n.Taints, localkube.Taint{
			Key: taint.String("key"), Value: taint.String("value"), Effect: taintEffects[taint.String("effect")],
		})
	}
	return n
}

// nodeLabels are what EKS, its cloud controller and the kubelet put on a node,
// and the labels of the group.
func nodeLabels(group emulator.Object, m machine, kind accelerators.Machine) map[string]string {
	out := group.Outputs
	labels := map[string]string{
		"eks.amazonaws.com/nodegroup":                   out.String("nodeGroupName"),
		"eks.amazonaws.com/nodegroup-image":             group.State.String("image"),
		"eks.amazonaws.com/capacityType":                out.String("capacityType"),
		"eks.amazonaws.com/sourceLaunchTemplateId":      group.State.String("template.id"),
		"eks.amazonaws.com/sourceLaunchTemplateVersion": group.State.String("template.version"),
		"k8s.io/cloud-provider-aws":                     fingerprint(out.String("clusterName")),
		"kubernetes.io/arch":                            kind.Arch,
		"kubernetes.io/hostname":                        m.Name,
		"kubernetes.io/os":                              "linux",
		"node.kubernetes.io/instance-type":              m.Type,
		labelZoneID:                                     m.ZoneID,
	}
	maps.Copy(labels, out.StringMap("labels"))
	return labels
}

// fingerprint is the 32 digits by which the cloud controller marks the nodes of
// a cluster.
func fingerprint(cluster string) string {
	sum := sha256.Sum256([]byte(cluster))
	return hex.EncodeToString(sum[:16])
}

// maxPods of an instance, from its vCPU: the VPC CNI gives each network
// interface a number of addresses, both of which grow with the size, and EKS
// stops at 110 below 30 vCPU and at 250 above. Exact numbers differ by family:
// https://github.com/awslabs/amazon-eks-ami/blob/main/templates/shared/runtime/eni-max-pods.txt
func maxPods(vcpu int) int {
	switch {
	case vcpu <= 2:
		return 29
	case vcpu <= 8:
		return 58
	case vcpu < 30:
		return 110
	default:
		return 250
	}
}
