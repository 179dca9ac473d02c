package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// internalAnnotations make a load balancer internal, by cloud. Sources: AWS
// Load Balancer Controller, "Service annotations"; GKE, "Create an internal load
// balancer"; AKS, "Use an internal load balancer".
var internalAnnotations = map[string]string{
	"service.beta.kubernetes.io/aws-load-balancer-scheme":     "internal",
	"service.beta.kubernetes.io/aws-load-balancer-internal":   "true",
	"networking.gke.io/load-balancer-type":                    "Internal",
	"service.beta.kubernetes.io/azure-load-balancer-internal": "true",
}

var networkRules = []Rule{
	{
		ID: "network-no-public-load-balancer", Group: Network, Level: Mandatory,
		Says:   "Nothing but the gateway is public.",
		Why:    "Each public load balancer is a way past TLS, limits and logs of the gateway, and a bill of its own.",
		Fix:    "Use a ClusterIP and a route of the gateway, or the cloud's annotation for an internal load balancer.",
		Except: "For a protocol that the gateway does not speak, with loadBalancerSourceRanges.",
		Parameters: []Parameter{
			{Name: "gateways", Default: []string{"*gateway*"}, Says: "Names, or namespaces, of what may be public; a star stands for anything."},
		},
		Types: []string{typeService, typeLoadBalancer}, Judge: noPublicLoadBalancer,
	},
	{
		ID: "network-tls", Group: Network, Level: Mandatory,
		Says:   "What is reached from outside speaks TLS.",
		Why:    "Requests to models carry people's data and tokens, and every hop on the way can read them.",
		Fix:    "Give the gateway an HTTPS listener with a certificate, the Ingress a tls entry; plain HTTP is for the redirect.",
		Except: "For a gateway that is reached from inside the network only.",
		Types:  []string{"kubernetes:gateway.networking.k8s.io/*:Gateway", typeIngress}, Judge: speaksTLS,
	},
	{
		ID: "network-ingress-class", Group: Network, Level: Mandatory,
		Says:   "No Ingress relies on ingress-nginx.",
		Why:    "ingress-nginx is retired: its last release was in March 2026, and nobody mends it any more.",
		Fix:    "Use the Gateway API, or another class.",
		Except: "For the weeks of a migration.",
		Like:   []string{"CKV_K8S_152", "CKV_K8S_153", "CKV_K8S_154", "KCV-0093"},
		Types:  []string{typeIngress, typeRelease}, Judge: ingressClass,
	},
	{
		ID: "network-no-open-ingress", Group: Network, Level: Mandatory,
		Says:   "No firewall lets the whole internet in.",
		Why:    "What listens on a node is meant for the cluster. Load balancers open their own ports by themselves.",
		Fix:    "Name the ranges, or a security group, instead of 0.0.0.0/0.",
		Except: "For a public service on a machine of its own.",
		Like:   []string{"CKV_AWS_24", "CKV_AWS_25", "CKV_AWS_260", "AWS-0107", "CKV_GCP_2", "CKV_GCP_3", "GCP-0027", "CKV_AZURE_9", "CKV_AZURE_10", "AZU-0047"},
		Types:  []string{typeSecurityGroup, typeDefaultGroup, typeSecurityRule, typeIngressRule, typeFirewall, typeSecurityRuleAzure, typeSecurityGroupAzure}, Judge: noOpenIngress,
	},
}

func noPublicLoadBalancer(r Resource, v Values) []string {
	if r.Type == typeLoadBalancer {
		if r.At("internal").NotTrue() && !matchesAny(v.Texts("gateways"), r.Name) {
			return []string{"internal is not true"}
		}
		return nil
	}
	metadata, spec := r.At("metadata"), r.At("spec")
	if metadata.At("name").Unknown() || metadata.At("namespace").Unknown() {
		return nil
	}
	if matchesAny(v.Texts("gateways"), metadata.At("name").Text()) || matchesAny(v.Texts("gateways"), metadata.At("namespace").Text()) {
		return nil
	}
	if spec.At("type").Is("NodePort") {
		return []string{"is a NodePort: it opens a port on every node"}
	}
	if !spec.At("type").Is("LoadBalancer") || metadata.At("annotations").HasUnknown() {
		return nil
	}
	for key, value := range internalAnnotations {
		if metadata.At("annotations", key).Is(value) {
			return nil
		}
	}
	return []string{"is a public load balancer"}
}

func speaksTLS(r Resource, _ Values) []string {
	if r.Type == typeIngress {
		if tls := r.At("spec", "tls"); !tls.Unknown() && len(tls.List()) == 0 {
			return []string{"spec.tls is missing"}
		}
		return nil
	}
	listeners := r.At("spec", "listeners")
	if listeners.HasUnknown() || slices.ContainsFunc(listeners.List(), func(l Value) bool {
		return l.At("protocol").Is("HTTPS") || l.At("protocol").Is("TLS")
	}) {
		return nil
	}
	return []string{"has no listener with HTTPS"}
}

func ingressClass(r Resource, _ Values) []string {
	if r.Type == typeRelease {
		if chart := r.At("chart").Text(); chart == "ingress-nginx" || strings.HasSuffix(chart, "/ingress-nginx") {
			return []string{"installs ingress-nginx"}
		}
		return nil
	}
	class := r.At("spec", "ingressClassName")
	if class.Missing() {
		class = r.At("metadata", "annotations", "kubernetes.io/ingress.class")
	}
	if class.Is("nginx") {
		return []string{"the class is nginx"}
	}
	return nil
}

func noOpenIngress(r Resource, _ Values) []string {
	switch r.Type {
	case typeSecurityGroup, typeDefaultGroup:
		var problems []string
		for _, rule := range r.At("ingress").List() {
			problems = append(problems, open("ingress", append(rule.At("cidrBlocks").Texts(), rule.At("ipv6CidrBlocks").Texts()...))...)
		}
		return problems
	case typeSecurityRule:
		if r.At("type").Is("ingress") {
			return open("cidrBlocks", append(r.At("cidrBlocks").Texts(), r.At("ipv6CidrBlocks").Texts()...))
		}
		return nil
	case typeIngressRule:
		return open("cidrIpv4", []string{r.At("cidrIpv4").Text(), r.At("cidrIpv6").Text()})
	case typeFirewall:
		if direction := r.At("direction"); direction.Unknown() || direction.Is("EGRESS") || r.At("allows").Missing() {
			return nil
		}
		return open("sourceRanges", r.At("sourceRanges").Texts())
	case typeSecurityRuleAzure:
		return openAzure(r.Properties)
	default:
		var problems []string
		for _, rule := range r.At("securityRules").List() {
			problems = append(problems, openAzure(rule)...)
		}
		return problems
	}
}

func openAzure(rule Value) []string {
	if !rule.At("access").Is("Allow") || !rule.At("direction").Is("Inbound") {
		return nil
	}
	return open("sourceAddressPrefix", append(rule.At("sourceAddressPrefixes").Texts(), rule.At("sourceAddressPrefix").Text()))
}

// open tells which of the sources are everywhere.
func open(at string, sources []string) []string {
	var problems []string
	for _, source := range sources {
		prefix, err := netip.ParsePrefix(source)
		if err == nil && prefix.Bits() == 0 || source == "*" || source == "Internet" || source == "Any" {
			problems = append(problems, fmt.Sprintf("%s has %s", at, source))
		}
	}
	return problems
}
