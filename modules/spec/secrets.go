package spec

import (
	"fmt"
	"maps"
	"slices"
)

// Secret is a value that nobody but its user may read. Printing it shows that
// it is one.
type Secret string

// String hides the value, also from %v, %q and %+v of everything around it.
func (Secret) String() string { return "[secret]" }

// GoString hides the value from %#v.
func (Secret) GoString() string { return "[secret]" }

// Reveal is the value itself, for the one place that hands it on.
func (s Secret) Reveal() string { return string(s) }

// secretsKey is the only key whose values may and must be encrypted.
const secretsKey = "secrets"

// secretValues reads gantry:secrets apart from all other keys, so that no
// message ever shows what stands there.
func (d *decoder) secretValues(raw any, encrypted bool) {
	at := pathOf(root).child(secretsKey)
	values, ok := raw.(map[string]any)
	if !ok {
		d.blame(at)
		d.missing(at.written, "is not a map of names to secrets", "set each with: pulumi config set --secret --path gantry:secrets.<name>")
		return
	}
	if len(values) > 0 && !encrypted {
		d.missing(at.written, "holds values in the clear", "set each with: pulumi config set --secret --path gantry:secrets.<name>, and change those that were committed")
	}
	d.platform.Secrets = map[string]Secret{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text, ok := values[name].(string)
		if !ok || text == "" {
			d.missing(at.child(name).written, "is not a text, or is empty", "set it with: pulumi config set --secret --path gantry:secrets."+name)
			continue
		}
		d.platform.Secrets[name] = Secret(text)
	}
}

// checkSecretName reports a reference to a secret that gantry:secrets does not
// have.
func checkSecretName(r *report, p Platform, at, name string) {
	if _, ok := p.Secrets[name]; name == "" || ok {
		return
	}
	fix := "set it with: pulumi config set --secret --path gantry:secrets." + name
	if len(p.Secrets) > 0 {
		fix += ", or " + choose(name, slices.Sorted(maps.Keys(p.Secrets)))
	}
	r.add(at, name, "is not the name of a secret in gantry:secrets", fix)
}

// secretNames are the names of secrets that a platform uses, by the paths of the
// keys that name them.
func secretNames(p Platform) map[string]string {
	const alerts = "gantry:addons.monitoring.alerts"
	names := map[string]string{
		alerts + ".pagerDuty": p.Addons.Monitoring.Alerts.PagerDuty,
		alerts + ".slack":     p.Addons.Monitoring.Alerts.Slack,
		alerts + ".webhook":   p.Addons.Monitoring.Alerts.Webhook,
		alerts + ".heartbeat": p.Addons.Monitoring.Alerts.Heartbeat,
	}
	for release, chart := range p.Addons.Charts {
		for at, name := range chart.Secrets {
			names[join(join("gantry:addons.charts", release)+".secrets", at)] = name
		}
	}
	for name, model := range p.Models {
		at := join("gantry:models", name)
		for variable, secret := range model.Secrets.Env {
			names[join(at+".secrets.env", variable)] = secret
		}
		for i, secret := range model.Traffic.APIKeys {
			names[fmt.Sprintf("%s.traffic.apiKeys[%d]", at, i)] = secret
		}
	}
	return names
}

// warnSecrets tells of secrets that are read and used by nothing: mostly the
// other half of a misspelt name.
func warnSecrets(r *report, p Platform) {
	used := map[string]bool{}
	for _, name := range secretNames(p) {
		used[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(p.Secrets)) {
		if !used[name] {
			r.missing(join("gantry:secrets", name), "is used by nothing", "name it where it is needed, or remove it: pulumi config rm --path gantry:secrets."+name)
		}
	}
}
