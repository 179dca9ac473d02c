package azure

import (
	"net/netip"
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

const (
	overlayMode = "overlay"
	cilium      = "cilium"

	outboundLoadBalancer = "loadBalancer"
	outboundRoutes       = "userDefinedRouting"
	outboundManagedNAT   = "managedNATGateway"
	outboundOwnNAT       = "userAssignedNATGateway"
)

// Networks that AKS chooses.
const (
	defaultServices = "10.0.0.0/16"
	defaultDNS      = "10.0.0.10"
	defaultPodRange = "10.244.0.0/16"
)

// reservedRanges are what neither nodes nor pods nor services may have.
// https://learn.microsoft.com/azure/aks/concepts-network-cni-overview
var reservedRanges = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("172.30.0.0/16"),
	netip.MustParsePrefix("172.31.0.0/16"), netip.MustParsePrefix("192.0.2.0/24"),
}

// networkRules checks what a network profile says by itself.
// https://learn.microsoft.com/azure/aks/concepts-network-cni-overview
func networkRules(in emulator.Properties) error {
	err := rules.All(
		oneOf("networkProfile.networkPlugin", "azure", "kubenet", "none"), oneOf("networkProfile.networkPluginMode", overlayMode),
		oneOf("networkProfile.networkDataplane", "azure", cilium), oneOf("networkProfile.networkPolicy", "none", "calico", "azure", cilium),
		oneOf("networkProfile.outboundType", outboundLoadBalancer, outboundRoutes, outboundManagedNAT, outboundOwnNAT),
		oneOf("networkProfile.loadBalancerSku", "standard", "basic"),
	)(in)
	if err != nil || !in.Known("networkProfile") {
		return err
	}
	if err := pluginRules(in); err != nil {
		return err
	}
	return rangeRules(in)
}

func pluginRules(in emulator.Properties) error {
	const profile = "networkProfile."
	plugin, overlaid := in.String(profile+"networkPlugin"), in.String(profile+"networkPluginMode") == overlayMode
	dataplane, policy := in.String(profile+"networkDataplane"), in.String(profile+"networkPolicy")
	podSubnets := in.Has("agentPoolProfiles[].podSubnetID")
	switch {
	case overlaid && plugin != "azure":
		return invalidParameter(profile+"networkPluginMode", "Network plugin mode overlay needs the network plugin azure, got %q.", plugin)
	case dataplane == cilium && plugin != "azure":
		return invalidParameter(profile+"networkDataplane", "Cilium dataplane needs the network plugin azure, got %q.", plugin)
	case dataplane == cilium && !overlaid && !podSubnets:
		return invalidParameter(profile+"networkDataplane", "Cilium dataplane requires either network plugin mode overlay or a pod subnet.")
	case dataplane == cilium && policy != "" && policy != cilium:
		return refuse("NetworkPolicyNotSupported", "Cilium dataplane requires network policy cilium, got %s.", policy)
	case policy == cilium && dataplane != cilium:
		return refuse("NetworkPolicyNotSupported", "Network policy cilium requires the cilium dataplane.")
	case policy == "azure" && plugin == "kubenet":
		return refuse("NetworkPolicyAzureNotSupportedForKubenet", "Network policy azure is not supported for network plugin kubenet.")
	case plugin == "none" && policy != "" && policy != "none":
		return refuse("NetworkPolicyNotSupportedForNone", "No network policy is allowed for network plugin none.")
	case in.Has(profile+"podCidr") && plugin == "azure" && !overlaid:
		return invalidParameter(profile+"podCidr", "podCidr is not used with the network plugin azure without overlay.")
	case in.String(profile+"outboundType") != "" && in.String(profile+"outboundType") != outboundLoadBalancer && in.String(profile+"loadBalancerSku") == "basic":
		return refuse("UnexpectedLoadBalancerSkuForCurrentOutboundConfiguration", "Load balancer SKU must be standard with this outbound type.")
	}
	return nil
}

// rangeRules checks the ranges of services and pods.
func rangeRules(in emulator.Properties) error {
	const profile = "networkProfile."
	services, err := clusterRange(profile+"serviceCidr", in.String(profile+"serviceCidr"), defaultServices)
	if err != nil {
		return err
	}
	pods, err := clusterRange(profile+"podCidr", in.String(profile+"podCidr"), defaultPodRange)
	if err != nil {
		return err
	}
	if in.Has(profile+"serviceCidr") != in.Has(profile+"dnsServiceIP") {
		return invalidParameter(profile+"dnsServiceIP", "serviceCidr and dnsServiceIP must be given together.")
	}
	if services.Bits() < 12 {
		return invalidParameter(profile+"serviceCidr", "%s is larger than a /12.", services)
	}
	if services.Overlaps(pods) && podsOverlaid(in) {
		return refuseAt("networkProfile.podCIDR", "PodCidrOverlapServiceCidr", "The pod CIDR %s overlaps with the service CIDR %s.", pods, services)
	}
	if dns := in.String(profile + "dnsServiceIP"); dns != "" {
		address, err := netip.ParseAddr(dns)
		switch {
		case err != nil:
			return refuseAt("networkProfile.dnsServiceIP", "IPParseError", "%q is not an IP address.", dns)
		case !services.Contains(address):
			return refuseAt("networkProfile.dnsServiceIP", "DnsServiceIpOutOfServiceCidr",
				"The DNS service IP %s does not belong to the service CIDR %s.", dns, services)
		case address == services.Addr() || address == services.Addr().Next():
			return invalidParameter("networkProfile.dnsServiceIP", "%s is one of the first two addresses of %s; the first is that of the Kubernetes API.", dns, services)
		}
	}
	return nil
}

