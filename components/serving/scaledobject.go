package serving

import (
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/custom"
	"gantry.dev/gantry/modules/spec"
)

const (
	kedaAPI = "keda.sh/v1alpha1"
	// prometheusAddress is the service of the Prometheus that Gantry installs:
	// release monitoring in the namespace of the same name.
	prometheusAddress = "http://monitoring-prometheus." + monitoringNamespace + ".svc:9090"
	// monitoringNamespace is where Gantry's Prometheus runs.
	monitoringNamespace = "monitoring"
	// pollSeconds is how often KEDA looks at what the autoscaler does not measure
	// itself: as often as the autoscaler decides.
	pollSeconds = 15
	// idleSeconds is how long a model that may go to zero is left without work
	// before it does.
	idleSeconds = 600
	// failuresBeforeFallback is how many looks in a row may fail before the number
	// of replicas is held.
	failuresBeforeFallback = 3
)

// scaledObject is the one scaler of a version that scales on more than CPU and
// memory: KEDA makes a single autoscaler of it, with the behaviour of all others,
// in which the trigger that asks for most replicas wins.
func (s *server) scaledObject() custom.Object {
	scale := s.model.Scale
	settings := map[string]any{
		"scaleTargetRef":  map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "name": s.name()},
		"minReplicaCount": scale.Least(),
		"maxReplicaCount": scale.Max,
		"pollingInterval": pollSeconds,
		"advanced": map[string]any{"horizontalPodAutoscalerConfig": map[string]any{
			// The default, keda-hpa- and the name, is longer than some names allow.
			"name":     s.name(),
			"behavior": behavior(),
		}},
		"triggers": s.triggers(),
	}
	if scale.ToZero {
		settings["idleReplicaCount"] = 0
		settings["cooldownPeriod"] = idleSeconds
	}
	if s.measured() && s.track != next {
		// Without Prometheus nobody knows how many are needed. Fewer than there
		// are would be a guess, and the least number may be far too few. Flagger's
		// copy would lose the behavior; without any fallback nothing is scaled down
		// either.
		settings["fallback"] = map[string]any{
			"failureThreshold": failuresBeforeFallback, "replicas": scale.Least(), "behavior": "currentReplicasIfHigher",
		}
	}
	return custom.Object{APIVersion: kedaAPI, Kind: "ScaledObject", Metadata: s.metadata(), Spec: settings}
}

// measured tells whether a trigger asks Prometheus for an amount.
func (s *server) measured() bool {
	scale := s.model.Scale
	return scale.GPUUtilization > 0 || scale.RequestsPerReplica > 0 || len(scale.Queries) > 0
}

// behavior is that of the plain autoscaler, see scaler.
func behavior() map[string]any {
	rules := func(percent, period, window int) map[string]any {
		return map[string]any{
			"stabilizationWindowSeconds": window,
			"policies":                   []any{map[string]any{"type": "Percent", "value": percent, "periodSeconds": period}},
		}
	}
	return map[string]any{
		"scaleUp":   rules(upPercent, upPeriod, upWindow),
		"scaleDown": rules(downPercent, downPeriod, downWindow),
	}
}

// triggers are all signals of the version, in a fixed order.
func (s *server) triggers() []any {
	scale := s.model.Scale
	triggers := []any{
		resourceTrigger("cpu", scale.CPUUtilization),
		resourceTrigger("memory", scale.MemoryUtilization),
	}
	if scale.GPUUtilization > 0 {
		triggers = append(triggers, s.prometheus("gpu", s.gpuQuery(), scale.GPUUtilization))
	}
	if scale.RequestsPerReplica > 0 {
		triggers = append(triggers, s.prometheus("requests", s.requestsQuery(), scale.RequestsPerReplica))
	}
	if scale.P95 != "" {
		triggers = append(triggers, s.latency())
	}
	for i, query := range scale.Queries {
		triggers = append(triggers, s.prometheus(fmt.Sprintf("query-%d", i+1), query.Query, query.PerReplica))
	}
	triggers = append(triggers, s.queueTriggers()...)
	for i, window := range scale.Schedule {
		triggers = append(triggers, map[string]any{
			"type": "cron", "name": fmt.Sprintf("schedule-%d", i+1),
			"metadata": map[string]any{
				"timezone": window.Timezone, "start": window.Start, "end": window.End,
				"desiredReplicas": fmt.Sprint(min(window.Min, scale.Max)),
			},
		})
	}
	return triggers
}

// resourceTrigger holds the mean use of the server's container: that of another
// container in the pod would make it read too low.
func resourceTrigger(resource string, percent int) map[string]any {
	return map[string]any{
		"type": resource, "name": resource, "metricType": "Utilization",
		"metadata": map[string]any{"value": fmt.Sprint(percent), "containerName": containerName},
	}
}

