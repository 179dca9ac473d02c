package spec

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func chartCases() []malformed {
	chart := func(name, chart string, want ...problem) malformed {
		return malformed{"charts: " + name, "addons: {charts: {tracking: {" + chart + "}}}", nil, want}
	}
	called := func(name, release, chart string, want ...problem) malformed {
		return malformed{"charts: " + name, "addons: {charts: {" + release + ": {chart: ./a" + chart + "}}}", nil, want}
	}
	mirror := func(name, mirror string, want ...problem) malformed {
		return malformed{"charts: mirror, " + name, "charts: {mirror: " + mirror + "}", nil, want}
	}
	const (
		at   = "gantry:addons.charts.tracking"
		repo = "chart: mlflow, repository: 'https://charts.example.com', "
	)
	return []malformed{
		chart("nothing named", "version: 1.2.3", problem{at + ".chart", "", `add it, for example chart: "kueue"`}),
		chart("unknown key", repo+"version: 1.2.3, value: {a: b}", problem{at + ".value", `{"a":"b"}`, "did you mean values? Known keys: chart, repository, version, namespace, podSecurity, values, secrets"}),
		chart("no version of a repository's chart", repo, problem{at + ".version", "", `pin one, for example version: "1.2.3"`}),
		chart("no version of a registry's chart", "chart: 'oci://registry.example.com/charts/mlflow'", problem{at + ".version", "", `pin one, for example version: "1.2.3"`}),
		chart("latest", repo+"version: latest", problem{at + ".version", "latest", "pin one such as 1.2.3"}),
		chart("a range", repo+"version: ^1.2.3", problem{at + ".version", "^1.2.3", "pin one such as 1.2.3"}),
		chart("a range in words", repo+"version: '>=1.2.3 <2.0.0'", problem{at + ".version", `">=1.2.3 <2.0.0"`, "pin one such as 1.2.3"}),
		chart("a wildcard", repo+"version: 1.2.x", problem{at + ".version", "1.2.x", "pin one such as 1.2.3"}),
		chart("half a version", repo+"version: v1.2", problem{at + ".version", "v1.2", "pin one such as 1.2.3"}),
		chart("a version that YAML read as a number", repo+"version: 1.2", problem{at + ".version", "1.2", `put it in quotes, for example version: "0.19.2"`}),
		chart("a range for a path", "chart: ./charts/mlflow, version: ~1.2.3", problem{at + ".version", "~1.2.3", "pin one such as 1.2.3"}),
		chart("no repository", "chart: mlflow, version: 1.2.3", problem{at + ".chart", "mlflow", "add repository, or write ./mlflow for a folder"}),
		chart("a file by its address", "chart: 'https://charts.example.com/mlflow-1.2.3.tgz', version: 1.2.3",
			problem{at + ".chart", "https://charts.example.com/mlflow-1.2.3.tgz", "write the chart's name and its repository, an oci:// reference, or a path"}),
		chart("a path in a repository", "chart: stable/mlflow, repository: 'https://charts.example.com', version: 1.2.3",
			problem{at + ".chart", "stable/mlflow", "write the name only, or remove repository"}),
		chart("a repository without TLS", "chart: mlflow, repository: 'http://charts.example.com', version: 1.2.3",
			problem{at + ".repository", "http://charts.example.com", "use https://; http:// is for this machine only"}),
		chart("a repository by its short name", "chart: mlflow, repository: community, version: 1.2.3",
			problem{at + ".repository", "community", "write it as https://charts.example.com"}),
		chart("a repository in a bucket", "chart: mlflow, repository: 's3://charts', version: 1.2.3",
			problem{at + ".repository", "s3://charts", "write it as https://charts.example.com"}),
		chart("a registry as repository", "chart: mlflow, repository: 'oci://registry.example.com/charts/', version: 1.2.3",
			problem{at + ".repository", "oci://registry.example.com/charts/", "remove it, and write chart: oci://registry.example.com/charts/mlflow"}),
		chart("a registry and a repository", "chart: 'oci://registry.example.com/charts/mlflow', repository: 'https://charts.example.com', version: 1.2.3",
			problem{at + ".repository", "https://charts.example.com", "remove it"}),
		chart("a registry without a chart", "chart: 'oci://registry.example.com', version: 1.2.3",
			problem{at + ".chart", "oci://registry.example.com", "write it as oci://registry.example.com/charts/name"}),
		chart("a tag in the reference", "chart: 'oci://registry.example.com/charts/mlflow:1.2.3', version: 1.2.3",
			problem{at + ".chart", "oci://registry.example.com/charts/mlflow:1.2.3", "write it as version"}),
		chart("credentials in the address", "chart: mlflow, repository: 'https://me:hunter2@charts.example.com/x', version: 1.2.3",
			problem{at + ".repository", "https://charts.example.com/x", "remove them, and log in with: helm registry login, or helm repo add --username"}),
		chart("values as a list", repo+"version: 1.2.3, values: [a]", problem{at + ".values", `["a"]`, "write a map, one key: value on a line"}),
		chart("values as text", repo+"version: 1.2.3, values: 'a: b'", problem{at + ".values", `"a: b"`, "write a map, one key: value on a line"}),
		chart("unknown level", repo+"version: 1.2.3, podSecurity: none", problem{at + ".podSecurity", "none", "use restricted, baseline or privileged"}),
		chart("a secret that is none", repo+"version: 1.2.3, secrets: {auth.password: trackingPassword}",
			problem{at + `.secrets["auth.password"]`, "trackingPassword", "set it with: pulumi config set --secret --path gantry:secrets.trackingPassword"}),
		chart("a namespace in capitals", "chart: ./mlflow, namespace: Tracking", problem{at + ".namespace", "Tracking", "rename it"}),
		chart("among the models", "chart: ./mlflow, namespace: models", problem{at + ".namespace", "models", "choose another"}),
		chart("in a namespace that every cluster has", "chart: ./mlflow, namespace: default", problem{at + ".namespace", "default", "choose another"}),
		chart("in the namespace of an add-on", "chart: ./mlflow, namespace: monitoring",
			problem{at + ".namespace", "monitoring", "rename it, or switch off gantry:addons.monitoring"}),
		called("release in capitals", "Tracking", "", problem{"gantry:addons.charts.Tracking", "Tracking", "rename it"}),
		called("release too long for Helm", letters(54), "", problem{"gantry:addons.charts." + letters(54), letters(54), "shorten it"}),
		called("release of Gantry's own", "keda", "", problem{"gantry:addons.charts.keda", "keda", "rename it, or switch off gantry:addons.eventScaling"}),
		called("release of Gantry's own in another namespace", "gpu-operator", ", namespace: gpus",
			problem{"gantry:addons.charts.gpu-operator", "gpu-operator", "rename it, or switch off gantry:addons.gpuOperator"}),
		{"charts: one namespace at two levels", "addons: {charts: {a: {chart: ./a, namespace: ml}, b: {chart: ./b, namespace: ml, podSecurity: baseline}}}", nil, []problem{
			{"gantry:addons.charts.b.podSecurity", "baseline", "use restricted, or a namespace of its own"}}},
		{"charts: no value", "addons: {charts: {a: null}}", nil, []problem{
			{"gantry:addons.charts.a", "", "write {} to change nothing, {enabled: false} to leave it out, or remove the key"}}},
		{"charts: as text", "addons: {charts: kueue}", nil, []problem{
			{"gantry:addons.charts", "kueue", "write a map, one key: value on a line"}}},
		mirror("without TLS", "http://charts.example.com", problem{"gantry:charts.mirror", "http://charts.example.com", "use https://; http:// is for this machine only"}),
		mirror("of another kind", "s3://charts", problem{"gantry:charts.mirror", "s3://charts", "write an oci:// or https:// address, or the path of a folder"}),
		mirror("folder as URL", "file:///srv/charts", problem{"gantry:charts.mirror", "file:///srv/charts", "write /srv/charts"}),
		mirror("no host", "'oci://'", problem{"gantry:charts.mirror", "oci://", "write it as oci://registry.example.com/charts"}),
		mirror("one chart", "charts/keda-2.20.2.tgz", problem{"gantry:charts.mirror", "charts/keda-2.20.2.tgz", "name the folder that it lies in"}),
		mirror("with credentials", "'oci://me:hunter2@registry.example.com/charts'",
			problem{"gantry:charts.mirror", "oci://registry.example.com/charts", "remove them, and log in with: helm registry login, or helm repo add --username"}),
		{"charts: clear secrets", "secrets: {slackURL: hunter2}", nil, []problem{
			{"gantry:secrets", "", "set each with: pulumi config set --secret --path gantry:secrets.<name>, and change those that were committed"}}},
		{"charts: clear secrets under a misspelt key", "secret: {slackURL: hunter2}", nil, []problem{
			{"gantry:secret", "", "did you mean secrets? Known keys: " + strings.Join(topKeys(), ", ")}}},
	}
}

