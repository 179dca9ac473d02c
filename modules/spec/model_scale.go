package spec

import "regexp"

// ModelScale is the number of replicas and what decides it. A model that scales
// on CPU and memory alone has a plain HorizontalPodAutoscaler; any other signal
// makes it one ScaledObject of KEDA with all of them. Where signals disagree, the
// one that asks for most replicas wins.
type ModelScale struct {
	// Min is the least number of replicas, at least 1. Default: 1.
	Min int `json:"min" jsonschema:"minimum=1"`
	// Max is the greatest number of replicas, at least min. Default: min.
	Max int `json:"max" jsonschema:"minimum=1"`
	// ToZero takes the last replica away after ten minutes without a request or
	// message, and starts one again for the next. Needs queue or
	// requestsPerReplica. Default: false.
	ToZero bool `json:"toZero"`
	// CPUUtilization is the mean use of the CPU request, in percent, that
	// scaling holds, 1 to 100. Default: 70.
	CPUUtilization int `json:"cpuUtilization" jsonschema:"minimum=1,maximum=100"`
	// MemoryUtilization is the mean use of the memory request, in percent,
	// that scaling holds, 1 to 100. Default: 80.
	MemoryUtilization int `json:"memoryUtilization" jsonschema:"minimum=1,maximum=100"`
	// GPUUtilization is the mean use of the replicas' accelerators, in percent,
	// that scaling holds, 1 to 100. An accelerator reads high at any load, so
	// that a signal of demand belongs beside it. Refused on pools whose
	// accelerators are shared in time. Default: not a signal.
	GPUUtilization int `json:"gpuUtilization" jsonschema:"minimum=1,maximum=100"`
	// RequestsPerReplica is how many requests a second one replica serves well,
	// at least 1. Default: not a signal.
	RequestsPerReplica int `json:"requestsPerReplica" jsonschema:"minimum=1"`
	// P95 is the latency that 95 of 100 requests stay below, for example 250ms;
	// above it replicas are added. Default: not a signal.
	P95 string `json:"p95" jsonschema:"example=250ms"`
	// Queries are Prometheus queries whose value is divided among the replicas.
	// Default: none.
	Queries []ScaleQuery `json:"queries"`
	// Queue is a queue whose messages the replicas work off.
	Queue ScaleQueue `json:"queue"`
	// Schedule raises the least number of replicas at times. Default: none.
	Schedule []ScaleWindow `json:"schedule"`
	// Headroom is by how many percent the load may grow in a minute. With it the
	// least number of replicas is raised by what the load grows while a new
	// replica starts: min * (1 + headroom/100 * startupSeconds/60), rounded up, at
	// most max. Default: 0.
	Headroom int `json:"headroom" jsonschema:"minimum=0,maximum=500"`
	// StartupSeconds is how long a new replica takes from being wanted to
	// answering, as measured, 1 to 3600. Default: 120 where headroom is set.
	StartupSeconds int `json:"startupSeconds" jsonschema:"minimum=1,maximum=3600"`
}

// Least is the least number of replicas: min, and what headroom adds to it for the
// time that a new replica takes to start.
func (s ModelScale) Least() int {
	if s.Headroom == 0 {
		return s.Min
	}
	// min * (1 + headroom/100 * startupSeconds/60), in whole numbers, rounded up.
	const whole = 100 * 60
	return min(s.Max, (s.Min*(whole+s.Headroom*s.StartupSeconds)+whole-1)/whole)
}

// Eventful tells whether more than CPU and memory decides, which takes KEDA.
func (s ModelScale) Eventful() bool {
	return s.ToZero || s.GPUUtilization > 0 || s.RequestsPerReplica > 0 || s.P95 != "" ||
		len(s.Queries) > 0 || s.Queue.isSet() || len(s.Schedule) > 0
}

// RegionOfQueue is the AWS region in the URL of an SQS queue; empty for what is
// none.
func RegionOfQueue(address string) string {
	if match := sqsURL.FindStringSubmatch(address); match != nil {
		return match[1]
	}
	return ""
}

// ServiceBusQueue is the namespace and the name in the resource id of a Service
// Bus queue; both empty for what is none.
func ServiceBusQueue(id string) (namespace, queue string) {
	if match := serviceBusID.FindStringSubmatch(id); match != nil {
		return match[1], match[2]
	}
	return "", ""
}

// The names of queues. Sources: the reference of the SQS API, the naming rules for
// Azure resources.
var (
	sqsURL       = regexp.MustCompile(`^https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/\d{12}/[A-Za-z0-9_-]{1,80}(?:\.fifo)?$`)
	serviceBusID = regexp.MustCompile(`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ServiceBus/namespaces/([^/]+)/queues/([^/]+)$`)
	pubSubName   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$`)
)

// ScaleQuery is a Prometheus query that scaling follows.
type ScaleQuery struct {
	// Query in PromQL that gives one number for the whole model: a sum, never a
	// mean over replicas.
	Query string `json:"query" jsonschema:"required,example=sum(my_queue_length{model=\"image-classifier\"})"`
	// PerReplica is how much of the number one replica works off, at least 1.
	PerReplica int `json:"perReplica" jsonschema:"required,minimum=1,example=20"`
}

// ScaleQueue is one queue of the platform's cloud, or a topic of Kafka.
type ScaleQueue struct {
	// SQS is the URL of an Amazon SQS queue. Default: none.
	SQS string `json:"sqs" jsonschema:"example=https://sqs.us-east-1.amazonaws.com/123456789012/requests"`
	// PubSub is the name of a Google Pub/Sub subscription. Default: none.
	PubSub string `json:"pubSub" jsonschema:"example=requests"`
	// ServiceBus is the resource id of an Azure Service Bus queue. Default:
	// none.
	ServiceBus string `json:"serviceBus" jsonschema:"example=/subscriptions/s/resourceGroups/g/providers/Microsoft.ServiceBus/namespaces/n/queues/requests"`
	// Kafka is a topic, read through its brokers.
	Kafka ScaleKafka `json:"kafka"`
	// PerReplica is how many waiting messages one replica is started for, at
	// least 1. Default: 10.
	PerReplica int `json:"perReplica" jsonschema:"minimum=1"`
}

// ScaleKafka is a topic of Kafka and who reads it.
type ScaleKafka struct {
	// Brokers as host:port. Default: none.
	Brokers []string `json:"brokers" jsonschema:"example=kafka.kafka.svc.cluster.local:9092"`
	// Topic that requests come in. Required with brokers. Default: none.
	Topic string `json:"topic" jsonschema:"example=requests"`
	// Group is the consumer group of the model. Default: the model's name.
	Group string `json:"group" jsonschema:"example=image-classifier"`
}

// ScaleWindow is a time with a least number of replicas of its own.
type ScaleWindow struct {
	// Start of the window, a cron expression: five fields, minute to day of the
	// week.
	Start string `json:"start" jsonschema:"required,example=0 9 * * 1-5"`
	// End of the window, likewise.
	End string `json:"end" jsonschema:"required,example=0 18 * * 1-5"`
	// Timezone of both, by its name in the IANA database. Default: UTC.
	Timezone string `json:"timezone" jsonschema:"example=Europe/Berlin"`
	// Min is the least number of replicas in between, at most scale.max.
	Min int `json:"min" jsonschema:"required,minimum=1,example=8"`
}
