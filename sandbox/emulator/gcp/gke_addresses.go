package gcp

import (
	"fmt"
	"net/netip"
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
)

// publicAddress is the first free address of TEST-NET-2, which nobody owns.
func publicAddress(tx *emulator.Tx) (string, error) {
	for host := 1; host < 255; host++ {
		address := fmt.Sprintf("198.51.100.%d", host)
		_, taken := tx.Find(tokenCluster, func(o emulator.Object) bool {
			return o.Outputs.String("privateClusterConfig.publicEndpoint") == address
		})
		if !taken {
			return address, nil
		}
	}
	return "", badRequest("Quota 'IN_USE_ADDRESSES' exceeded. Limit: 254.0 in the emulated account.")
}

// Addresses of a subnetwork that belong to Google: the network and the gateway at
// its beginning, two at its end.
// https://cloud.google.com/vpc/docs/subnets#reserved_ip_addresses_in_every_subnet
const reservedFirst, reservedLast = 2, 2

// freeAddress is the lowest address of a subnetwork that nothing uses and that is
// not in taken.
func freeAddress(tx *emulator.Tx, subnetwork emulator.Object, taken ...string) (string, error) {
	prefix, err := netip.ParsePrefix(subnetwork.Outputs.String("ipCidrRange"))
	if err != nil {
		return "", err
	}
	address, err := firstFree(prefix, append(usedAddresses(tx, subnetwork.ID), taken...))
	if err != nil {
		return "", badRequest("IP_SPACE_EXHAUSTED: IP space of '%s' is exhausted.", subnetwork.ID)
	}
	return address, nil
}

// firstFree is the lowest address of a range that is not in use.
func firstFree(prefix netip.Prefix, used []string) (string, error) {
	address := prefix.Addr()
	for range reservedFirst {
		address = address.Next()
	}
	for i := reservedFirst; i < 1<<(32-prefix.Bits())-reservedLast; i, address = i+1, address.Next() {
		if !slices.Contains(used, address.String()) {
			return address.String(), nil
		}
	}
	return "", badRequest("IP_SPACE_EXHAUSTED: IP space of %s is exhausted.", prefix)
}

// usedAddresses are the addresses in a subnetwork that clusters and their nodes
// have.
func usedAddresses(tx *emulator.Tx, subnetwork string) []string {
	var used []string
	for _, o := range tx.Objects() {
		if subnetworkOf(tx, o) != subnetwork {
			continue
		}
		if o.Token == tokenCluster {
			used = append(used, o.Outputs.String("privateClusterConfig.privateEndpoint"))
		}
		for _, m := range machines(o) {
			used = append(used, m.Address)
		}
	}
	return used
}

// subnetworkOf is the subnetwork that a cluster or a node pool is in.
func subnetworkOf(tx *emulator.Tx, o emulator.Object) string {
	switch o.Token {
	case tokenCluster:
		return o.Outputs.String("subnetwork")
	case tokenNodePool:
		return get(tx, tokenCluster, o.State.String("clusterID")).Outputs.String("subnetwork")
	default:
		return ""
	}
}
