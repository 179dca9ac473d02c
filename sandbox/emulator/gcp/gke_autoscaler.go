package gcp

import (
	"context"
	"slices"
	"time"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/localkube"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// GKE's autoscaler changes the sizes of node pools while no account is open. Their
// clusters are told of the pools that it may change, and the account looks there
// before it reads or changes a pool.

// settledNodes are the nodes that a pool is to have, and the names of those that
// are to go.
func (a *Account) settledNodes(ctx context.Context, pool emulator.Object) (nodes []localkube.Node, gone []string, err error) {
	var has []string
	if pool.Inputs.Has("autoscaling") {
		published, err := a.publish(ctx, pool)
		if err != nil {
			return nil, nil, err
		}
		for _, m := range published.Machines {
			nodes, has = append(nodes, published.Node(m)), append(has, m.Name)
		}
	} else {
		last, err := a.kube.DeleteNodeGroup(ctx, controlPlane(pool), pool.State.String("pool"))
		if err != nil {
			return nil, nil, err
		}
		gone = last.Names()
		for _, m := range machines(pool) {
			nodes, has = append(nodes, node(pool, m)), append(has, m.Name)
		}
	}
	for _, m := range remembered(pool, stateTerminated) {
		gone = append(gone, m.Name)
	}
	return nodes, slices.DeleteFunc(gone, func(name string) bool { return slices.Contains(has, name) }), nil
}

// publish tells a cluster of a pool, and returns it as it is there.
func (a *Account) publish(ctx context.Context, pool emulator.Object) (localkube.NodeGroup, error) {
	objects, err := a.store.Objects()
	if err != nil {
		return localkube.NodeGroup{}, err
	}
	return a.kube.PutNodeGroup(ctx, controlPlane(pool), fleetOf(pool, objects))
}

// publishPools tells a cluster of its pools once more, as when the profile of its
// autoscaler changes.
func (a *Account) publishPools(ctx context.Context, cluster emulator.Object) error {
	objects, err := a.store.Objects()
	if err != nil {
		return err
	}
	for _, o := range objects {
		if o.Token != tokenNodePool || o.State.String("clusterID") != cluster.ID || !o.Inputs.Has("autoscaling") {
			continue
		}
		if _, err := a.kube.PutNodeGroup(ctx, controlPlane(o), fleetOf(o, objects)); err != nil {
			return err
		}
	}
	return nil
}

// fleetOf is a pool as its cluster is told of it. Each zone is a group of its own
// to the autoscaler.
func fleetOf(pool emulator.Object, objects []emulator.Object) localkube.NodeGroup {
	find := func(token, id string) emulator.Object {
		i := slices.IndexFunc(objects, func(o emulator.Object) bool { return o.Token == token && o.ID == id })
		if i < 0 {
			return emulator.Object{}
		}
		return objects[i]
	}
	cluster := find(tokenCluster, pool.State.String("clusterID"))
	subnetwork := find(tokenSubnetwork, cluster.Outputs.String("subnetwork"))
	g := localkube.NodeGroup{
		Name: pool.State.String("pool"), Cloud: fleet.GCP,
		Min: pool.Inputs.Int(totalMin), Max: pool.Inputs.Int(totalMax),
		AnyPlace: pool.Outputs.String("autoscaling.locationPolicy") == "ANY",
		NameForm: "{prefix}-{random}", IDForm: providerID(pool, "{zone}", "{name}"),
		Profile: profileOf(cluster),
	}
	if g.Max == 0 {
		g.Min, g.Max, g.PerPlace = pool.Inputs.Int(zoneMin), pool.Inputs.Int(zoneMax), true
	}
	for _, zone := range pool.Outputs.Strings("nodeLocations") {
		g.Places = append(g.Places, fleet.Place{
			Name: zone, Zone: zone, CIDR: subnetwork.Outputs.String("ipCidrRange"), Prefix: groupName(pool, zone),
			Labels: map[string]string{
				"failure-domain.beta.kubernetes.io/zone": zone, "topology.gke.io/zone": zone, "topology.kubernetes.io/zone": zone,
			},
		})
	}
	g.Kinds = []localkube.Node{node(pool, machine{Zone: g.Places[0].Zone})}
	inFleet := func(list []machine) (all []fleet.Machine) {
		for i, m := range list {
			all = append(all, fleet.Machine{
				Name: m.Name, ProviderID: providerID(pool, m.Zone, m.Name), Address: m.Address, Place: m.Zone, Number: i,
			})
		}
		return all
	}
	g.Machines, g.Ended = inFleet(machines(pool)), inFleet(remembered(pool, stateTerminated))
	g.Next = len(g.Machines)
	return g
}

// What the profiles of GKE's autoscaler come to. Google tells that the second
// takes nodes away sooner and fuller ones too, and no numbers: these are the
// sandbox's.
// https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler#autoscaling_profiles
const (
	balancedUnneeded, balancedThreshold = 10 * time.Minute, 0.5
	tightUnneeded, tightThreshold       = 5 * time.Minute, 0.7
)

func profileOf(cluster emulator.Object) *fleet.Profile {
	p := &fleet.Profile{
		Expander: "least-waste", UnneededTime: balancedUnneeded, DelayAfterAdd: balancedUnneeded,
		UtilizationThreshold: balancedThreshold, KeepSystemPods: true,
	}
	if cluster.Outputs.String("clusterAutoscaling.autoscalingProfile") == "OPTIMIZE_UTILIZATION" {
		p.UnneededTime, p.DelayAfterAdd, p.UtilizationThreshold = tightUnneeded, tightUnneeded, tightThreshold
	}
	return p
}

// observeNodes finds out what the autoscaler did to a pool.
func (a *Account) observeNodes(ctx context.Context, pool emulator.Object) (emulator.TakeOver, error) {
	if !pool.Inputs.Has("autoscaling") {
		return nil, nil
	}
	published, found, err := a.kube.NodeGroup(ctx, controlPlane(pool), pool.State.String("pool"))
	if err != nil || !found {
		return nil, err
	}
	var running []machine
	for _, m := range published.Machines {
		running = append(running, machine{Name: m.Name, Zone: m.Place, Address: m.Address})
	}
	if slices.Equal(running, machines(pool)) {
		return nil, nil
	}
	return func(_ *emulator.Tx, o *emulator.Object) error {
		gone := slices.DeleteFunc(remembered(*o, stateTerminated), func(m machine) bool { return published.Has(m.Name) })
		o.State[stateNodes], o.State[stateTerminated] = remember(running), remember(gone)
		describeGroups(o)
		o.Outputs = o.Outputs.Clone() // whole numbers become float64, as on the wire
		return nil
	}, nil
}
