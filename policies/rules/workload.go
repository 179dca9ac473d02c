package rules

import (
	"fmt"
	"math"

	"gantry.dev/gantry/modules/naming"
)

var workloadRules = []Rule{
	{
		ID: "container-requests", Group: Workloads, Level: Mandatory,
		Says:   "Every container asks for CPU and memory and has a memory limit.",
		Why:    "The scheduler packs nodes by requests: a pod without them lands where there is no room. A container without a memory limit takes its neighbours down with it. A CPU limit is not asked for: it slows a model down while cores are idle.",
		Fix:    "Set resources.requests cpu and memory, and resources.limits memory.",
		Except: "For a container of another vendor's manifest that is not configurable.",
		Like:   []string{"CKV_K8S_10", "CKV_K8S_12", "CKV_K8S_13", "KSV-0015", "KSV-0016", "KSV-0018", "cpuRequestsMissing", "memoryLimitsMissing"},
		Types:  podTypes, Judge: eachContainer(requests),
	},
	{
		ID: "container-memory-ratio", Group: Workloads, Level: Mandatory,
		Says:   "A container's memory limit is near its request.",
		Why:    "Memory cannot be taken back: what pods use above their requests is not set aside on the node, and the kernel kills when it runs out.",
		Fix:    "Raise resources.requests.memory to what the container uses under load, or lower the limit.",
		Except: "For a job that needs much memory for minutes, on a pool of its own.",
		Parameters: []Parameter{
			{Name: "ratio", Default: 2.5, Says: "Greatest limit as a multiple of the request."},
			{Name: "above", Default: "256Mi", Says: "Limits up to this are not judged: agents that small hurt nobody."},
		},
		Types: podTypes, Judge: eachContainer(memoryRatio),
	},
	{
		ID: "container-gpu-whole", Group: Workloads, Level: Mandatory,
		Says:   "GPUs are asked for in whole numbers, as a limit that equals the request.",
		Why:    "Kubernetes gives out whole devices by the limit. A request that differs is refused when the pod is made, which no preview shows.",
		Fix:    "Set resources.limits nvidia.com/gpu to a whole number and leave the request out, or make them equal.",
		Except: "Never.",
		Types:  podTypes, Judge: eachContainer(gpuWhole),
	},
	{
		ID: "container-probes", Group: Workloads, Level: Mandatory,
		Says:   "What serves has a readiness and a liveness probe.",
		Why:    "Without readiness a replica gets requests before its model is loaded; without liveness one that hangs keeps its GPU and its share of the requests.",
		Fix:    "Set readinessProbe and livenessProbe; with a model that loads for long, a startupProbe before them.",
		Except: "For a worker that nothing connects to.",
		Like:   []string{"CKV_K8S_8", "CKV_K8S_9", "no-liveness-probe", "no-readiness-probe"},
		Types:  []string{typeDeployment, typeStatefulSet}, Judge: probes,
	},
	{
		ID: "gpu-startup-probe", Group: Workloads, Level: Mandatory,
		Says:   "A model on GPUs has a startup probe.",
		Why:    "Gigabytes of weights load for minutes. A liveness probe alone restarts the container before it is done, again and again.",
		Fix:    "Set startupProbe with failureThreshold times periodSeconds above the longest start; in a model file, health.startupSeconds.",
		Except: "For a server that is up before its model is.",
		Types:  []string{typeDeployment, typeStatefulSet}, Judge: startupProbe,
	},
	{
		ID: "job-ends", Group: Workloads, Level: Advisory,
		Says:   "A job has an end.",
		Why:    "A job that hangs keeps its GPUs until somebody looks; one that fails repeats as often as backoffLimit says, which is six by default.",
		Fix:    "Set activeDeadlineSeconds and backoffLimit.",
		Except: "For training whose length nobody knows, where a queue bounds it.",
		Types:  []string{typeJob, typeCronJob}, Judge: jobEnds,
	},
}

func requests(c container, _ Values) []string {
	var problems []string
	for _, field := range [][]string{{"requests", "cpu"}, {"requests", "memory"}, {"limits", "memory"}} {
		if c.At("resources").At(field...).Missing() {
			problems = append(problems, fmt.Sprintf("resources.%s.%s is missing", field[0], field[1]))
		}
	}
	return problems
}

func memoryRatio(c container, v Values) []string {
	limit, ok := amount(c.At("resources", "limits", "memory"))
	request, asked := amount(c.At("resources", "requests", "memory"))
	small, _ := amount(text(v.Text("above")))
	if !ok || !asked || request <= 0 || limit <= small || limit <= request*v.Number("ratio") {
		return nil
	}
	return []string{fmt.Sprintf("the memory limit %s is %.1f times the request %s, above %g",
		c.At("resources", "limits", "memory").Text(), limit/request, c.At("resources", "requests", "memory").Text(), v.Number("ratio"))}
}

func gpuWhole(c container, _ Values) []string {
	limit, request := c.At("resources", "limits", naming.ResourceGPU), c.At("resources", "requests", naming.ResourceGPU)
	if limit.Unknown() || request.Unknown() || limit.Missing() && request.Missing() {
		return nil
	}
	if limit.Missing() {
		return []string{"requests GPUs without a limit"}
	}
	most, whole := limit.Number()
	if !whole || most != math.Trunc(most) || most < 0 {
		return []string{"the limit of GPUs is no whole number"}
	}
	if asked, ok := request.Number(); !request.Missing() && (!ok || asked != most) {
		return []string{fmt.Sprintf("requests %s GPUs and is limited to %g", request.show(), most)}
	}
	return nil
}

func probes(r Resource, v Values) []string {
	return eachContainer(func(c container, _ Values) []string {
		var problems []string
		for _, probe := range []string{"readinessProbe", "livenessProbe"} {
			if !c.starts && c.At(probe).Missing() {
				problems = append(problems, probe+" is missing")
			}
		}
		return problems
	})(r, v)
}

func startupProbe(r Resource, v Values) []string {
	return eachContainer(func(c container, _ Values) []string {
		count, _ := c.At("resources", "limits", naming.ResourceGPU).Number()
		if count > 0 && c.At("startupProbe").Missing() {
			return []string{"startupProbe is missing"}
		}
		return nil
	})(r, v)
}

func jobEnds(r Resource, _ Values) []string {
	at := []string{"spec"}
	if r.Type == typeCronJob {
		at = []string{"spec", "jobTemplate", "spec"}
	}
	var problems []string
	for _, field := range []string{"activeDeadlineSeconds", "backoffLimit"} {
		if r.At(at...).At(field).Missing() {
			problems = append(problems, field+" is missing")
		}
	}
	return problems
}
