package rules

import (
	"cmp"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/naming"
)

// poolTypes are the resources that make nodes. An AKS cluster brings its first
// pool itself.
var poolTypes = []string{typeEKSNodeGroup, typeGKENodePool, typeAKSPool, typeAKSCluster}

// pool is a group of nodes, the same for all clouds.
type pool struct {
	urn, name, cloud string
	// fields are the properties of the pool where they differ between clouds.
	fields Value
	// machines are the machine types, of which the catalog knows some.
	machines []string
	spot     bool
	labels   map[string]string
	taints   []taint
	// open tells that labels or taints are not known yet, blind that the
	// machine types are not.
	open, blind bool
	// least and greatest are the number of nodes; sized tells that both are
	// known.
	least, greatest float64
	sized           bool
	// autoscaled tells that the number is between the two.
	autoscaled bool
	// gpu is what the machines, or the labels, say of accelerators.
	gpu  string
	gpus int
}

type taint struct{ key, value string }

// poolsOf is the pools that a resource makes.
func poolsOf(r Resource) []pool {
	var pools []pool
	switch r.Type {
	case typeEKSNodeGroup:
		pools = []pool{poolOfEKS(r)}
	case typeGKENodePool:
		pools = []pool{poolOfGKE(r)}
	default:
		pools = poolsOfAKS(r)
	}
	for i := range pools {
		pools[i].findGPU()
	}
	return pools
}

// pools is every pool of a stack. In the outputs of a cluster AKS lists all of
// its pools, also those that are resources of their own: they count once, and
// one without a name yet might be any of them.
func (s Stack) pools() []pool {
	var all []pool
	own, unnamed := map[string]bool{}, false
	for _, r := range s.Of(typeEKSNodeGroup, typeGKENodePool, typeAKSPool) {
		all = append(all, poolsOf(r)...)
		if r.Type == typeAKSPool {
			own[all[len(all)-1].name] = true
			unnamed = unnamed || r.open("agentPoolName")
		}
	}
	for _, r := range s.Of(typeAKSCluster) {
		all = append(all, slices.DeleteFunc(poolsOf(r), func(p pool) bool {
			return own[p.name] || len(own) > 0 && (unnamed || p.name == "")
		})...)
	}
	return all
}

func poolOfEKS(r Resource) pool {
	scaling := r.At("scalingConfig")
	least, known := scaling.At("minSize").Number()
	greatest, alsoKnown := scaling.At("maxSize").Number()
	return pool{
		urn: r.URN, name: r.Name, cloud: "aws", fields: r.Properties,
		machines: r.At("instanceTypes").Texts(), spot: r.At("capacityType").Is("SPOT"),
		labels: r.At("labels").TextMap(), taints: taintsOf(r.At("taints")),
		open: r.open("labels", "taints"), blind: r.open("instanceTypes"),
		least: least, greatest: greatest, sized: known && alsoKnown, autoscaled: greatest > least,
	}
}

// poolOfGKE counts what GKE counts by zone for all zones of the pool.
func poolOfGKE(r Resource) pool {
	config, scaling := r.At("nodeConfig"), r.At("autoscaling")
	p := pool{
		urn: r.URN, name: r.Name, cloud: "gcp", fields: r.Properties,
		machines: known(config.At("machineType")), spot: config.At("spot").True() || config.At("preemptible").True(),
		labels: config.At("labels").TextMap(), taints: taintsOf(config.At("taints")),
		open: r.open("nodeConfig.labels", "nodeConfig.taints"), blind: r.open("nodeConfig.machineType"),
		autoscaled: !scaling.Missing(),
	}
	zones := float64(max(len(r.At("nodeLocations").List()), 1))
	number := func(whole, zonal Value) (float64, bool) {
		if count, ok := whole.Number(); ok {
			return count, true
		}
		count, ok := zonal.Number()
		return count * zones, ok
	}
	if scaling.Missing() {
		count, ok := number(Value{}, r.At("nodeCount"))
		p.least, p.greatest, p.sized = count, count, ok
		return p
	}
	least, ok := number(scaling.At("totalMinNodeCount"), scaling.At("minNodeCount"))
	greatest, alsoOk := number(scaling.At("totalMaxNodeCount"), scaling.At("maxNodeCount"))
	p.least, p.greatest, p.sized = least, greatest, ok && alsoOk
	return p
}

