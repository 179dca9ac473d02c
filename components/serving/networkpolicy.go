package serving

import (
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
)

// labelNamespace is on every namespace, set by the API server itself. Source:
// https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name
const labelNamespace = "kubernetes.io/metadata.name"

// networkPolicy lets in who has business with the model: the gateway where it has
// a route, Prometheus, and pods of the namespaces that it names; and lets out what
// it names, beside questions to DNS. The kubelet's probes come from the node and
// pass. All versions of the model have the same one.
func (s *server) networkPolicy() *networkingv1.NetworkPolicyArgs {
	return &networkingv1.NetworkPolicyArgs{
		Metadata: s.metadata(),
		Spec: &networkingv1.NetworkPolicySpecArgs{
			PodSelector: &metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{naming.LabelModel: pulumi.String(s.model.Name)}},
			PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
			Ingress: networkingv1.NetworkPolicyIngressRuleArray{networkingv1.NetworkPolicyIngressRuleArgs{
				From:  s.clients(),
				Ports: networkingv1.NetworkPolicyPortArray{port("TCP", pulumi.String(portName))},
			}},
			Egress: s.egress(),
		},
	}
}

// clients are the namespaces whose pods may call the model.
func (s *server) clients() networkingv1.NetworkPolicyPeerArray {
	namespaces := []string{s.namespace, monitoringNamespace}
	if s.model.Route != "" && s.gateway != nil {
		namespaces = append(namespaces, s.gateway.Namespace)
	}
	var peers networkingv1.NetworkPolicyPeerArray
	for _, name := range append(namespaces, s.model.Clients...) {
		peers = append(peers, networkingv1.NetworkPolicyPeerArgs{
			NamespaceSelector: &metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{labelNamespace: pulumi.String(name)}},
		})
	}
	return peers
}

// egress is DNS, what the driver of its bucket needs, and the ranges that the model
// names.
func (s *server) egress() networkingv1.NetworkPolicyEgressRuleArray {
	rules := networkingv1.NetworkPolicyEgressRuleArray{networkingv1.NetworkPolicyEgressRuleArgs{
		To: networkingv1.NetworkPolicyPeerArray{networkingv1.NetworkPolicyPeerArgs{
			NamespaceSelector: &metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{labelNamespace: pulumi.String("kube-system")}},
		}},
		Ports: networkingv1.NetworkPolicyPortArray{port("UDP", pulumi.Int(53)), port("TCP", pulumi.Int(53))},
	}}
	rules = append(rules, s.driverEgress()...)
	if len(s.model.Egress) == 0 {
		return rules
	}
	var peers networkingv1.NetworkPolicyPeerArray
	for _, cidr := range s.model.Egress {
		peers = append(peers, networkingv1.NetworkPolicyPeerArgs{IpBlock: &networkingv1.IPBlockArgs{Cidr: pulumi.String(cidr)}})
	}
	return append(rules, networkingv1.NetworkPolicyEgressRuleArgs{To: peers})
}

func port(protocol string, number pulumi.Input) networkingv1.NetworkPolicyPortArgs {
	return networkingv1.NetworkPolicyPortArgs{Protocol: pulumi.String(protocol), Port: number}
}