// topKeys are the keys below gantry:.
func topKeys() []string { return keys(reflect.TypeFor[Platform]()) }

// withSecrets is a configuration with encrypted secrets of its own.
func withSecrets(t *testing.T, config, secrets string) Raw {
	t.Helper()
	raw := configured(t, config)
	maps.Copy(raw.Config, stackConfig(t, "secrets: "+secrets))
	raw.Secrets = []string{"secrets"}
	return raw
}

func TestLoad_SoundCharts(t *testing.T) {
	for name, config := range map[string]string{
		"a repository":            "addons: {charts: {a: {chart: a, repository: 'https://charts.example.com', version: v1.2.3-rc.1}}}",
		"a registry":              "addons: {charts: {a: {chart: 'oci://registry.example.com:5000/charts/a', version: 1.2.3+build}}}",
		"this machine":            "addons: {charts: {a: {chart: a, repository: 'http://localhost:8080', version: 1.2.3}}}\ncharts: {mirror: 'http://127.0.0.1:8080'}",
		"a folder":                "addons: {charts: {a: {chart: ../a}}}\ncharts: {mirror: mirror/charts}",
		"a packed chart":          "addons: {charts: {a: {chart: a.tgz, version: 1.2.3}}}\ncharts: {mirror: /srv/charts}",
		"kube-system":             "addons: {charts: {csi-driver: {chart: ./a, namespace: kube-system}}}",
		"one level, one space":    "addons: {charts: {a: {chart: ./a, namespace: ml}, b: {chart: ./b, namespace: ml}}}",
		"in place of Gantry's":    "addons: {eventScaling: {enabled: false}, charts: {keda: {chart: ./keda}}}",
		"in an existing cluster":  "cloud: existing\nexisting: {context: a}\npools: [{name: a, role: inference, labels: {a: b}}]\naddons: {charts: {keda: {chart: ./keda}}}",
		"a mirror in a registry":  "charts: {mirror: 'oci://registry.example.com/charts/'}",
		"a mirror over HTTPS":     "charts: {mirror: 'https://charts.example.com'}",
		"no key of the same name": "addons: {charts: {a: {chart: ./a, values: {monitoring: {enabled: true}, models: 2}}}}",
	} {
		t.Run(name, func(t *testing.T) {
			platform, _, err := Load(configured(t, config))
			require.NoError(t, err)
			for name, chart := range platform.Addons.Charts {
				assert.NotEmpty(t, chart.Namespace, name)
				assert.NotEmpty(t, chart.PodSecurity, name)
			}
		})
	}
}

