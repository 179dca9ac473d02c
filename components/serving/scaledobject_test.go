package serving

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/componenttest"
	"gantry.dev/gantry/modules/spec"
)

// scaled is the scaler of a classifier that scales as given.
func scaled(t *testing.T, scale spec.ModelScale) componenttest.Resource {
	t.Helper()
	scale.Min, scale.Max = 2, 10
	f := newFixture(t, changed(func(m *spec.Model) { m.Scale = scale }))
	require.NoError(t, f.run())
	return f.rec.Named(t, "image-classifier-scaler")
}

// triggers are those of a ScaledObject by their names.
func triggers(t *testing.T, scaler componenttest.Resource) map[string]map[string]any {
	t.Helper()
	list, ok := scaler.Input(t, "spec.triggers").([]any)
	require.True(t, ok)
	byName := map[string]map[string]any{}
	for _, item := range list {
		trigger := item.(map[string]any)
		byName[trigger["name"].(string)] = trigger
	}
	return byName
}

func TestScaler_CPUAndMemoryAloneNeedNoKEDA(t *testing.T) {
	assert.Equal(t, "HorizontalPodAutoscaler", scaled(t, spec.ModelScale{CPUUtilization: 50}).Input(t, "kind"))
}

func TestScaler_AllSignalsAreOfOneScaler(t *testing.T) {
	scaler := scaled(t, spec.ModelScale{
		GPUUtilization: 70, RequestsPerReplica: 20, P95: "250ms",
		Queries:  []spec.ScaleQuery{{Query: "sum(queue_length)", PerReplica: 5}},
		Queue:    spec.ScaleQueue{SQS: "https://sqs.us-east-1.amazonaws.com/123456789012/requests"},
		Schedule: []spec.ScaleWindow{{Start: "0 9 * * 1-5", End: "0 18 * * 1-5", Timezone: "Europe/Berlin", Min: 8}},
	})
	assert.Equal(t, "ScaledObject", scaler.Input(t, "kind"))
	assert.EqualValues(t, 2, scaler.Input(t, "spec.minReplicaCount"))
	assert.EqualValues(t, 10, scaler.Input(t, "spec.maxReplicaCount"))
	assert.EqualValues(t, 300, scaler.Input(t, "spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.stabilizationWindowSeconds"))
	assert.EqualValues(t, 2, scaler.Input(t, "spec.fallback.replicas"))

	all := triggers(t, scaler)
	require.Len(t, all, 8)
	assert.Equal(t, "server", all["cpu"]["metadata"].(map[string]any)["containerName"])
	for _, sum := range []string{"gpu", "requests", "query-1"} {
		assert.Equal(t, "AverageValue", all[sum]["metricType"], "%s is divided among the replicas", sum)
		assert.Regexp(t, `^sum\(`, all[sum]["metadata"].(map[string]any)["query"], sum)
	}
	assert.Equal(t, "Value", all["p95"]["metricType"], "a latency is not divided")
	assert.Equal(t, "0.25", all["p95"]["metadata"].(map[string]any)["threshold"])
	assert.Equal(t, "us-east-1", all["queue"]["metadata"].(map[string]any)["awsRegion"])
	assert.Equal(t, "image-classifier-queue", all["queue"]["authenticationRef"].(map[string]any)["name"])
	assert.Equal(t, "8", all["schedule-1"]["metadata"].(map[string]any)["desiredReplicas"])
}

func TestScaler_QueuesOfEveryCloud(t *testing.T) {
	for name, test := range map[string]struct {
		queue          spec.ScaleQueue
		kind, provider string
	}{
		"SQS":         {spec.ScaleQueue{SQS: "https://sqs.eu-west-1.amazonaws.com/123456789012/q"}, "aws-sqs-queue", "aws"},
		"Pub/Sub":     {spec.ScaleQueue{PubSub: "requests"}, "gcp-pubsub", "gcp"},
		"Service Bus": {spec.ScaleQueue{ServiceBus: "/subscriptions/s/resourceGroups/g/providers/Microsoft.ServiceBus/namespaces/n/queues/q"}, "azure-servicebus", "azure-workload"},
		"Kafka":       {spec.ScaleQueue{Kafka: spec.ScaleKafka{Brokers: []string{"a:9092", "b:9092"}, Topic: "t"}}, "kafka", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, changed(func(m *spec.Model) { m.Scale.Queue = test.queue }))
			require.NoError(t, f.run())
			queue := triggers(t, f.rec.Named(t, "image-classifier-scaler"))["queue"]
			assert.Equal(t, test.kind, queue["type"])
			if test.provider == "" {
				assert.Equal(t, "a:9092,b:9092", queue["metadata"].(map[string]any)["bootstrapServers"])
				assert.Nil(t, queue["authenticationRef"])
				return
			}
			assert.Equal(t, test.provider, f.rec.Named(t, "image-classifier-queue").Input(t, "spec.podIdentity.provider"))
		})
	}
}

func TestScaler_ToZero(t *testing.T) {
	scaler := scaled(t, spec.ModelScale{ToZero: true, RequestsPerReplica: 5})
	assert.EqualValues(t, 0, scaler.Input(t, "spec.idleReplicaCount"))
	assert.EqualValues(t, 2, scaler.Input(t, "spec.minReplicaCount"))
}

func TestScaler_SecondVersionsHaveTheirOwn(t *testing.T) {
	f := routedFixture(t, func(m *spec.Model) {
		m.Scale.GPUUtilization = 70
		m.Rollout.Canary = spec.ModelCanary{Image: v2, Weight: 5, Min: 1}
	})
	canary := f.rec.Named(t, "image-classifier-canary-scaler")
	assert.Equal(t, "image-classifier-canary", canary.Input(t, "spec.scaleTargetRef.name"))
	assert.EqualValues(t, 1, canary.Input(t, "spec.minReplicaCount"))
	assert.Contains(t, triggers(t, canary)["gpu"]["metadata"].(map[string]any)["query"], `label_gantry_dev_version="canary"`)
}
