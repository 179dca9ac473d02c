package agent

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/klog/v2"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

var metricsVersion = metricsv1beta1.SchemeGroupVersion

// handler serves the part of the resource metrics API that metrics-server
// serves: get and list, of pods and nodes, with label selectors.
// https://github.com/kubernetes/metrics/blob/master/pkg/apis/metrics/v1beta1/types.go
func (f *figures) handler() http.Handler {
	mux := http.NewServeMux()
	group := "GET /apis/" + metricsVersion.Group
	root := group + "/" + metricsVersion.Version
	mux.HandleFunc(group, respond(func(*http.Request) (any, error) { return apiGroup(), nil }))
	mux.HandleFunc(root, respond(func(*http.Request) (any, error) { return apiResources(), nil }))
	mux.HandleFunc(root+"/nodes", respond(f.listNodes))
	mux.HandleFunc(root+"/nodes/{name}", respond(f.getNode))
	mux.HandleFunc(root+"/pods", respond(f.listPods))
	mux.HandleFunc(root+"/namespaces/{namespace}/pods", respond(f.listPods))
	mux.HandleFunc(root+"/namespaces/{namespace}/pods/{name}", respond(f.getPod))
	return mux
}

func respond(answer func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := answer(r)
		code := http.StatusOK
		if err != nil {
			body, code = statusOf(err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		if err := json.NewEncoder(w).Encode(body); err != nil {
			klog.FromContext(r.Context()).V(2).Info("Client went away", "path", r.URL.Path, "err", err)
		}
	}
}

func statusOf(err error) (body any, code int) {
	var known apierrors.APIStatus = apierrors.NewInternalError(err)
	errors.As(err, &known) // an error of the API's own kind says more
	status := known.Status()
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	return status, int(status.Code)
}

func (f *figures) listNodes(r *http.Request) (any, error) {
	selector, err := selectorOf(r)
	if err != nil {
		return nil, err
	}
	nodes, err := f.nodes.List(selector)
	if err != nil {
		return nil, err
	}
	list := &metricsv1beta1.NodeMetricsList{TypeMeta: typeMeta("NodeMetricsList"), Items: []metricsv1beta1.NodeMetrics{}}
	for _, node := range nodes {
		item, err := f.nodeMetrics(node)
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, *item)
	}
	return list, nil
}

func (f *figures) getNode(r *http.Request) (any, error) {
	node, err := f.nodes.Get(r.PathValue("name"))
	if err != nil {
		return nil, notFound(err, "nodes", r.PathValue("name"))
	}
	return f.nodeMetrics(node)
}

func (f *figures) listPods(r *http.Request) (any, error) {
	selector, err := selectorOf(r)
	if err != nil {
		return nil, err
	}
	// An empty namespace stands for all of them.
	pods, err := f.pods.Pods(r.PathValue("namespace")).List(selector)
	if err != nil {
		return nil, err
	}
	list := &metricsv1beta1.PodMetricsList{TypeMeta: typeMeta("PodMetricsList"), Items: []metricsv1beta1.PodMetrics{}}
	for _, pod := range pods {
		if pod.Status.Phase == corev1.PodRunning {
			list.Items = append(list.Items, *f.podMetrics(pod))
		}
	}
	return list, nil
}

func (f *figures) getPod(r *http.Request) (any, error) {
	name := r.PathValue("name")
	pod, err := f.pods.Pods(r.PathValue("namespace")).Get(name)
	if err != nil {
		return nil, notFound(err, "pods", name)
	}
	if pod.Status.Phase != corev1.PodRunning {
		return nil, apierrors.NewNotFound(metricsVersion.WithResource("pods").GroupResource(), name)
	}
	return f.podMetrics(pod), nil
}

func (f *figures) nodeMetrics(node *corev1.Node) (*metricsv1beta1.NodeMetrics, error) {
	used, err := f.node(node.Name)
	if err != nil {
		return nil, err
	}
	return &metricsv1beta1.NodeMetrics{
		TypeMeta:   typeMeta("NodeMetrics"),
		ObjectMeta: f.objectMeta(node.ObjectMeta),
		Timestamp:  metav1.NewTime(f.now()),
		Window:     metav1.Duration{Duration: window},
		Usage:      used.resources(),
	}, nil
}

func (f *figures) podMetrics(pod *corev1.Pod) *metricsv1beta1.PodMetrics {
	item := &metricsv1beta1.PodMetrics{
		TypeMeta:   typeMeta("PodMetrics"),
		ObjectMeta: f.objectMeta(pod.ObjectMeta),
		Timestamp:  metav1.NewTime(f.now()),
		Window:     metav1.Duration{Duration: window},
	}
	for i, used := range f.containers(pod) {
		item.Containers = append(item.Containers, metricsv1beta1.ContainerMetrics{
			Name: pod.Spec.Containers[i].Name, Usage: used.resources(),
		})
	}
	return item
}

func (f *figures) objectMeta(of metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: of.Name, Namespace: of.Namespace, Labels: of.Labels,
		CreationTimestamp: metav1.NewTime(f.now()),
	}
}

func selectorOf(r *http.Request) (labels.Selector, error) {
	selector, err := labels.Parse(r.URL.Query().Get("labelSelector"))
	if err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("labelSelector: %v", err))
	}
	return selector, nil
}

// notFound speaks of the metrics of an object, not of the object.
func notFound(err error, resource, name string) error {
	if apierrors.IsNotFound(err) {
		return apierrors.NewNotFound(metricsVersion.WithResource(resource).GroupResource(), name)
	}
	return err
}

func typeMeta(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{Kind: kind, APIVersion: metricsVersion.String()}
}

func apiGroup() metav1.APIGroup {
	version := metav1.GroupVersionForDiscovery{GroupVersion: metricsVersion.String(), Version: metricsVersion.Version}
	return metav1.APIGroup{
		TypeMeta:         metav1.TypeMeta{Kind: "APIGroup", APIVersion: "v1"},
		Name:             metricsVersion.Group,
		Versions:         []metav1.GroupVersionForDiscovery{version},
		PreferredVersion: version,
	}
}

func apiResources() metav1.APIResourceList {
	verbs := metav1.Verbs{"get", "list"}
	return metav1.APIResourceList{
		TypeMeta:     metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"},
		GroupVersion: metricsVersion.String(),
		APIResources: []metav1.APIResource{
			{Name: "nodes", SingularName: "", Namespaced: false, Kind: "NodeMetrics", Verbs: verbs},
			{Name: "pods", SingularName: "", Namespaced: true, Kind: "PodMetrics", Verbs: verbs},
		},
	}
}

// serverTLS lets in only clients with a certificate of the aggregator's
// authority.
func serverTLS(o Options) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("certificate of the metrics API: %w", err)
	}
	ca, err := os.ReadFile(o.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("authority of the metrics API's client: %w", err)
	}
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("authority of the metrics API's client: no certificate in %s", o.ClientCAFile)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
	}, nil
}
