package platform

import (
	"fmt"
	"maps"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
)

// The namespaces that Gantry makes.
const (
	// ModelNamespace holds the models and nothing else.
	ModelNamespace = "models"
	// GPUNamespace holds what makes GPUs usable and has to reach into nodes
	// for it.
	GPUNamespace = "gpu-system"
	// MonitoringNamespace holds Prometheus, Grafana and Alertmanager.
	MonitoringNamespace = "monitoring"
	// GatewayNamespace holds Envoy Gateway, the Gateway and its certificate.
	GatewayNamespace = "gateway"
	// CertificatesNamespace holds cert-manager.
	CertificatesNamespace = "cert-manager"
	// DNSNamespace holds external-dns.
	DNSNamespace = "dns"
	// EventScalingNamespace holds KEDA.
	EventScalingNamespace = "keda"
	// RolloutsNamespace holds Flagger.
	RolloutsNamespace = "flagger"
	// systemNamespace comes with every cluster.
	systemNamespace = "kube-system"
)

// namespaceLevels are the namespaces that Gantry makes for add-ons, each at the
// narrowest level that lets its pods run.
var namespaceLevels = map[string]podSecurity{
	// Mounts directories and devices of the node.
	GPUNamespace: privileged,
	// The node exporter reads the node's /proc and /sys and uses its network.
	MonitoringNamespace:   privileged,
	GatewayNamespace:      restricted,
	CertificatesNamespace: restricted,
	DNSNamespace:          restricted,
	EventScalingNamespace: restricted,
	RolloutsNamespace:     restricted,
}

// namespaceLabels are further labels of the namespaces that need one.
var namespaceLabels = map[string]map[string]string{
	// A new proxy counts as ready once the load balancer of AWS sends it
	// connections, minutes after it is started; without that, an update takes
	// every old one away before. Other clouds take no notice. Source:
	// https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/
	GatewayNamespace: {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"},
}

// podSecurity is the Pod Security level of a namespace, see
// https://kubernetes.io/docs/concepts/security/pod-security-admission/.
type podSecurity string

const (
	restricted podSecurity = "restricted"
	privileged podSecurity = "privileged"
)

// labels enforce the level. Enforcement looks at pods only; warn and audit look
// at Deployments and Jobs too, so that whoever applies one that will never get
// a pod is told at once.
func (level podSecurity) labels() map[string]string {
	labels := map[string]string{}
	for _, mode := range []string{"enforce", "audit", "warn"} {
		labels["pod-security.kubernetes.io/"+mode] = string(level)
	}
	return labels
}

func newNamespace(ctx *pulumi.Context, parent, name string, level podSecurity, opts ...pulumi.ResourceOption) (*corev1.Namespace, error) {
	labels := naming.AppLabels(name, "namespace")
	maps.Copy(labels, level.labels())
	maps.Copy(labels, namespaceLabels[name])
	namespace, err := corev1.NewNamespace(ctx, parent+"-"+name, &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:   pulumi.String(name),
			Labels: pulumi.ToStringMap(labels),
		},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("namespace %s: %w", name, err)
	}
	return namespace, nil
}
