package accelerators

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// requirement is one part of a need.
type requirement struct {
	// met tells whether a machine satisfies it.
	met func(Machine) bool
	// unmet explains, given the machines that satisfy every earlier
	// requirement and not this one.
	unmet func([]Machine) error
}

func (r requirement) filter(machines []Machine) []Machine { return keep(machines, r.met) }

// requirements splits a need into its parts, from the one that a person is
// least likely to give up to the one most easily changed, so that the first
// that cannot be met is the one worth talking about.
func (n Need) requirements() []requirement {
	var parts []requirement
	subject := "machine type"
	if n.Cloud != "" {
		parts = append(parts, n.cloud())
		subject = n.Cloud + " " + subject
	}
	parts = append(parts, n.model(subject))
	if n.GPU == "" {
		subject += " without gpu"
	} else {
		subject += " with gpu " + n.GPU
	}
	if n.GPUs > 0 {
		parts = append(parts, exactly(subject, "gpuCount", n.GPUs, func(m Machine) int { return m.GPUs }))
		subject += fmt.Sprintf(", gpuCount %d", n.GPUs)
	}
	if n.Arch != "" {
		parts = append(parts, exactly(subject, "arch", n.Arch, func(m Machine) string { return m.Arch }))
		subject += ", arch " + n.Arch
	}
	return append(parts,
		atLeast(subject, "gpuMemory", quantity, n.GPUMemoryMiB, func(m Machine) int { return m.GPUMemoryMiB }),
		atLeast(subject, "cpu", plain, n.VCPU, func(m Machine) int { return m.VCPU }),
		atLeast(subject, "memory", quantity, n.MemoryMiB, func(m Machine) int { return m.MemoryMiB }),
	)
}

func (n Need) cloud() requirement {
	return requirement{
		met: func(m Machine) bool { return m.Cloud == n.Cloud },
		unmet: func([]Machine) error {
			return fmt.Errorf("no machine type of cloud %q is known: use %s", n.Cloud, anyOf(Clouds()))
		},
	}
}

func (n Need) model(subject string) requirement {
	has := func(m Machine) bool { return m.GPU == n.GPU }
	return requirement{
		met: has,
		unmet: func(left []Machine) error {
			where := ""
			if sellers := distinct(keep(load().machines, has), cloudOf); len(sellers) > 0 {
				where = " (" + strings.Join(sellers, " and ") + " only)"
			}
			withGPU := keep(left, func(m Machine) bool { return m.GPU != "" })
			return fmt.Errorf("no %s with gpu %q is known%s: use %s",
				subject, n.GPU, where, anyOf(distinct(withGPU, gpuOf)))
		},
	}
}

// exactly requires a property to have one value.
func exactly[V cmp.Ordered](subject, key string, want V, property func(Machine) V) requirement {
	return requirement{
		met: func(m Machine) bool { return property(m) == want },
		unmet: func(left []Machine) error {
			return fmt.Errorf("no %s has %s %v: use %s", subject, key, want, anyOf(distinct(left, property)))
		},
	}
}

// atLeast requires a property not to be below a value; zero requires nothing.
func atLeast(subject, key string, format func(int) string, least int, property func(Machine) int) requirement {
	return requirement{
		met: func(m Machine) bool { return property(m) >= least },
		unmet: func(left []Machine) error {
			most := slices.Max(distinct(left, property))
			return fmt.Errorf("no %s has %s %s: the most is %s", subject, key, format(least), format(most))
		},
	}
}

func cloudOf(m Machine) string { return m.Cloud }

func gpuOf(m Machine) string { return m.GPU }

func plain(n int) string { return fmt.Sprint(n) }

// quantity writes mebibytes as Kubernetes does, in Gi where that is exact.
func quantity(mib int) string {
	if mib%1024 == 0 {
		return fmt.Sprintf("%dGi", mib/1024)
	}
	return fmt.Sprintf("%dMi", mib)
}

// anyOf writes values as a choice: "a, b or c".
func anyOf[V any](values []V) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