// poolsOfAKS is the pool of an agent pool, or those that a cluster brings itself.
func poolsOfAKS(r Resource) []pool {
	if r.Type == typeAKSPool {
		name := cmp.Or(r.At("agentPoolName").Text(), r.At("name").Text(), r.Name)
		return []pool{poolOfAKS(r.URN, name, r.Properties)}
	}
	var pools []pool
	for _, profile := range r.At("agentPoolProfiles").List() {
		pools = append(pools, poolOfAKS(r.URN, profile.At("name").Text(), profile))
	}
	return pools
}

func poolOfAKS(urn, name string, fields Value) pool {
	p := pool{
		urn: urn, name: name, cloud: "azure", fields: fields,
		machines: known(fields.At("vmSize")), spot: fields.At("scaleSetPriority").Is("Spot"),
		labels: fields.At("nodeLabels").TextMap(), taints: taintsOf(fields.At("nodeTaints")),
		open: fields.At("nodeLabels").HasUnknown() || fields.At("nodeTaints").HasUnknown(), blind: fields.At("vmSize").Unknown(),
		autoscaled: fields.At("enableAutoScaling").True(),
	}
	if p.autoscaled {
		least, ok := fields.At("minCount").Number()
		greatest, alsoOk := fields.At("maxCount").Number()
		p.least, p.greatest, p.sized = least, greatest, ok && alsoOk
		return p
	}
	count, ok := fields.At("count").Number()
	p.least, p.greatest, p.sized = count, count, ok
	return p
}

// known is the one text, or none.
func known(v Value) []string {
	if text := v.Text(); text != "" {
		return []string{text}
	}
	return nil
}

// taintsOf reads taints as maps, or as AKS writes them: key=value:effect.
func taintsOf(list Value) []taint {
	var taints []taint
	for _, element := range list.List() {
		if text := element.Text(); text != "" {
			text, _, _ = strings.Cut(text, ":")
			key, value, _ := strings.Cut(text, "=")
			taints = append(taints, taint{key, value})
			continue
		}
		taints = append(taints, taint{element.At("key").Text(), element.At("value").Text()})
	}
	return taints
}

// findGPU asks the catalog what the machines are; for those that it does not
// know, the label and the cloud's own fields.
func (p *pool) findGPU() {
	for _, name := range p.machines {
		if machine, ok := accelerators.Lookup(p.cloud, name); ok && machine.GPUs > 0 {
			p.gpu, p.gpus = machine.GPU, max(p.gpus, machine.GPUs)
		}
	}
	if p.gpu != "" {
		return
	}
	p.gpu = p.labels[naming.LabelGPU]
	if p.gpu == "" && strings.HasSuffix(p.fields.At("amiType").Text(), "_NVIDIA") {
		p.gpu = "unknown"
	}
	if attached := p.fields.At("nodeConfig", "guestAccelerators").List(); p.gpu == "" && len(attached) > 0 {
		p.gpu = "unknown"
	}
}

// role is the purpose of the pool.
func (p pool) role() string { return p.labels[naming.LabelRole] }

func (p pool) hasTaint(key string) bool {
	return slices.ContainsFunc(p.taints, func(t taint) bool { return t.key == key })
}

// hoursPerMonth is the length of a month in price lists.
const hoursPerMonth = 730

// nodePrice is what one node costs a month at list price, the dearest machine
// type counting, and whether it is known. Where no spot price is known the
// on-demand price bounds it.
func (p pool) nodePrice() (dollars float64, ok bool) {
	if len(p.machines) == 0 {
		return 0, false
	}
	for _, name := range p.machines {
		machine, found := accelerators.Lookup(p.cloud, name)
		price := machine.Price.OnDemand
		if p.spot && machine.Price.Spot > 0 {
			price = machine.Price.Spot
		}
		if !found || price == 0 {
			return 0, false
		}
		dollars = max(dollars, price*hoursPerMonth)
	}
	return dollars, true
}
