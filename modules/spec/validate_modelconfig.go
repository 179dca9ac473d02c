package spec

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
)

// maxConfig is what a ConfigMap may hold, less what its names take. Source:
// https://kubernetes.io/docs/concepts/configuration/configmap/#motivation
const maxConfig = 1000 << 10

// checkModelConfig checks what a server reads and whom it talks to.
func checkModelConfig(r *report, p Platform, at string, m Model) {
	size := 0
	for _, name := range slices.Sorted(maps.Keys(m.Config)) {
		size += len(m.Config[name])
		if faults := validation.IsConfigMapKey(name); len(faults) > 0 {
			r.add(join(at+".config", name), name, "is not the name of a file", "use letters, digits, '-', '_' and '.'")
		}
	}
	if size > maxConfig {
		r.add(at+".config", fmt.Sprintf("%d bytes", size), "are more than a ConfigMap holds, 1000 KiB", "put great files where model files are: storage")
	}
	for _, variable := range slices.Sorted(maps.Keys(m.Secrets.Env)) {
		where := join(at+".secrets.env", variable)
		if faults := validation.IsEnvVarName(variable); len(faults) > 0 {
			r.add(where, variable, "is not the name of an environment variable", "use letters, digits and '_', beginning with a letter or '_'")
		}
		if _, twice := m.Env[variable]; twice {
			r.add(where, variable, "is in env as well", "keep it here, and take it out of env if it is secret")
		}
		checkSecretName(r, p, where, m.Secrets.Env[variable])
	}
	for i, name := range m.Clients {
		if len(validation.IsDNS1123Label(name)) > 0 {
			r.add(fmt.Sprintf("%s.clients[%d]", at, i), name, "is not the name of a namespace", "use lower-case letters, digits and '-'")
		}
	}
	for i, text := range m.Egress {
		where := fmt.Sprintf("%s.egress[%d]", at, i)
		prefix, err := netip.ParsePrefix(text)
		switch {
		case err != nil:
			r.add(where, text, "is not an address range", "write it as 10.20.0.0/16; one address ends in /32")
		case prefix.Masked() != prefix:
			r.add(where, text, "has bits set behind its length", "write it as "+prefix.Masked().String())
		}
	}
}
