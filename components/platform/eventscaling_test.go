package platform

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest/manifest"
	"gantry.dev/gantry/components/helm"
	"gantry.dev/gantry/modules/spec"
)

func eventScaled(t *testing.T, cloud spec.Cloud) *fixture {
	t.Helper()
	addons := noAddons()
	addons.EventScaling.Enabled = new(true)
	return fixtureOf(t, spec.Platform{Project: "gantry", Stack: "dev", Cloud: cloud, Pools: []spec.Pool{system}, Addons: addons})
}

func TestEventScaling_KeepsScalingWhileAPodIsReplaced(t *testing.T) {
	f := eventScaled(t, spec.AWS)
	f.run(t)
	release := f.release(t, "keda")
	assert.Equal(t, "keda", release.Input(t, "namespace"))
	for _, part := range []string{"operator", "metricsServer", "webhooks"} {
		assert.Equal(t, 2.0, release.Input(t, "values."+part+".replicaCount"), part)
		assert.Equal(t, "kubernetes.io/hostname", release.Input(t, "values.topologySpreadConstraints."+part+"[0].topologyKey"), part)
	}
	for _, part := range []string{"operator", "metricServer", "webhooks"} {
		assert.Equal(t, 1.0, release.Input(t, "values.podDisruptionBudget."+part+".maxUnavailable"), part)
		assert.Equal(t, false, release.Input(t, "values.prometheus."+part+".enabled"), "nothing scrapes it")
	}
	assert.Equal(t, "Fail", release.Input(t, "values.webhooks.failurePolicy"), "two scalers of a model are refused")
	assert.Equal(t, false, release.Input(t, "values.rbac.enabledCustomScaledRefKinds"), "it need not read everything")
	assert.Nil(t, release.Input(t, "values.watchNamespace"), "of all namespaces: it is the only one")
}

func TestEventScaling_IsAdmittedWithItsPriority(t *testing.T) {
	f := eventScaled(t, spec.GCP)
	f.run(t)
	release, quota := f.release(t, "keda"), f.rec.Named(t, "platform-keda-critical-pods")
	class, _ := release.Input(t, "values.priorityClassName").(string)
	object := manifest.Decode[corev1.ResourceQuota](t, quota)
	assert.Equal(t, release.Input(t, "namespace"), object.Namespace)
	assert.Contains(t, object.Spec.ScopeSelector.MatchExpressions[0].Values, class)
	pods := object.Spec.Hard[corev1.ResourcePods]
	assert.GreaterOrEqual(t, pods.Value(), int64(2*3*2), "room for an upgrade")
	assert.True(t, f.rec.DependsOn(release, quota))
}

func TestEventScaling_HasAnIdentityOfItsOwnWithoutRightsWhereNoModelHasAQueue(t *testing.T) {
	for cloud, want := range map[spec.Cloud]bool{spec.AWS: true, spec.GCP: true, spec.Azure: true, spec.Existing: false} {
		addons := noAddons()
		addons.EventScaling.Enabled = new(true)
		binding, bound := Bindings(spec.Default(spec.Platform{Project: "gantry", Stack: "dev", Cloud: cloud, Addons: addons}))[eventScalingName]
		assert.Equal(t, want, bound, cloud)
		if bound {
			assert.Equal(t, cluster.Binding{Namespace: "keda", ServiceAccount: "keda-operator"}, binding)
		}
	}
	f := eventScaled(t, spec.Azure)
	f.args.Handle.Accounts = map[string]*cluster.BoundAccount{eventScalingName: {
		Annotations: pulumi.StringMap{"azure.workload.identity/client-id": pulumi.String("id")},
		PodLabels:   map[string]string{"azure.workload.identity/use": "true"},
	}}
	f.run(t)
	release := f.release(t, "keda")
	assert.Equal(t, map[string]any{"azure.workload.identity/client-id": "id"}, release.Input(t, "values.serviceAccount.operator.annotations"))
	assert.Equal(t, "keda-operator", release.Input(t, "values.serviceAccount.operator.name"))
	assert.Equal(t, map[string]any{"azure.workload.identity/use": "true"}, release.Input(t, "values.podLabels.keda"))
}

func TestEventScaling_MayMeasureTheQueuesOfModels(t *testing.T) {
	const sqs, bus = "https://sqs.us-east-1.amazonaws.com/123456789012/", "/subscriptions/s/resourceGroups/g/providers/Microsoft.ServiceBus/namespaces/n/queues/"
	for cloud, test := range map[spec.Cloud]struct {
		a, b spec.ScaleQueue
		want []string
	}{
		spec.AWS:   {spec.ScaleQueue{SQS: sqs + "a"}, spec.ScaleQueue{SQS: sqs + "b"}, []string{sqs + "a", sqs + "b"}},
		spec.GCP:   {spec.ScaleQueue{PubSub: "requests-a"}, spec.ScaleQueue{PubSub: "requests-b"}, []string{"requests-a"}},
		spec.Azure: {spec.ScaleQueue{ServiceBus: bus + "a"}, spec.ScaleQueue{ServiceBus: bus + "b"}, []string{bus + "a", bus + "b"}},
	} {
		addons := noAddons()
		addons.EventScaling.Enabled = new(true)
		on := func(queue spec.ScaleQueue) spec.Model { return spec.Model{Scale: spec.ModelScale{Queue: queue}} }
		off := on(spec.ScaleQueue{SQS: sqs + "off"})
		off.Enabled = new(false)
		binding := Bindings(spec.Default(spec.Platform{Project: "gantry", Stack: "dev", Cloud: cloud, Addons: addons, Models: map[string]spec.Model{
			"a": on(test.a), "b": on(test.b), "again": on(test.a), "off": off, "kafka": on(spec.ScaleQueue{Kafka: spec.ScaleKafka{Brokers: []string{"k:9092"}, Topic: "t"}}),
		}}))[eventScalingName]
		var got []string
		for _, grant := range binding.Grants {
			assert.Equal(t, cluster.MeasureQueue, grant.Kind)
			got = append(got, string(grant.Resource.(pulumi.String)))
		}
		assert.Equal(t, test.want, got, cloud)
	}
}

func TestEventScaling_CanBeLeftOut(t *testing.T) {
	f := newFixture(t, system)
	f.run(t)
	assert.Empty(t, f.rec.OfType(helm.Type))
	assert.Empty(t, Bindings(f.args.Platform))
}