// podsOverlaid tells whether pods have addresses of their own range.
func podsOverlaid(cluster emulator.Properties) bool {
	return cluster.String("networkProfile.networkPlugin") != "azure" || cluster.String("networkProfile.networkPluginMode") == overlayMode
}

// clusterRange reads a range that only the cluster knows.
func clusterRange(target, text, otherwise string) (netip.Prefix, error) {
	if text == "" {
		text = otherwise
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() || p.Masked() != p {
		return p, refuseAt(target, "CidrStringParseError", "%q is not an IPv4 network such as 10.0.0.0/16.", text)
	}
	for _, reserved := range reservedRanges {
		if reserved.Overlaps(p) {
			return p, invalidParameter(target, "%s overlaps with %s, which AKS reserves.", p, reserved)
		}
	}
	return p, nil
}

// rangeOf reads an address or a range that may reach the API.
func rangeOf(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		address, err := netip.ParseAddr(text)
		return netip.PrefixFrom(address, 32), err
	}
	return netip.ParsePrefix(text)
}

func settleNetwork(out emulator.Properties) {
	const profile = "networkProfile."
	if !out.Has("networkProfile") { // since API version 2023-11-01 of AKS
		out.Set(profile+"networkPluginMode", overlayMode)
	}
	for path, value := range map[string]any{
		"networkPlugin": "azure", "networkDataplane": "azure", "networkPolicy": "none", "outboundType": outboundLoadBalancer,
		"loadBalancerSku": "standard", "serviceCidr": defaultServices, "dnsServiceIP": defaultDNS,
		"ipFamilies": emulator.Strings("IPv4"),
	} {
		setDefault(out, profile+path, value)
	}
	if podsOverlaid(out) {
		setDefault(out, profile+"podCidr", defaultPodRange)
		out.Set(profile+"podCidrs", emulator.Strings(out.String(profile+"podCidr")))
	}
	out.Set(profile+"serviceCidrs", emulator.Strings(out.String(profile+"serviceCidr")))
}

// networkOf is the virtual network of a cluster's nodes; empty where AKS makes it.
func networkOf(cluster emulator.Object) string {
	for _, profile := range cluster.Inputs.Objects("agentPoolProfiles") {
		if subnet := profile.String("vnetSubnetID"); subnet != "" {
			return parentOf(subnet)
		}
	}
	return ""
}

// networkFits refuses ranges that lie over the virtual network, and a network
// that the cluster cannot use.
func networkFits(tx *emulator.Tx, cluster emulator.Object) error {
	out, network := cluster.Outputs, networkOf(cluster)
	outbound := out.String("networkProfile.outboundType")
	if network == "" {
		if outbound == outboundOwnNAT {
			return refuse("UserAssignedNATGatewayWithManagedVNetNotAllowed", "Outbound type %s needs agent pools in a custom virtual network.", outbound)
		}
		return nil
	}
	vnet := get(tx, tokenVirtualNetwork, network)
	if err := sameRegion(out.String("location"), vnet); err != nil {
		return err
	}
	if outbound == outboundManagedNAT {
		return refuse("ManagedNATGatewayWithCustomVNetNotAllowed", "Outbound type %s is not allowed with agent pools in a custom virtual network.", outbound)
	}
	for _, text := range vnet.Inputs.Strings("addressSpace.addressPrefixes") {
		if _, err := clusterRange("agentPoolProfile.vnetSubnetID", text, ""); err != nil {
			return err
		}
	}
	return rangesApart(tx, out, network)
}

func rangesApart(tx *emulator.Tx, out emulator.Properties, network string) error {
	for _, kind := range []struct{ path, what, target, code string }{
		{"networkProfile.serviceCidr", "service", "networkProfile.serviceCIDR", "ServiceCidrOverlapExistingSubnetsCidr"},
		{"networkProfile.podCidr", "pod", "networkProfile.podCIDR", "PodCidrOverlapExistingSubnetsCidr"},
	} {
		own, err := netip.ParsePrefix(out.String(kind.path))
		if err != nil {
			continue
		}
		for _, subnet := range subnetsIn(tx, network) {
			if i := slices.IndexFunc(prefixesOf(subnet.Inputs), own.Overlaps); i >= 0 {
				return refuseAt(kind.target, kind.code, "The specified %s CIDR %s is conflicted with an existing subnet CIDR %s",
					kind.what, own, prefixesOf(subnet.Inputs)[i])
			}
		}
	}
	return nil
}
