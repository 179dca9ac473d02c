package serving

import (
	"maps"
	"slices"
	"strconv"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/podspec"
)

const (
	// containerName of the model server in its pod.
	containerName = "server"
	// portName is how probes and the Service refer to the server's port.
	portName = "http"
)

func (s *server) pod() *corev1.PodSpecArgs {
	return &corev1.PodSpecArgs{
		ServiceAccountName:            pulumi.String(s.model.Name),
		PriorityClassName:             priorityClass(s.priorityClass),
		AutomountServiceAccountToken:  pulumi.Bool(false),
		SecurityContext:               podSecurity(),
		Affinity:                      podspec.Affinity(s.placement.Nodes),
		Tolerations:                   podspec.Tolerations(s.placement.Tolerations),
		TopologySpreadConstraints:     s.spread(),
		TerminationGracePeriodSeconds: pulumi.Int(s.graceSeconds()),
		Containers:                    corev1.ContainerArray{s.container()},
		Volumes:                       s.volumes(),
		// Every container would get seven environment variables for each
		// Service of the namespace, that is for each model.
		EnableServiceLinks: pulumi.Bool(false),
	}
}

func (s *server) container() *corev1.ContainerArgs {
	return &corev1.ContainerArgs{
		Name:    pulumi.String(containerName),
		Image:   pulumi.String(s.model.Image),
		Command: list(s.model.Command),
		Args:    list(s.model.Args),
		Env:     s.environment(),
		Ports: corev1.ContainerPortArray{corev1.ContainerPortArgs{
			Name:          pulumi.String(portName),
			ContainerPort: pulumi.Int(s.model.Port),
			// The API server's default, spelled out because server-side apply
			// identifies a port by number and protocol.
			Protocol: pulumi.String("TCP"),
		}},
		Resources:       s.resources(),
		StartupProbe:    s.startup(),
		ReadinessProbe:  s.readiness(),
		LivenessProbe:   s.liveness(),
		Lifecycle:       s.lifecycle(),
		SecurityContext: containerSecurity(),
		VolumeMounts:    s.mounts(),
	}
}

// environment is the model's own, in a fixed order. HOME is the one writable
// place unless the model says otherwise: libraries keep caches below it, and a
// user that the image does not know has / there.
func (s *server) environment() corev1.EnvVarArray {
	env := map[string]string{"HOME": scratchPath}
	maps.Copy(env, s.model.Env)
	var out corev1.EnvVarArray
	for _, name := range slices.Sorted(maps.Keys(env)) {
		out = append(out, corev1.EnvVarArgs{Name: pulumi.String(name), Value: pulumi.String(env[name])})
	}
	return append(out, s.secretVariables()...)
}

// resources request what the model needs. Memory is limited and CPU is only where
// the model says so: a throttled server is slow and nothing is gained. Accelerators
// are whole, and Kubernetes requires that request and limit are equal.
func (s *server) resources() *corev1.ResourceRequirementsArgs {
	requests := map[string]string{"cpu": s.model.Resources.CPU, "memory": s.model.Resources.Memory}
	limits := map[string]string{"memory": s.model.Resources.MemoryLimit}
	if s.model.Resources.CPULimit != "" {
		limits["cpu"] = s.model.Resources.CPULimit
	}
	if s.model.GPU.Count > 0 {
		count := strconv.Itoa(s.model.GPU.Count)
		requests[s.placement.GPUResource] = count
		limits[s.placement.GPUResource] = count
	}
	return &corev1.ResourceRequirementsArgs{
		Requests: pulumi.ToStringMap(requests),
		Limits:   pulumi.ToStringMap(limits),
	}
}

// spread prefers replicas in different zones and on different nodes. It does
// not insist: where accelerators are short, a replica in a crowded zone is
// better than one that waits. Each revision is spread for itself, because the
// replicas that a rollout is about to remove should not push the new ones.
func (s *server) spread() corev1.TopologySpreadConstraintArray {
	var out corev1.TopologySpreadConstraintArray
	for _, domain := range []string{"topology.kubernetes.io/zone", "kubernetes.io/hostname"} {
		out = append(out, corev1.TopologySpreadConstraintArgs{
			TopologyKey:       pulumi.String(domain),
			MaxSkew:           pulumi.Int(1),
			WhenUnsatisfiable: pulumi.String("ScheduleAnyway"),
			LabelSelector:     s.selector(),
			MatchLabelKeys:    pulumi.ToStringArray([]string{"pod-template-hash"}),
		})
	}
	return out
}

// scrape are the annotations that Prometheus configurations by convention look
// for on pods. Where Gantry's own Prometheus runs, a ServiceMonitor takes their
// place: with both, every request would be counted twice.
func (s *server) scrape() map[string]string {
	return map[string]string{
		"prometheus.io/scrape": "true",
		"prometheus.io/port":   strconv.Itoa(s.model.Port),
		"prometheus.io/path":   s.model.Metrics.Path,
	}
}

// annotations of a replica.
func (s *server) annotations() map[string]string {
	annotations := map[string]string{}
	if !s.monitored {
		annotations = s.scrape()
	}
	if len(s.model.Config) > 0 {
		annotations[annotationConfig] = s.configSum()
	}
	if s.bucket != nil {
		maps.Copy(annotations, s.bucket.PodAnnotations)
	}
	return annotations
}

// priorityClass leaves an empty name out, and with it the cluster's own default.
func priorityClass(name string) pulumi.StringPtrInput {
	if name == "" {
		return nil
	}
	return pulumi.String(name)
}

// list leaves an empty list out, so that the image's own value holds.
func list(values []string) pulumi.StringArrayInput {
	if len(values) == 0 {
		return nil
	}
	return pulumi.ToStringArray(values)
}
