package kubeprovider

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/scheme"
)

// probeOf is a probe of a cluster that holds the given objects.
func probeOf(t *testing.T, manifests ...string) probe {
	t.Helper()
	var objects []runtime.Object
	for _, manifest := range manifests {
		objects = append(objects, object(t, manifest))
	}
	return probe{cluster: &cluster{objects: fake.NewSimpleDynamicClient(scheme.Scheme, objects...)}}
}

const pendingPod = `
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: default, labels: {app: web}}
status:
  conditions:
    - {type: PodScheduled, status: "False", reason: Unschedulable, message: "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."}
`

func TestReadinessOfEachKind(t *testing.T) {
	for name, tc := range map[string]struct {
		live    string
		others  []string
		waited  time.Duration
		ready   bool
		failed  bool
		waiting string
	}{
		"deployment before its controller has seen it": {
			live:    `{apiVersion: apps/v1, kind: Deployment, metadata: {generation: 2}, spec: {replicas: 0}, status: {observedGeneration: 1}}`,
			waiting: "waiting for the Deployment controller",
		},
		"deployment with a pod that fits nowhere": {
			live: `{apiVersion: apps/v1, kind: Deployment, metadata: {generation: 1, namespace: default}, spec: {replicas: 2, selector: {matchLabels: {app: web}}},
              status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 1}}`,
			others:  []string{pendingPod},
			waiting: "waiting for 1/2 replicas: [Pod web-1]: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
		},
		"deployment whose pods are refused": {
			live: `{apiVersion: apps/v1, kind: Deployment, metadata: {generation: 1}, spec: {selector: {matchLabels: {app: web}}},
              status: {observedGeneration: 1, conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreate, message: exceeded quota}]}}`,
			waiting: "waiting for 1/1 replicas to be updated: [FailedCreate] exceeded quota",
		},
		"deployment in the middle of a rollout": {
			live: `{apiVersion: apps/v1, kind: Deployment, metadata: {generation: 1}, spec: {replicas: 2},
              status: {observedGeneration: 1, replicas: 3, updatedReplicas: 2, availableReplicas: 2}}`,
			waiting: "waiting for 1 old replicas to end",
		},
		"deployment that is out": {
			live: `{apiVersion: apps/v1, kind: Deployment, metadata: {generation: 1}, spec: {replicas: 2},
              status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2}}`,
			ready: true,
		},
		"deployment scaled to zero": {
			live:  `{apiVersion: apps/v1, kind: Deployment, metadata: {generation: 1}, spec: {replicas: 0}, status: {observedGeneration: 1}}`,
			ready: true,
		},
		"stateful set with a partition": {
			live: `{apiVersion: apps/v1, kind: StatefulSet, metadata: {generation: 1}, spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}},
              status: {observedGeneration: 1, updatedReplicas: 1, readyReplicas: 3}}`,
			ready: true,
		},
		"stateful set without its pods": {
			live:    `{apiVersion: apps/v1, kind: StatefulSet, metadata: {generation: 1}, spec: {replicas: 3}, status: {observedGeneration: 1, updatedReplicas: 3, readyReplicas: 1}}`,
			waiting: "waiting for 2/3 replicas",
		},
		"daemon set without nodes": {
			live:  `{apiVersion: apps/v1, kind: DaemonSet, metadata: {generation: 1}, status: {observedGeneration: 1, desiredNumberScheduled: 0}}`,
			ready: true,
		},
		"daemon set on part of its nodes": {
			live:    `{apiVersion: apps/v1, kind: DaemonSet, metadata: {generation: 1}, status: {observedGeneration: 1, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2}}`,
			waiting: "waiting for 1/3 replicas",
		},
		"job that is done":      {live: `{apiVersion: batch/v1, kind: Job, status: {conditions: [{type: Complete, status: "True"}]}}`, ready: true},
		"job that failed":       {live: `{apiVersion: batch/v1, kind: Job, status: {conditions: [{type: Failed, status: "True", reason: BackoffLimitExceeded, message: too often}]}}`, failed: true, waiting: "[BackoffLimitExceeded] too often"},
		"job that is suspended": {live: `{apiVersion: batch/v1, kind: Job, spec: {suspend: true}}`, waiting: "waiting for the job to start: it is suspended"},
		"headless service":      {live: `{apiVersion: v1, kind: Service, spec: {clusterIP: None, selector: {app: web}}}`, ready: true},
		"external name":         {live: `{apiVersion: v1, kind: Service, spec: {type: ExternalName}}`, ready: true},
		"service without selector": {
			live: `{apiVersion: v1, kind: Service, spec: {type: ClusterIP}}`, ready: true,
		},
		"load balancer without an address": {
			live:    `{apiVersion: v1, kind: Service, spec: {type: LoadBalancer}}`,
			waiting: "waiting for the load balancer's address",
		},
		"service that finds no pods yet": {
			live:    `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: default}, spec: {selector: {app: web}}}`,
			waiting: "finding Pods to direct traffic to",
		},
		"service that found no pods for long": {
			live:   `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: default}, spec: {selector: {app: web}}}`,
			waited: settle, ready: true,
		},
		"service with a pod that is not ready": {
			live: `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: default}, spec: {selector: {app: web}}}`,
			others: []string{`{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web-x, namespace: default, labels: {kubernetes.io/service-name: web}},
              endpoints: [{conditions: {ready: true}}, {conditions: {ready: false}}, {conditions: {ready: false, terminating: true}}]}`},
			waited: time.Hour, waiting: "waiting for 1/2 pods of the service",
		},
		"service with its pods": {
			live: `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: default}, spec: {selector: {app: web}}}`,
			others: []string{`{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web-x, namespace: default, labels: {kubernetes.io/service-name: web}},
              endpoints: [{conditions: {ready: true}}]}`},
			ready: true,
		},
		"claim that its first pod binds": {
			live:   `{apiVersion: v1, kind: PersistentVolumeClaim, spec: {storageClassName: gp3}, status: {phase: Pending}}`,
			others: []string{`{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: gp3}, volumeBindingMode: WaitForFirstConsumer}`},
			ready:  true,
		},
		"claim that is bound at once": {
			live:    `{apiVersion: v1, kind: PersistentVolumeClaim, spec: {storageClassName: efs}, status: {phase: Pending}}`,
			others:  []string{`{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: efs}, volumeBindingMode: Immediate}`},
			waiting: `waiting for the claim to be bound to a volume of class "efs"`,
		},
		"claim of a class that is not there": {
			live:    `{apiVersion: v1, kind: PersistentVolumeClaim, spec: {storageClassName: gone}, status: {phase: Pending}}`,
			waiting: `waiting for the claim to be bound: storage class "gone": storageclasses.storage.k8s.io "gone" not found`,
		},
		"bound claim":           {live: `{apiVersion: v1, kind: PersistentVolumeClaim, status: {phase: Bound}}`, ready: true},
		"terminating namespace": {live: `{apiVersion: v1, kind: Namespace, status: {phase: Terminating}}`, waiting: "waiting for the namespace to be active: it is Terminating"},
		"established kind":      {live: `{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, status: {conditions: [{type: Established, status: "True"}]}}`, ready: true},
		"kind of a taken name":  {live: `{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, status: {conditions: [{type: NamesAccepted, status: "False", reason: ListKindConflict, message: taken}]}}`, failed: true, waiting: "[ListKindConflict] taken"},
		"pending pod":           {live: pendingPod, waiting: "waiting for the pod to be ready: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu."},
		"pod that succeeded":    {live: `{apiVersion: v1, kind: Pod, status: {phase: Succeeded}}`, ready: true},
		"token without data":    {live: `{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token, metadata: {annotations: {kubernetes.io/service-account.name: bot}}}`, waiting: `waiting for the token of service account "bot"`},
		"quota in force":        {live: `{apiVersion: v1, kind: ResourceQuota, spec: {hard: {cpu: "1"}}, status: {hard: {cpu: 1000m}}}`, ready: true},
		"quota not in force":    {live: `{apiVersion: v1, kind: ResourceQuota, spec: {hard: {cpu: "1"}}}`, waiting: "waiting for the quota to be in force"},
	} {
		t.Run(name, func(t *testing.T) {
			live := object(t, tc.live)
			p := probeOf(t, tc.others...)
			p.waited = tc.waited
			check := readinessOf[live.GroupVersionKind().GroupKind()]
			require.NotNil(t, check)
			v := check(context.Background(), p, live)
			assert.Equal(t, tc.ready, v.ready)
			assert.Equal(t, tc.failed, v.failed)
			assert.Equal(t, tc.waiting, v.waiting)
		})
	}
}

