package accelerators

import "slices"

// MIGProfile is a size of slice that an accelerator can be cut into.
type MIGProfile struct {
	// Name in NVIDIA's notation: compute slices and memory, for example
	// 1g.10gb.
	Name string
	// Slices is how many of them one accelerator gives.
	Slices int
}

// migProfiles are those of each accelerator by its memory in MiB, the smallest
// first. Profiles with media extensions or twice the memory are left out: no
// managed cluster offers them. Source: NVIDIA Multi-Instance GPU user guide,
// "Supported MIG Profiles".
var migProfiles = map[string]map[int][]MIGProfile{
	"a100": {
		40960: {{"1g.5gb", 7}, {"2g.10gb", 3}, {"3g.20gb", 2}, {"4g.20gb", 1}, {"7g.40gb", 1}},
		81920: {{"1g.10gb", 7}, {"2g.20gb", 3}, {"3g.40gb", 2}, {"4g.40gb", 1}, {"7g.80gb", 1}},
	},
	"h100":     {81920: {{"1g.10gb", 7}, {"2g.20gb", 3}, {"3g.40gb", 2}, {"4g.40gb", 1}, {"7g.80gb", 1}}},
	"h100-nvl": {96256: {{"1g.12gb", 7}, {"2g.24gb", 3}, {"3g.47gb", 2}, {"4g.47gb", 1}, {"7g.94gb", 1}}},
	"h200":     {144384: {{"1g.18gb", 7}, {"2g.35gb", 3}, {"3g.71gb", 2}, {"4g.71gb", 1}, {"7g.141gb", 1}}},
}

// MIGProfiles lists the sizes of slice of the machine's accelerators, the
// smallest first; none where they cannot be cut.
func MIGProfiles(m Machine) []MIGProfile { return migProfiles[m.GPU][m.GPUMemoryMiB] }

// MIGSlices is how many slices one of the machine's accelerators gives, and
// whether it can be cut so.
func MIGSlices(m Machine, profile string) (int, bool) {
	profiles := MIGProfiles(m)
	i := slices.IndexFunc(profiles, func(p MIGProfile) bool { return p.Name == profile })
	if i < 0 {
		return 0, false
	}
	return profiles[i].Slices, true
}
