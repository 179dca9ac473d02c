package fleet

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"gantry.dev/gantry/sandbox/emulator/random"
)

// consonants are the characters that GKE makes the ends of instance names of.
const consonants = "0123456789bcdfghjklmnpqrstvwxz"

// Launch starts one more machine at one of some places, the one with the fewest,
// and puts it on the roster. A machine that the cloud has reclaimed is given up
// for it: the group asked for both. Addresses in use are not given out again.
func (g *Group) Launch(places []string, used func(address string) bool) (Machine, error) {
	if len(places) == 0 {
		return Machine{}, fmt.Errorf("node group %s has no place for a machine", g.Name)
	}
	g.Roster = g.cloned()
	if i := slices.IndexFunc(g.Machines, func(m Machine) bool { return m.Reclaimed }); i >= 0 {
		g.Ended = append(g.Ended, g.Machines[i])
		g.Machines = slices.Delete(g.Machines, i, i+1)
	}
	at := g.Place(slices.MinFunc(places, func(x, y string) int { return cmp.Compare(g.In(x), g.In(y)) }))
	taken := func(address string) bool {
		return used(address) || slices.ContainsFunc(append(g.Machines, g.Ended...), func(m Machine) bool { return m.Address == address })
	}
	address, err := freeAddress(at.CIDR, taken)
	if err != nil {
		return Machine{}, fmt.Errorf("node group %s: %w", g.Name, err)
	}
	m := Machine{Address: address, Place: at.Name, Kind: g.Next % len(g.Kinds), Number: g.Next}
	g.Next++
	form := strings.NewReplacer(
		"{address}", strings.ReplaceAll(address, ".", "-"), "{zone}", at.Zone, "{prefix}", at.Prefix,
		"{hex}", random.Hex(16), "{random}", random.Of(consonants, 4),
		"{number}", strconv.Itoa(m.Number), "{number36}", base36(m.Number),
	)
	m.Name = form.Replace(g.NameForm)
	m.ProviderID = strings.ReplaceAll(form.Replace(g.IDForm), "{name}", m.Name)
	g.Machines = append(g.Machines, m)
	return m, nil
}

// End takes a machine off the roster. It tells whether it was there.
func (g *Group) End(name string) bool {
	g.Roster = g.cloned()
	i := slices.IndexFunc(g.Machines, func(m Machine) bool { return m.Name == name })
	if i < 0 {
		return false
	}
	g.Ended = append(g.Ended, g.Machines[i])
	g.Machines = slices.Delete(g.Machines, i, i+1)
	return true
}

func (r Roster) cloned() Roster {
	return Roster{Machines: slices.Clone(r.Machines), Ended: slices.Clone(r.Ended), Next: r.Next}
}

// base36 is the number in the name of an Azure instance: six digits to the base
// of 36.
func base36(n int) string {
	text := strconv.FormatInt(int64(n), 36)
	return strings.Repeat("0", max(0, 6-len(text))) + text
}

// freeAddress is an address of the upper half of a range. Accounts give out the
// lowest free one and learn of the machines of an autoscaler only later.
func freeAddress(cidr string, taken func(string) bool) (string, error) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return "", err
	}
	bits := 32 - prefix.Bits()
	if !prefix.Addr().Is4() || bits < 2 {
		return "", fmt.Errorf("range %s has no room for a machine", cidr)
	}
	base := prefix.Masked().Addr().As4()
	size := uint32(1) << bits
	first := uint32(base[0])<<24 | uint32(base[1])<<16 | uint32(base[2])<<8 | uint32(base[3])
	random := random.Bytes(4)
	start := uint32(random[0])<<24 | uint32(random[1])<<16 | uint32(random[2])<<8 | uint32(random[3])
	half := size / 2
	// The last two addresses are the cloud's.
	for i := range half - 2 {
		n := first + half + (start+i)%(half-2)
		address := netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).String()
		if !taken(address) {
			return address, nil
		}
	}
	return "", fmt.Errorf("range %s has no free address", cidr)
}

// Reclaim marks machines, by name, that the cloud has taken back. It tells
// whether the group had any of them.
func (g *Group) Reclaim(names []string) bool {
	g.Roster = g.cloned()
	found := false
	for i := range g.Machines {
		if slices.Contains(names, g.Machines[i].Name) {
			g.Machines[i].Reclaimed, found = true, true
		}
	}
	return found
}
