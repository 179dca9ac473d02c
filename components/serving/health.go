package serving

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

const (
	// startupPeriod is the pause between two looks at a loading model, in
	// seconds: short, because a loaded model is not used before the next look.
	startupPeriod = 5
	// endpointRemoval is how long a stopping replica keeps answering, in
	// seconds, so that every node and proxy learns that it is gone. The
	// removal of an endpoint and the stop signal are sent at the same time
	// and nothing orders them.
	endpointRemoval = 5
)

// startup holds the other probes back until the model is loaded, for as long as
// the model says that loading may take.
func (s *server) startup() *corev1.ProbeArgs {
	return &corev1.ProbeArgs{
		HttpGet:          s.healthCheck(),
		PeriodSeconds:    pulumi.Int(startupPeriod),
		FailureThreshold: pulumi.Int((s.model.Health.StartupSeconds + startupPeriod - 1) / startupPeriod),
		TimeoutSeconds:   pulumi.Int(3),
	}
}

// readiness decides whether a replica gets requests.
func (s *server) readiness() *corev1.ProbeArgs { return s.probe(s.model.Health.Readiness) }

// liveness restarts a replica that does not answer for long.
func (s *server) liveness() *corev1.ProbeArgs { return s.probe(s.model.Health.Liveness) }

func (s *server) probe(timing spec.ModelProbe) *corev1.ProbeArgs {
	probe := &corev1.ProbeArgs{
		HttpGet:          s.healthCheck(),
		PeriodSeconds:    pulumi.Int(timing.PeriodSeconds),
		FailureThreshold: pulumi.Int(timing.FailureThreshold),
		TimeoutSeconds:   pulumi.Int(timing.TimeoutSeconds),
	}
	if timing.InitialDelaySeconds > 0 {
		probe.InitialDelaySeconds = pulumi.Int(timing.InitialDelaySeconds)
	}
	return probe
}

func (s *server) healthCheck() *corev1.HTTPGetActionArgs {
	return &corev1.HTTPGetActionArgs{
		Path: pulumi.String(s.model.Health.Path),
		Port: pulumi.String(portName),
	}
}

// lifecycle delays the stop signal until no new request arrives. The kubelet
// does the waiting, so the image needs no shell.
func (s *server) lifecycle() *corev1.LifecycleArgs {
	if s.drainSeconds() == 0 {
		return nil
	}
	return &corev1.LifecycleArgs{
		PreStop: &corev1.LifecycleHandlerArgs{
			Sleep: &corev1.SleepActionArgs{Seconds: pulumi.Int(endpointRemoval)},
		},
	}
}

// graceSeconds is the time from the decision to stop a replica until it is
// killed. A model that does not drain still gets one second: with zero the pod
// is forgotten before its node has released the GPU.
func (s *server) graceSeconds() int {
	if s.drainSeconds() == 0 {
		return 1
	}
	return endpointRemoval + s.drainSeconds()
}

func (s *server) drainSeconds() int {
	if s.model.DrainSeconds == nil {
		return 0
	}
	return *s.model.DrainSeconds
}