func TestLoad_SecretsOfCharts(t *testing.T) {
	const chart = "addons: {charts: {a: {chart: ./a, "
	const at = "gantry:addons.charts.a.secrets"
	for name, test := range map[string]struct {
		config string
		want   []problem
	}{
		"beside plain values":    {chart + "values: {auth: {user: ml, password: }}, secrets: {auth.token.value: key, other: key}}}}", nil},
		"misspelt":               {chart + "secrets: {auth.password: kee}}}}", []problem{{at + `["auth.password"]`, "kee", "set it with: pulumi config set --secret --path gantry:secrets.kee, or did you mean key? Known: key"}}},
		"unnamed":                {chart + "secrets: {password: ''}}}}", []problem{{at + ".password", "", "write the name of one in gantry:secrets"}}},
		"at a plain value":       {chart + "values: {auth: {password: hunter2}}, secrets: {auth.password: key}}}}", []problem{{at + `["auth.password"]`, "auth.password", "remove it from values; if a secret was committed there, change it"}}},
		"at a map":               {chart + "values: {auth: {password: {a: b}}}, secrets: {auth: key}}}}", []problem{{at + ".auth", "auth", "remove it from values; if a secret was committed there, change it"}}},
		"below a plain value":    {chart + "values: {auth: {password: hunter2}}, secrets: {auth.password.value: key}}}}", []problem{{at + `["auth.password.value"]`, "auth.password.value", "change the path, or the values"}}},
		"within another":         {chart + "secrets: {auth: key, auth.password: key}}}}", []problem{{at + `["auth.password"]`, "auth.password", "remove one of the two"}}},
		"at no path":             {chart + "secrets: {auth..password: key}}}}", []problem{{at + `["auth..password"]`, "auth..password", "write its keys with dots between them, for example auth.password; items of lists cannot be set"}}},
		"in a list":              {chart + "secrets: {'env[0].value': key}}}}", []problem{{at + `["env[0].value"]`, "env[0].value", "write its keys with dots between them, for example auth.password; items of lists cannot be set"}}},
		"where a name is a head": {chart + "secrets: {auth: key, authority.password: key}}}}", nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Load(withSecrets(t, test.config, "{key: hunter2}"))
			assert.Equal(t, test.want, problemsOf(t, err))
			if err != nil {
				assert.NotContains(t, err.Error(), "hunter2")
			}
		})
	}
}

