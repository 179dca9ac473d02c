package aws

import (
	"context"
	"errors"
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/localkube"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// Cluster Autoscaler changes the sizes of Auto Scaling groups while no account is
// open. Their clusters are told of the groups, and the account looks there before
// it reads or changes a node group.

// scalingGroup is the name of a node group's Auto Scaling group.
func scalingGroup(group emulator.Object) string {
	name, _ := group.Outputs.At(scalingGroupPath).(string)
	return name
}

// publish tells a cluster of a node group, and returns it as it is there. One
// tag, by id, may be left out because it is about to go.
func (a *Account) publish(ctx context.Context, group emulator.Object, without string) (localkube.NodeGroup, error) {
	// Tags come and go side by side, and the last one must not be told of
	// what was before.
	a.publishing.Lock()
	defer a.publishing.Unlock()
	objects, err := a.store.Objects()
	if err != nil {
		return localkube.NodeGroup{}, err
	}
	objects = slices.DeleteFunc(objects, func(o emulator.Object) bool { return o.Token == tokenGroupTag && o.ID == without })
	return a.kube.PutNodeGroup(ctx, group.Inputs.String("clusterName"), a.fleetOf(group, objects))
}

// publishTag tells the cluster of an Auto Scaling group of its tags, with or
// without one of them.
func (a *Account) publishTag(ctx context.Context, tag emulator.Object, without string) error {
	objects, err := a.store.Objects()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(objects, func(o emulator.Object) bool {
		return o.Token == tokenNodeGroup && scalingGroup(o) == tag.Inputs.String("autoscalingGroupName")
	})
	if i < 0 {
		return nil
	}
	if _, err = a.publish(ctx, objects[i], without); err == nil || ctx.Err() != nil {
		return err
	}
	// The control plane may have died with an interrupted sandbox.
	if problem := a.kube.CreateCluster(ctx, objects[i].Inputs.String("clusterName")); problem != nil {
		return errors.Join(err, problem)
	}
	_, err = a.publish(ctx, objects[i], without)
	return err
}

// fleetOf is a node group as its cluster is told of it.
func (a *Account) fleetOf(group emulator.Object, objects []emulator.Object) localkube.NodeGroup {
	g := localkube.NodeGroup{
		Name: scalingGroup(group), Cloud: fleet.AWS,
		Min: group.Outputs.Int("scalingConfig.minSize"), Max: group.Outputs.Int("scalingConfig.maxSize"),
		Tags:     tagsOf(group, objects),
		NameForm: a.nodeName("{address}"), IDForm: "aws:///{zone}/i-0{hex}",
	}
	for _, id := range group.Inputs.Strings("subnetIds") {
		for _, o := range objects {
			if o.Token == tokenSubnet && o.ID == id {
				g.Places = append(g.Places, fleet.Place{
					Name: id, Zone: o.Outputs.String("availabilityZone"), CIDR: o.Inputs.String("cidrBlock"),
					Labels: map[string]string{labelZoneID: o.Outputs.String("availabilityZoneId")},
				})
			}
		}
	}
	types := typesOf(group)
	for _, name := range types {
		kind := node(group, machine{Type: name, Zone: g.Places[0].Zone, Disk: group.State.Int("disk")})
		g.Kinds = append(g.Kinds, kind)
	}
	inFleet := func(list []machine) (all []fleet.Machine) {
		for i, m := range list {
			all = append(all, fleet.Machine{
				Name: m.Name, ProviderID: providerID(m), Address: m.Address, Place: m.Subnet, Kind: max(0, slices.Index(types, m.Type)), Number: i,
			})
		}
		return all
	}
	g.Machines, g.Ended = inFleet(machines(group)), inFleet(remembered(group, stateTerminated))
	g.Next = max(group.State.Int(stateNext), len(g.Machines))
	return g
}

// stateNext is the number of the next machine.
const stateNext = "next"

// typesOf are the instance types that a group takes in turn: on demand, it is
// always the first.
func typesOf(group emulator.Object) []string {
	types := group.Outputs.Strings("instanceTypes")
	if group.Outputs.String("capacityType") == "SPOT" {
		return types
	}
	return types[:1]
}

// tagsOf are the tags of an Auto Scaling group: those of EKS, and the program's.
func tagsOf(group emulator.Object, objects []emulator.Object) map[string]string {
	cluster := group.Inputs.String("clusterName")
	tags := map[string]string{}
	for _, key := range tagsOfEKS(cluster) {
		tags[key] = "true"
	}
	tags["eks:cluster-name"], tags["eks:nodegroup-name"] = cluster, group.Outputs.String("nodeGroupName")
	tags["k8s.io/cluster-autoscaler/"+cluster], tags["kubernetes.io/cluster/"+cluster] = "owned", "owned"
	for _, o := range objects {
		if o.Token == tokenGroupTag && o.Inputs.String("autoscalingGroupName") == scalingGroup(group) {
			tags[o.Inputs.String("tag.key")] = o.Inputs.String("tag.value")
		}
	}
	return tags
}

// observeNodes finds out what Cluster Autoscaler did to a node group.
func (a *Account) observeNodes(ctx context.Context, group emulator.Object) (emulator.TakeOver, error) {
	published, found, err := a.kube.NodeGroup(ctx, group.Inputs.String("clusterName"), scalingGroup(group))
	if err != nil || !found {
		return nil, err
	}
	types, disk := typesOf(group), group.State.Int("disk")
	var running []machine
	for _, m := range published.Machines {
		at := published.Place(m.Place)
		running = append(running, machine{
			ID: lastOf(m.ProviderID), Name: m.Name, Type: types[min(m.Kind, len(types)-1)], Zone: at.Zone, ZoneID: at.Labels[labelZoneID],
			Subnet: m.Place, Address: m.Address, Disk: disk,
		})
	}
	same := func(x, y machine) bool { return x.ID == y.ID }
	if slices.EqualFunc(running, machines(group), same) && published.Next == max(group.State.Int(stateNext), len(running)) {
		return nil, nil
	}
	return func(_ *emulator.Tx, o *emulator.Object) error {
		gone := slices.DeleteFunc(remembered(*o, stateTerminated), func(m machine) bool { return published.Has(m.Name) })
		o.State[stateNodes], o.State[stateTerminated], o.State[stateNext] = remember(running), remember(gone), float64(published.Next)
		o.Outputs.Set("scalingConfig.desiredSize", float64(len(running)))
		return nil
	}, nil
}
