package rules

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"

	"gantry.dev/gantry/modules/naming"
)

// podTypes are the resources that make pods.
var podTypes = []string{typeDeployment, typeStatefulSet, typeDaemonSet, typeReplicaSet, typeJob, typeCronJob, typePod}

// pod is the template of the pods that a resource makes.
type pod struct {
	urn string
	// namespace of the pods; somewhere tells that it is not known yet.
	namespace string
	somewhere bool
	// path of the pod's spec in the resource.
	path []string
	// labels of the pods, spec of the template.
	labels map[string]string
	spec   Value
}

// podPath is where the template of the pods is in a resource.
func podPath(r Resource) []string {
	switch r.Type {
	case typePod:
		return nil
	case typeCronJob:
		return []string{"spec", "jobTemplate", "spec", "template"}
	default:
		return []string{"spec", "template"}
	}
}

func podOf(r Resource) pod {
	template := r.At(podPath(r)...)
	return pod{
		urn: r.URN, namespace: r.At("metadata", "namespace").Text(), somewhere: r.At("metadata", "namespace").Unknown(),
		path:   append(slices.Clone(podPath(r)), "spec"),
		labels: template.At("metadata", "labels").TextMap(), spec: template.At("spec"),
	}
}

// container is one container of a pod.
type container struct {
	Value
	name string
	// starts tells that it runs to its end before the others begin.
	starts bool
}

// containers is all of a pod, those that only prepare it too. One with
// restartPolicy Always runs beside the others.
func (p pod) containers() []container {
	var all []container
	for _, field := range []string{"initContainers", "containers"} {
		for _, v := range p.spec.At(field).List() {
			all = append(all, container{
				Value: v, name: v.At("name").Text(),
				starts: field == "initContainers" && !v.At("restartPolicy").Is("Always"),
			})
		}
	}
	return all
}

// gpus is the number of GPUs that the pod asks for.
func (p pod) gpus() float64 {
	total := 0.0
	for _, c := range p.containers() {
		count, _ := c.At("resources", "limits", naming.ResourceGPU).Number()
		total += count
	}
	return total
}

// workloadsWithGPU is the resources whose pods ask for GPUs.
func (s Stack) workloadsWithGPU() Stack {
	return slices.DeleteFunc(s.Of(podTypes...), func(r Resource) bool { return podOf(r).gpus() == 0 })
}

// eachContainer judges every container of a resource's pods.
func eachContainer(judge func(c container, v Values) []string) func(Resource, Values) []string {
	return func(r Resource, v Values) []string {
		var problems []string
		for _, c := range podOf(r).containers() {
			for _, fact := range judge(c, v) {
				problems = append(problems, "container "+c.name+": "+fact)
			}
		}
		return problems
	}
}

// amount reads a quantity of Kubernetes, such as 500m or 2Gi.
func amount(v Value) (float64, bool) {
	if number, ok := v.Number(); ok {
		return number, true
	}
	quantity, err := resource.ParseQuantity(v.Text())
	if err != nil {
		return 0, false
	}
	return quantity.AsApproximateFloat64(), true
}
