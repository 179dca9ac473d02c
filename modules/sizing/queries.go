package sizing

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gantry.dev/gantry/modules/observability"
)

// container is the model server in the pods of a model, beside which others may
// run.
const container = "server"

// podLabel tells the replicas of a model apart.
const podLabel = "pod"

// queries are what Prometheus is asked for a model. Metrics whose names begin with
// gantry: are recorded by modules/observability; the others are those of the
// kubelet and of the model server, as the rules there read them.
type queries struct {
	cpu, memory, peak, gpu, gpuMemory string
	rate, latency                     string
}

// queriesFor are those of a model. Rates are taken over two minutes, the shortest
// that holds enough samples of a server read every half minute: a longer one
// flattens what the model has to keep up with.
func queriesFor(namespace, model string, step time.Duration) queries {
	own := fmt.Sprintf(`namespace=%q, model=%q`, namespace, model)
	// One series a pod, of those that belong to the model.
	ofModel := func(expression string) string {
		return fmt.Sprintf(`max by (pod) (%s) * on (pod) group_left () max by (pod) (gantry:pod_model:info{%s})`, expression, own)
	}
	server := fmt.Sprintf(`namespace=%q, container=%q`, namespace, container)
	requests := own + ", " + observability.Probes
	return queries{
		cpu:    ofModel(fmt.Sprintf(`rate(container_cpu_usage_seconds_total{%s}[2m])`, server)),
		memory: ofModel(fmt.Sprintf(`container_memory_working_set_bytes{%s}`, server)),
		peak:   ofModel(fmt.Sprintf(`max_over_time(container_memory_working_set_bytes{%s}[%ds])`, server, max(int(step.Seconds()), 60))),
		gpu:    fmt.Sprintf(`max by (pod) (gantry:gpu_utilization:model_pod{%s})`, own),
		// The exporter counts in MiB. What pods share is nobody's own.
		gpuMemory: ofModel(fmt.Sprintf(
			`1048576 * DCGM_FI_DEV_FB_USED{namespace=%q} unless on (namespace, pod) gantry:pod_gpu_shared:info`, namespace)),
		rate: fmt.Sprintf(`sum(rate(http_requests_total{%s}[2m]))`, requests),
		latency: fmt.Sprintf(`sum(rate(http_request_duration_seconds_sum{%[1]s}[2m])) / sum(rate(http_request_duration_seconds_count{%[1]s}[2m]))`,
			requests),
	}
}

// Usage asks what a model used in the window. CPU and memory must have been
// measured; a model without a GPU or without metrics of its requests has none of
// those. The error is for the person who gave the address.
func (p Prometheus) Usage(ctx context.Context, namespace, model string, w Window) (Usage, error) {
	if err := w.check(); err != nil {
		return Usage{}, err
	}
	q := queriesFor(namespace, model, w.Step)
	pods := map[string]*Pod{}
	for _, one := range []struct {
		query string
		into  func(*Pod) *Series
	}{
		{q.cpu, func(p *Pod) *Series { return &p.CPU }},
		{q.memory, func(p *Pod) *Series { return &p.Memory }},
		{q.peak, func(p *Pod) *Series { return &p.Peak }},
		{q.gpu, func(p *Pod) *Series { return &p.GPU }},
		{q.gpuMemory, func(p *Pod) *Series { return &p.GPUMemory }},
	} {
		found, err := p.queryRange(ctx, one.query, w)
		if err != nil {
			return Usage{}, err
		}
		for name, series := range found {
			if pods[name] == nil {
				pods[name] = &Pod{Name: name}
			}
			*one.into(pods[name]) = series
		}
	}
	var u Usage
	for _, name := range slices.Sorted(maps.Keys(pods)) {
		u.Pods = append(u.Pods, *pods[name])
	}
	if err := u.checkMeasured(p.URL, namespace, model, w); err != nil {
		return Usage{}, err
	}
	for query, into := range map[string]*Series{q.rate: &u.Rate, q.latency: &u.Latency} {
		found, err := p.queryRange(ctx, query, w)
		if err != nil {
			return Usage{}, err
		}
		*into = found[""]
	}
	return u, nil
}

// checkMeasured reports a Prometheus that knows nothing of the model's pods.
func (u Usage) checkMeasured(address, namespace, model string, w Window) error {
	var missing []string
	if len(u.longest(cpuOf)) == 0 {
		missing = append(missing, "container_cpu_usage_seconds_total")
	}
	if len(u.longest(memoryOf)) == 0 {
		missing = append(missing, "container_memory_working_set_bytes")
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%v has no samples of %s for pods of the model %s in the namespace %s, of %v: "+
		"check that it is the Prometheus of the stack's cluster, that the model ran then, and that it records gantry:pod_model:info",
		Prometheus{URL: address}, strings.Join(missing, " and "), model, namespace, w)
}

// String is the server for people, without a password.
func (p Prometheus) String() string {
	u, err := p.address()
	if err != nil {
		return "Prometheus"
	}
	return "Prometheus at " + u.Host
}
