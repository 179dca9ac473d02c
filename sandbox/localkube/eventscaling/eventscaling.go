// Package eventscaling plays KEDA's operator in a local cluster, where no container
// runs: of each ScaledObject it makes the autoscaler that KEDA would make. CPU,
// memory and times of day are real there. Nothing in a local cluster measures
// Prometheus queries and queues, so that such triggers ask for nothing.
package eventscaling

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
)

// Resource is that of ScaledObjects. Source: kedacore/keda,
// config/crd/bases/keda.sh_scaledobjects.yaml.
var Resource = schema.GroupVersionResource{Group: "keda.sh", Version: "v1alpha1", Resource: "scaledobjects"}

const (
	// every is how often ScaledObjects are looked at. KEDA's own period is 30 s;
	// nobody wants to wait for it here.
	every = 2 * time.Second
	// manager owns the fields of the autoscalers.
	manager = "keda"
)

// Operator makes autoscalers of ScaledObjects.
type Operator struct {
	client  kubernetes.Interface
	objects dynamic.Interface
	now     func() time.Time
}

// New returns the operator of a cluster.
func New(client kubernetes.Interface, objects dynamic.Interface) *Operator {
	return &Operator{client: client, objects: objects, now: time.Now}
}

// Run works until ctx ends. A cluster without KEDA's definitions has nothing to
// do.
func (o *Operator) Run(ctx context.Context) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if err := o.once(ctx); err != nil && ctx.Err() == nil {
			utilruntime.HandleError(fmt.Errorf("scaled objects: %w", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// once brings every autoscaler up to date. Those of ScaledObjects that are gone
// go by their owner reference.
func (o *Operator) once(ctx context.Context) error {
	list, err := o.objects.Resource(Resource).List(ctx, metav1.ListOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for i := range list.Items {
		if err := o.reconcile(ctx, &list.Items[i]); err != nil {
			return fmt.Errorf("%s/%s: %w", list.Items[i].GetNamespace(), list.Items[i].GetName(), err)
		}
	}
	return nil
}

func (o *Operator) reconcile(ctx context.Context, raw *unstructured.Unstructured) error {
	var scaled scaledObject
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw.Object, &scaled); err != nil {
		return err
	}
	if !raw.GetDeletionTimestamp().IsZero() {
		return nil
	}
	wanted, err := scaled.autoscaler(o.now())
	if err != nil {
		return err
	}
	wanted.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: raw.GetAPIVersion(), Kind: raw.GetKind(), Name: raw.GetName(), UID: raw.GetUID(), Controller: new(true),
	}}
	patch, err := json.Marshal(wanted)
	if err != nil {
		return err
	}
	_, err = o.client.AutoscalingV2().HorizontalPodAutoscalers(wanted.Namespace).Patch(ctx, wanted.Name, types.ApplyPatchType, patch,
		metav1.PatchOptions{FieldManager: manager, Force: new(true)})
	if err != nil {
		return err
	}
	return o.markReady(ctx, raw, wanted.Name)
}

// markReady tells in the status what KEDA tells, once.
func (o *Operator) markReady(ctx context.Context, raw *unstructured.Unstructured, autoscaler string) error {
	if known, _, _ := unstructured.NestedString(raw.Object, "status", "hpaName"); known == autoscaler {
		return nil
	}
	status := map[string]any{"status": map[string]any{
		"hpaName": autoscaler,
		"conditions": []any{map[string]any{
			"type": "Ready", "status": "True", "reason": "ScaledObjectReady",
			"message": "ScaledObject is defined correctly and is ready for scaling",
		}},
	}}
	patch, err := json.Marshal(status)
	if err != nil {
		return err
	}
	_, err = o.objects.Resource(Resource).Namespace(raw.GetNamespace()).Patch(ctx, raw.GetName(), types.MergePatchType, patch,
		metav1.PatchOptions{FieldManager: manager}, "status")
	return err
}

// scaledObject is what of a ScaledObject makes the autoscaler.
type scaledObject struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ScaleTargetRef struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Name       string `json:"name"`
		} `json:"scaleTargetRef"`
		MinReplicaCount *int32 `json:"minReplicaCount"`
		MaxReplicaCount *int32 `json:"maxReplicaCount"`
		Advanced        struct {
			HorizontalPodAutoscalerConfig struct {
				Name     string                                         `json:"name"`
				Behavior *autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior"`
			} `json:"horizontalPodAutoscalerConfig"`
		} `json:"advanced"`
		Triggers []trigger `json:"triggers"`
	} `json:"spec"`
}

