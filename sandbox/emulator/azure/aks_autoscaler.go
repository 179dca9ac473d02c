package azure

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/localkube"
	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// AKS's autoscaler changes the sizes of scale sets while no account is open. Their
// clusters are told of the pools that it may change, and the account looks there
// before it reads or changes a pool or a cluster.

// settledNodes are the nodes that a pool of a cluster is to have, and the names of
// those that are to go.
func (a *Account) settledNodes(ctx context.Context, cluster string, pool, state emulator.Properties) (nodes []localkube.Node, gone []string, err error) {
	in := placeIn(state)
	var has []string
	if pool.Bool("enableAutoScaling") {
		group, err := a.fleetOf(cluster, pool, state)
		if err != nil {
			return nil, nil, err
		}
		published, err := a.kube.PutNodeGroup(ctx, in.local, group)
		if err != nil {
			return nil, nil, err
		}
		for _, m := range published.Machines {
			nodes, has = append(nodes, published.Node(m)), append(has, m.Name)
		}
	} else {
		last, err := a.kube.DeleteNodeGroup(ctx, in.local, state.String("scaleSet"))
		if err != nil {
			return nil, nil, err
		}
		gone = last.Names()
		for _, m := range machines(state) {
			nodes, has = append(nodes, node(in, pool, state, m)), append(has, m.Name)
		}
	}
	for _, m := range remembered(state, stateTerminated) {
		gone = append(gone, m.Name)
	}
	return nodes, slices.DeleteFunc(gone, func(name string) bool { return slices.Contains(has, name) }), nil
}

// fleetOf is a pool as its cluster is told of it.
func (a *Account) fleetOf(cluster string, pool, state emulator.Properties) (localkube.NodeGroup, error) {
	objects, err := a.store.Objects()
	if err != nil {
		return localkube.NodeGroup{}, err
	}
	in, cidr := placeIn(state), managedNetwork
	g := localkube.NodeGroup{
		Name: state.String("scaleSet"), Cloud: fleet.Azure,
		Min: pool.Int("minCount"), Max: pool.Int("maxCount"),
		NameForm: state.String("scaleSet") + "{number36}", IDForm: providerID(in, state, "{number}"),
	}
	for _, o := range objects {
		switch {
		case o.Token == tokenCluster && strings.EqualFold(o.ID, cluster):
			g.Profile = profileOf(o.Outputs)
		case o.Token == tokenSubnet && o.ID == pool.String("vnetSubnetID"):
			if prefixes := prefixesOf(o.Inputs); len(prefixes) > 0 {
				cidr = prefixes[0].String()
			}
		}
	}
	zones := pool.Strings("availabilityZones")
	if len(zones) == 0 {
		zones = []string{""}
	}
	for _, zone := range zones {
		g.Places = append(g.Places, fleet.Place{
			Name: zone, Zone: zoneLabel(in.location, zone), CIDR: cidr,
			Labels: map[string]string{labelDiskZone: diskZone(in.location, zone)},
		})
	}
	g.Kinds = []localkube.Node{node(in, pool, state, machine{Zone: zones[0]})}
	inFleet := func(list []machine) (all []fleet.Machine) {
		for _, m := range list {
			all = append(all, fleet.Machine{
				Name: m.Name, ProviderID: providerID(in, state, strconv.Itoa(m.Instance)), Address: m.Address, Place: m.Zone, Number: m.Instance,
			})
			g.Next = max(g.Next, m.Instance+1)
		}
		return all
	}
	g.Machines, g.Ended = inFleet(machines(state)), inFleet(remembered(state, stateTerminated))
	g.Next = max(g.Next, state.Int(stateNext))
	return g, nil
}