func problemsOf(t *testing.T, err error) []problem {
	t.Helper()
	if err == nil {
		return nil
	}
	var problems Problems
	require.ErrorAs(t, err, &problems)
	return read(problems)
}

// read is what tests compare of problems.
func read(problems Problems) []problem {
	var got []problem
	for _, p := range problems {
		got = append(got, problem{p.Path, p.Value, p.Fix})
	}
	return got
}

// Whatever else is wrong, and whatever is wrong with the secrets themselves.
func TestLoad_NoProblemShowsASecret(t *testing.T) {
	const value = "hunter2"
	shapes := []string{
		"{a: hunter2}", "{a: {b: hunter2}}", "{a: [hunter2]}", "[hunter2]", "hunter2", "{hunter2x: hunter2}", "{a: hunter2, b: 5}", "{a: ''}",
	}
	for _, test := range allCases() {
		raw := withSecrets(t, test.config, shapes[0])
		if strings.Contains(test.config, value) {
			continue // in the clear, which has cases of its own
		}
		_, _, err := Load(raw)
		if err != nil {
			assert.NotContains(t, err.Error(), value, test.name)
		}
	}
	for _, shape := range shapes {
		for _, encrypted := range [][]string{nil, {"secrets"}, {"secrets", "addons", "secret"}} {
			for _, key := range []string{"secrets", "secret", "Secrets"} {
				raw := configured(t, key+": "+shape+"\naddons: {charts: {a: {chart: ./a, secrets: {x: nope}}}}")
				raw.Secrets = encrypted
				platform, _, err := Load(raw)
				if err != nil {
					assert.NotContains(t, strings.ReplaceAll(err.Error(), "hunter2x", ""), value, "%s: %s, encrypted %v", key, shape, encrypted)
				}
				assert.NotContains(t, strings.Join([]string{fmt.Sprintf("%v %+v %#v", platform, platform, platform), fmt.Sprintf("%v", &platform)}, ""), value)
			}
		}
	}
	raw := configured(t, "addons: {charts: {a: {chart: ./a, values: {password: hunter2}, valuse: {password: hunter2}}}}\ncloud: hunter2")
	raw.Secrets = []string{"addons", "cloud"}
	_, _, err := Load(raw)
	require.ErrorContains(t, err, "gantry:addons holds an encrypted value")
	assert.NotContains(t, err.Error(), value)
}

func TestWarnings_SecretsThatNothingUses(t *testing.T) {
	raw := withSecrets(t, "addons: {charts: {a: {chart: ./a, secrets: {x.y: used}}}}", "{used: a, unused: hunter2, other-one: b}")
	platform, plans, err := Load(raw)
	require.NoError(t, err)
	warnings := Warnings(platform, plans)
	assert.Equal(t, []problem{
		{"gantry:secrets.other-one", "", "name it where it is needed, or remove it: pulumi config rm --path gantry:secrets.other-one"},
		{"gantry:secrets.unused", "", "name it where it is needed, or remove it: pulumi config rm --path gantry:secrets.unused"},
	}, read(warnings))
	assert.NotContains(t, warnings.Error(), "hunter2")
}
