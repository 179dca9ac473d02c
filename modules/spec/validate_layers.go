package spec

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// stackName is how a StackReference writes a stack: organization/project/stack,
// where the organization is the word organization in a backend that has none.
var stackName = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)

// checkLayers makes sure that the layers of a stack rest on something.
func checkLayers(r *report, p Platform) {
	for i, layer := range p.Layers {
		at := fmt.Sprintf("gantry:layers[%d]", i)
		switch {
		case !slices.Contains(Layers, layer):
			r.add(at, string(layer), "is not a layer", choose(string(layer), Layers))
		case slices.Contains(p.Layers[:i], layer):
			r.add(at, string(layer), "is named twice", "remove one of the two")
		}
	}
	known := !slices.ContainsFunc(p.Layers, func(layer Layer) bool { return !slices.Contains(Layers, layer) })
	if known && p.Has(LayerCluster) && p.Has(LayerModels) && !p.Has(LayerPlatform) {
		r.add("gantry:layers", layerList(p.Layers), "leave out platform, which the models rest on", "add platform, or give the models a stack of their own")
	}
	const at = "gantry:layersFrom"
	switch {
	case p.Has(LayerCluster) && p.LayersFrom != "":
		r.add(at, p.LayersFrom, "names a stack to build on, but this one makes its own cluster", "remove it, or remove cluster from gantry:layers")
	case !p.Has(LayerCluster) && p.LayersFrom == "":
		r.missing(at, "is missing, and this stack makes no cluster", "name the stack with the layer below, as organization/project/stack")
	case p.LayersFrom != "" && !stackName.MatchString(p.LayersFrom):
		r.add(at, p.LayersFrom, "is not the full name of a stack", "write organization/project/stack, for example organization/"+p.Project+"/prod")
	}
	if p.Handed != nil {
		checkHanded(r, p)
	}
}

func layerList(layers []Layer) string { return strings.Join(texts(layers), ", ") }

// checkHanded reports what belongs to the stack that has the cluster.
func checkHanded(r *report, p Platform) {
	const what, fix = "is decided by the stack that makes the cluster", "remove it here; change it in the stack that gantry:layersFrom names"
	if p.Cloud != p.Handed.Cloud {
		r.add("gantry:cloud", string(p.Cloud), what+", whose cloud is "+string(p.Handed.Cloud), fix)
	}
	if !sameNames(p.Pools, p.Handed.Pools) {
		r.add("gantry:pools", fmt.Sprintf("%d pools", len(p.Pools)), what, fix)
	}
	if p.Cluster.Version != "" {
		r.add("gantry:cluster.version", p.Cluster.Version, what, fix)
	}
	if !reflect.DeepEqual(p.Existing, ExistingCluster{}) {
		r.add("gantry:existing", p.Existing.Context, what, fix)
	}
}

func sameNames(pools []Pool, plans []PoolPlan) bool {
	return slices.EqualFunc(pools, plans, func(pool Pool, plan PoolPlan) bool { return pool.Name == plan.Name })
}