// trigger is one signal.
type trigger struct {
	Type       string            `json:"type"`
	MetricType string            `json:"metricType"`
	Metadata   map[string]string `json:"metadata"`
}

// What KEDA takes where a ScaledObject says nothing.
const (
	defaultMax    = 100
	defaultPrefix = "keda-hpa-"
)

// autoscaler is what KEDA makes of the object at a time.
func (s scaledObject) autoscaler(now time.Time) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	least, greatest := int32(1), int32(defaultMax)
	if s.Spec.MinReplicaCount != nil && *s.Spec.MinReplicaCount > 0 {
		least = *s.Spec.MinReplicaCount
	}
	if s.Spec.MaxReplicaCount != nil {
		greatest = *s.Spec.MaxReplicaCount
	}
	var metrics []autoscalingv2.MetricSpec
	for _, t := range s.Spec.Triggers {
		switch t.Type {
		case "cpu", "memory":
			metric, err := t.resource()
			if err != nil {
				return nil, err
			}
			metrics = append(metrics, metric)
		case "cron":
			wanted, err := t.scheduled(now)
			if err != nil {
				return nil, err
			}
			least = max(least, min(wanted, greatest))
		}
	}
	config := s.Spec.Advanced.HorizontalPodAutoscalerConfig
	name := config.Name
	if name == "" {
		name = defaultPrefix + s.Name
	}
	return &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.Namespace, Labels: map[string]string{"scaledobject.keda.sh/name": s.Name}},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{
				APIVersion: orElse(s.Spec.ScaleTargetRef.APIVersion, "apps/v1"),
				Kind:       orElse(s.Spec.ScaleTargetRef.Kind, "Deployment"),
				Name:       s.Spec.ScaleTargetRef.Name,
			},
			MinReplicas: &least, MaxReplicas: greatest, Metrics: metrics, Behavior: config.Behavior,
		},
	}, nil
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// resource is a trigger on the CPU or memory of the pods, or of one container.
func (t trigger) resource() (autoscalingv2.MetricSpec, error) {
	var percent int32
	if _, err := fmt.Sscan(t.Metadata["value"], &percent); err != nil || t.MetricType != string(autoscalingv2.UtilizationMetricType) {
		return autoscalingv2.MetricSpec{}, fmt.Errorf("trigger %s: %s %q is not a utilization in percent", t.Type, t.MetricType, t.Metadata["value"])
	}
	target := autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent}
	if container := t.Metadata["containerName"]; container != "" {
		return autoscalingv2.MetricSpec{
			Type:              autoscalingv2.ContainerResourceMetricSourceType,
			ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: corev1.ResourceName(t.Type), Container: container, Target: target},
		}, nil
	}
	return autoscalingv2.MetricSpec{
		Type:     autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceName(t.Type), Target: target},
	}, nil
}

// scheduled is the number of replicas that a trigger on times of day asks for: 0
// outside its window, which is open when its end comes before its next start.
func (t trigger) scheduled(now time.Time) (int32, error) {
	zone, err := time.LoadLocation(t.Metadata["timezone"])
	if err != nil {
		return 0, fmt.Errorf("trigger cron: %w", err)
	}
	start, err := cron.ParseStandard(t.Metadata["start"])
	if err != nil {
		return 0, fmt.Errorf("trigger cron: start: %w", err)
	}
	end, err := cron.ParseStandard(t.Metadata["end"])
	if err != nil {
		return 0, fmt.Errorf("trigger cron: end: %w", err)
	}
	if now = now.In(zone); !end.Next(now).Before(start.Next(now)) {
		return 0, nil
	}
	var replicas int32
	if _, err := fmt.Sscan(t.Metadata["desiredReplicas"], &replicas); err != nil {
		return 0, fmt.Errorf("trigger cron: desiredReplicas %q: %w", t.Metadata["desiredReplicas"], err)
	}
	return replicas, nil
}