// prometheus divides a sum by the number of replicas and holds the quotient. With
// a mean in place of the sum it would be divided twice: at four replicas, 80 % of
// use would read as 20 %.
func (s *server) prometheus(name, sum string, perReplica int) map[string]any {
	return map[string]any{
		"type": "prometheus", "name": name, "metricType": "AverageValue",
		"metadata": map[string]any{
			"serverAddress": prometheusAddress,
			"query":         sum,
			"threshold":     fmt.Sprint(perReplica),
			// No samples are no load only where the server said so: a missing
			// exporter must not scale a model down.
			"ignoreNullValues": "false",
		},
	}
}

// latency adds replicas in proportion to how much too slow the model is. A
// latency is no amount that replicas divide among them, so it is taken as it is.
func (s *server) latency() map[string]any {
	return map[string]any{
		"type": "prometheus", "name": "p95", "metricType": "Value",
		"metadata": map[string]any{
			"serverAddress": prometheusAddress,
			"query": fmt.Sprintf("histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{%s}[2m])))",
				s.series()),
			"threshold": fmt.Sprint(seconds(s.model.Scale.P95)),
			// A model that nobody asks is fast enough.
			"ignoreNullValues": "true",
		},
	}
}

// seconds of a latency in the configuration, which was validated.
func seconds(latency string) float64 {
	duration, err := time.ParseDuration(latency)
	if err != nil {
		duration = time.Second
	}
	return duration.Seconds()
}

// series are the labels of what the version's server exports, as Prometheus
// stores it.
func (s *server) series() string {
	return fmt.Sprintf(`namespace="%s", model="%s", version="%s"`, s.namespace, s.model.Name, s.version())
}

// requestsQuery is how many requests a second the version answers.
func (s *server) requestsQuery() string {
	return fmt.Sprintf("sum(rate(http_requests_total{%s}[1m]))", s.series())
}

// gpuQuery is the use of all accelerators of the version, in percent of one each,
// added up. The recording rule knows slices and leaves out shared accelerators.
func (s *server) gpuQuery() string {
	return fmt.Sprintf(`sum(gantry:gpu_utilization:model_pod{namespace="%s", model="%s"}`+
		` * on (namespace, pod) group_left () max by (namespace, pod) (kube_pod_labels{label_gantry_dev_version="%s"}))`,
		s.namespace, s.model.Name, s.version())
}

// queueTriggers are the queue of the model, if it has one. The cloud's queues are
// read with KEDA's own identity.
func (s *server) queueTriggers() []any {
	queue := s.model.Scale.Queue
	per := fmt.Sprint(queue.PerReplica)
	reference := map[string]any{"name": s.queueAuthentication()}
	switch {
	case queue.SQS != "":
		return []any{map[string]any{
			"type": "aws-sqs-queue", "name": "queue", "authenticationRef": reference,
			"metadata": map[string]any{
				"queueURL": queue.SQS, "queueLength": per, "awsRegion": spec.RegionOfQueue(queue.SQS),
				// A message that is being worked on still needs its replica.
				"scaleOnInFlight": "true",
			},
		}}
	case queue.PubSub != "":
		return []any{map[string]any{
			"type": "gcp-pubsub", "name": "queue", "authenticationRef": reference,
			"metadata": map[string]any{"subscriptionName": queue.PubSub, "mode": "SubscriptionSize", "value": per},
		}}
	case queue.ServiceBus != "":
		namespace, name := spec.ServiceBusQueue(queue.ServiceBus)
		return []any{map[string]any{
			"type": "azure-servicebus", "name": "queue", "authenticationRef": reference,
			"metadata": map[string]any{"namespace": namespace, "queueName": name, "messageCount": per},
		}}
	case len(queue.Kafka.Brokers) > 0:
		return []any{map[string]any{
			"type": "kafka", "name": "queue",
			"metadata": map[string]any{
				"bootstrapServers": strings.Join(queue.Kafka.Brokers, ","), "topic": queue.Kafka.Topic,
				"consumerGroup": queue.Kafka.Group, "lagThreshold": per,
			},
		}}
	default:
		return nil
	}
}

// queueAuthentication is the name of what lets KEDA read the queue.
func (s *server) queueAuthentication() string { return s.model.Name + "-queue" }

// queueIdentity is the kind of identity with which KEDA reads the model's queue;
// empty for a queue that asks for none.
func (s *server) queueIdentity() string {
	queue := s.model.Scale.Queue
	switch {
	case queue.SQS != "":
		return "aws"
	case queue.PubSub != "":
		return "gcp"
	case queue.ServiceBus != "":
		return "azure-workload"
	default:
		return ""
	}
}

// authentication lets KEDA read the queue as itself: the model needs no right to
// count messages.
func (s *server) authentication() custom.Object {
	metadata := s.metadata()
	metadata.Name = pulumi.String(s.queueAuthentication())
	return custom.Object{APIVersion: kedaAPI, Kind: "TriggerAuthentication", Metadata: metadata, Spec: map[string]any{
		"podIdentity": map[string]any{"provider": s.queueIdentity()},
	}}
}
