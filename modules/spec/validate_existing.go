package spec

import (
	"fmt"
	"maps"
	pathpkg "path"
	"reflect"
	"slices"
	"strings"
)

// checkExisting checks how a cluster is reached that Gantry did not make.
func checkExisting(r *report, p Platform) {
	const at = "gantry:existing"
	if p.Cloud != Existing {
		if p.Handed == nil && !reflect.DeepEqual(p.Existing, ExistingCluster{}) {
			r.add(at, p.Existing.Context, "describes an existing cluster, but gantry:cloud is "+string(p.Cloud), "use cloud: existing, or remove it")
		}
		return
	}
	if p.Handed != nil {
		return
	}
	if p.Existing.Context == "" {
		r.missing(at+".context", "is missing", "name the context of the cluster: kubectl config get-contexts")
	}
	if file := p.Existing.Kubeconfig; file != "" && !pathpkg.IsAbs(file) && !strings.HasPrefix(file, "~/") {
		r.add(at+".kubeconfig", file, "depends on the folder that the program runs in", "write an absolute path, or one that begins with ~/")
	}
	if p.Existing.StorageClasses.Shared != "" {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(p.Models)) {
		if p.Models[name].Storage.Models != "" {
			r.missing(at+".storageClasses.shared", fmt.Sprintf("is missing, and the model %s stores files that many nodes read", name),
				"name a class whose volumes many nodes can mount, or remove storage from the model")
			return
		}
	}
}

// checkForeignPool checks a pool that describes nodes which are there already.
func checkForeignPool(r *report, at string, pool Pool) {
	if len(pool.Labels) == 0 {
		r.missing(at+".labels", "are missing: Gantry knows the nodes of an existing cluster by their labels", "add labels that these nodes have and no others, see kubectl get nodes --show-labels")
	}
	if len(pool.MachineTypes) > 0 {
		r.add(at+".machineTypes", strings.Join(pool.MachineTypes, ", "), "names machine types of a cloud, and nodes of an existing cluster are described", "use cpu, memory, gpu and gpuCount")
	}
	if pool.GPU != "" && (pool.CPU == 0 || pool.Memory == "") {
		r.missing(at+".cpu", "or memory is missing: what a GPU node has beside its GPUs is not known here", "add cpu and memory as kubectl describe node shows them")
	}
}