func TestTheSameTroubleOfManyPodsIsToldOnce(t *testing.T) {
	pod := func(name string, waiting *corev1.ContainerStateWaiting) corev1.Pod {
		p := corev1.Pod{}
		p.Name = name
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "c", State: corev1.ContainerState{Waiting: waiting}}}
		return p
	}
	pull := &corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: "not found"}
	assert.Equal(t, []string{"[Pod a and 1 more]: [ErrImagePull] not found"}, podTroubles([]corev1.Pod{
		pod("b", pull), pod("a", pull), pod("c", &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}),
	}))
}

func TestWaitForAnnotation(t *testing.T) {
	live := object(t, `{apiVersion: e/v1, kind: E, status: {phase: Running, conditions: [{type: Ready, status: "False"}]}}`)
	for expression, want := range map[string]bool{
		"condition=Ready":                  false,
		"condition=Ready=false":            true,
		"condition=Other":                  false,
		"jsonpath={.status.phase}":         true,
		"jsonpath={.status.phase}=Running": true,
		"jsonpath={.status.phase}=Pending": false,
		"jsonpath={.status.nothing}":       false,
		`["condition=Ready=False","jsonpath={.status.phase}=Running"]`: true,
		`["condition=Ready","jsonpath={.status.phase}=Running"]`:       false,
	} {
		inputs := object(t, `{kind: E, metadata: {annotations: {}}}`)
		setAnnotation(inputs, annotationWaitFor, expression)
		check, err := readinessFor(inputs)
		require.NoError(t, err)
		assert.Equal(t, want, check(context.Background(), probe{}, live).ready, expression)
	}
	for _, bad := range []string{"Ready", "jsonpath={.x"} {
		_, err := customReadiness([]string{bad})
		assert.Error(t, err, bad)
	}
}

func TestAwaitTimeouts(t *testing.T) {
	inputs := object(t, `{kind: E, metadata: {annotations: {pulumi.com/timeoutSeconds: "90"}}}`)
	assert.Equal(t, 90*time.Second, awaitTimeout(0, inputs))
	assert.Equal(t, 30*time.Second, awaitTimeout(30, inputs), "the resource's own timeout wins")
	assert.Equal(t, 10*time.Minute, awaitTimeout(0, object(t, `{kind: E}`)))
}
