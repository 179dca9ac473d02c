package agent

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

const (
	metricsService = "metrics-server"
	// MetricsServerName is the host name that the aggregator expects in the
	// certificate of the metrics API.
	MetricsServerName = metricsService + "." + metav1.NamespaceSystem + ".svc"
)

// metricsRole announces the metrics API, which is served all the time, to the
// API server's aggregator.
type metricsRole struct {
	client  dynamic.Interface
	objects []announcement
}

// announcement is an object that makes the aggregator find the metrics API.
// They are plain maps because the aggregator's own module would bring the
// whole API server into this program.
type announcement struct {
	resource  schema.GroupVersionResource
	namespace string
	name      string
	body      map[string]any
}

var _ role = (*metricsRole)(nil)

func newMetricsRole(client dynamic.Interface, listen string, ca []byte) (*metricsRole, error) {
	host, portText, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("address of the metrics API: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("address of the metrics API: %w", err)
	}
	apiService := metricsVersion.Version + "." + metricsVersion.Group
	return &metricsRole{client: client, objects: []announcement{
		{
			resource:  schema.GroupVersionResource{Version: "v1", Resource: "services"},
			namespace: metav1.NamespaceSystem,
			name:      metricsService,
			// Endpoints on loopback are refused; an external name is not.
			body: map[string]any{
				"apiVersion": "v1",
				"kind":       "Service",
				"metadata":   map[string]any{"name": metricsService, "namespace": metav1.NamespaceSystem},
				"spec":       map[string]any{"type": "ExternalName", "externalName": host},
			},
		},
		{
			resource: schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"},
			name:     apiService,
			body: map[string]any{
				"apiVersion": "apiregistration.k8s.io/v1",
				"kind":       "APIService",
				"metadata":   map[string]any{"name": apiService},
				"spec": map[string]any{
					"group":                metricsVersion.Group,
					"version":              metricsVersion.Version,
					"groupPriorityMinimum": 100,
					"versionPriority":      100,
					"caBundle":             base64.StdEncoding.EncodeToString(ca),
					"service": map[string]any{
						"namespace": metav1.NamespaceSystem, "name": metricsService, "port": port,
					},
				},
			},
		},
	}}, nil
}

func (m *metricsRole) install(ctx context.Context) error {
	force := true
	options := metav1.PatchOptions{FieldManager: "sandbox-agent", Force: &force}
	for _, o := range m.objects {
		patch, err := json.Marshal(o.body)
		if err != nil {
			return err
		}
		if _, err := m.on(o).Patch(ctx, o.name, types.ApplyPatchType, patch, options); err != nil {
			return fmt.Errorf("announcing the metrics API: %w", err)
		}
	}
	return nil
}

func (m *metricsRole) run(ctx context.Context) { <-ctx.Done() }

func (m *metricsRole) uninstall(ctx context.Context) error {
	for _, o := range m.objects {
		if err := m.on(o).Delete(ctx, o.name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("withdrawing the metrics API: %w", err)
		}
	}
	return nil
}

func (m *metricsRole) on(o announcement) dynamic.ResourceInterface {
	resource := m.client.Resource(o.resource)
	if o.namespace == "" {
		return resource
	}
	return resource.Namespace(o.namespace)
}