// profileOf is the profile of a cluster's autoscaler, with AKS's defaults for what
// it leaves open.
// https://learn.microsoft.com/azure/aks/cluster-autoscaler
func profileOf(cluster emulator.Properties) *fleet.Profile {
	const at = "autoScalerProfile."
	duration := func(name string) time.Duration {
		d, _ := time.ParseDuration(cluster.String(at + name)) // the rules have seen it; 0 is the default
		return d
	}
	number := func(name string) float64 {
		f, _ := strconv.ParseFloat(cluster.String(at+name), 64)
		return f
	}
	expander := cluster.String(at + "expander")
	if expander == "" {
		expander = "random"
	}
	return &fleet.Profile{
		Expander:                 expander,
		Balance:                  cluster.String(at+"balanceSimilarNodeGroups") == "true",
		UnneededTime:             duration("scaleDownUnneededTime"),
		UnreadyTime:              duration("scaleDownUnreadyTime"),
		DelayAfterAdd:            duration("scaleDownDelayAfterAdd"),
		UtilizationThreshold:     number("scaleDownUtilizationThreshold"),
		KeepLocalStorage:         cluster.String(at+"skipNodesWithLocalStorage") == "true",
		KeepSystemPods:           cluster.String(at+"skipNodesWithSystemPods") != "false",
		CountDaemonSets:          !cluster.Bool(at + "ignoreDaemonsetsUtilization"),
		MaxGracefulTermination:   time.Duration(number("maxGracefulTerminationSec")) * time.Second,
		MaxEmptyNodesTakenAtOnce: int(number("maxEmptyBulkDelete")),
	}
}

// resized is a pool whose size the autoscaler changed.
type resized struct {
	running []machine
	next    int
	has     func(name string) bool
}

// observed finds out whether the autoscaler changed the size of a pool.
func (a *Account) observed(ctx context.Context, pool, state emulator.Properties) (*resized, error) {
	if !pool.Bool("enableAutoScaling") {
		return nil, nil
	}
	published, found, err := a.kube.NodeGroup(ctx, placeIn(state).local, state.String("scaleSet"))
	if err != nil || !found {
		return nil, err
	}
	r := &resized{next: published.Next, has: published.Has}
	for _, m := range published.Machines {
		r.running = append(r.running, machine{Name: m.Name, Zone: m.Place, Address: m.Address, Instance: m.Number})
	}
	if slices.Equal(r.running, machines(state)) {
		return nil, nil
	}
	return r, nil
}

func (r *resized) write(pool, state emulator.Properties) {
	gone := slices.DeleteFunc(remembered(state, stateTerminated), func(m machine) bool { return r.has(m.Name) })
	state[stateNodes], state[stateTerminated], state[stateNext] = remember(r.running), remember(gone), float64(r.next)
	pool["count"] = float64(len(r.running))
}

// observePool takes over the size of a pool beside its cluster.
func (a *Account) observePool(ctx context.Context, pool emulator.Object) (emulator.TakeOver, error) {
	r, err := a.observed(ctx, pool.Outputs, pool.State)
	if r == nil || err != nil {
		return nil, err
	}
	return func(tx *emulator.Tx, o *emulator.Object) error {
		r.write(o.Outputs, o.State)
		cluster, found := find(tx, tokenCluster, parentOf(o.ID))
		if !found {
			return nil
		}
		return showPool(tx, cluster, lastOf(o.ID), o.Outputs, o.State)
	}, nil
}

// observePools takes over the sizes of all pools that a cluster shows.
func (a *Account) observePools(ctx context.Context, cluster emulator.Object) (emulator.TakeOver, error) {
	changed := map[string]*resized{}
	note := func(name string, pool, state emulator.Properties) error {
		r, err := a.observed(ctx, pool, state)
		if r != nil {
			changed[name] = r
		}
		return err
	}
	for _, profile := range cluster.Outputs.Objects("agentPoolProfiles") {
		if state, inline := inlineState(cluster, profile.String("name")); inline {
			if err := note(profile.String("name"), profile, state); err != nil {
				return nil, err
			}
		}
	}
	objects, err := a.store.Objects()
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		if o.Token == tokenAgentPool && strings.EqualFold(parentOf(o.ID), cluster.ID) {
			if err := note(lastOf(o.ID), o.Outputs, o.State); err != nil {
				return nil, err
			}
		}
	}
	if len(changed) == 0 {
		return nil, nil
	}
	return func(tx *emulator.Tx, o *emulator.Object) error {
		for _, profile := range o.Outputs.Objects("agentPoolProfiles") {
			state, inline := inlineState(*o, profile.String("name"))
			if r := changed[profile.String("name")]; inline && r != nil {
				r.write(profile, state)
			}
		}
		for _, pool := range tx.Of(tokenAgentPool) {
			r := changed[lastOf(pool.ID)]
			if r == nil || !strings.EqualFold(parentOf(pool.ID), o.ID) {
				continue
			}
			pool.Outputs, pool.State = pool.Outputs.Clone(), pool.State.Clone()
			r.write(pool.Outputs, pool.State)
			if err := tx.Put(pool); err != nil {
				return err
			}
			showIn(o, lastOf(pool.ID), pool.Outputs, pool.State)
		}
		return nil
	}, nil
}
