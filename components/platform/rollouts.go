package platform

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/naming"
)

const (
	rolloutsName = "flagger"
	// What models refer to as that by which a new version is judged: the requests
	// that failed, in percent, and the seconds that 95 of 100 stay below.
	metricErrorRate, metricP95 = "model-error-rate", "model-p95"
	flaggerAPI                 = "flagger.app/v1beta1"
)

// rolloutsAddon is Flagger, which lets new versions of models in and takes them
// back. It watches every Deployment that a Canary names, and has rights on Secrets
// for it: it is there only where a model has an analysis.
var rolloutsAddon = addon{
	name:      rolloutsName,
	chart:     "flagger",
	namespace: RolloutsNamespace,
	when:      func(in inputs) bool { return in.platform.Analyses() },
	after:     []string{monitoringName, gatewayAddonName, eventScalingName},
	values:    rolloutsValues,
	with: func(_ inputs, m *maker) ([]pulumi.Resource, error) {
		return m.inOrder(judgement(metricErrorRate, errorRateQuery), judgement(metricP95, p95Query))
	},
}

func rolloutsValues(in inputs) (pulumi.Map, error) {
	return pulumi.Map{
		"meshProvider":  pulumi.String("gatewayapi:v1"),
		"metricsServer": pulumi.String(PrometheusURL),
		// Only there Gantry makes a Canary; the rights are the cluster's all the
		// same.
		"namespace": pulumi.String(ModelNamespace),
		// The one label by which Flagger tells versions apart, in selectors that it
		// writes: its own choice, the name of an app, is in no selector of Gantry's.
		"selectorLabels": pulumi.String(naming.LabelVersion),
		// Rules and alerts know the Deployment of a model by its labels. The chart's
		// own copies none.
		"includeLabelPrefix": pulumi.String("gantry.dev/,app.kubernetes.io/"),
		// Two, of which one leads: while there is none, a version that fails keeps
		// its requests.
		"leaderElection":      pulumi.Map{"enabled": pulumi.Bool(true), "replicaCount": pulumi.Int(2)},
		"podDisruptionBudget": pulumi.Map{"enabled": pulumi.Bool(true), "minAvailable": pulumi.Int(1)},
		"podMonitor":          pulumi.Map{"enabled": pulumi.Bool(monitored(in))},
		// What the namespace asks of its pods; the chart's own is not enough.
		"securityContext": pulumi.Map{"context": pulumi.Map{
			"readOnlyRootFilesystem":   pulumi.Bool(true),
			"runAsUser":                pulumi.Int(10001),
			"runAsNonRoot":             pulumi.Bool(true),
			"allowPrivilegeEscalation": pulumi.Bool(false),
			"capabilities":             pulumi.Map{"drop": pulumi.ToStringArray([]string{"ALL"})},
			"seccompProfile":           pulumi.Map{"type": pulumi.String("RuntimeDefault")},
		}},
		"resources":    requests("10m", "64Mi", "512Mi"),
		"nodeSelector": systemSelector(in),
		"tolerations":  systemTolerations(in),
	}, nil
}

// judged are the series of a version's requests. Flagger puts in the namespace and
// the Deployment that it judges, which is the version's label; probes and scrapes
// are no requests of a client, as in modules/observability/rules/models.yaml.
const judged = `namespace="{{ namespace }}", version="{{ target }}", path!~"/(health|healthz|ready|readyz|live|livez|metrics)"`

var (
	// errorRateQuery has no value without requests: a version that nobody asked is
	// not proven, which Flagger counts as a failure.
	errorRateQuery = fmt.Sprintf(`100 * (sum(
  rate(http_requests_total{%[1]s, status=~"5.."}[{{ interval }}])
  or
  rate(http_requests_total{%[1]s, code=~"5.."}[{{ interval }}])
) or vector(0)) / (sum(rate(http_requests_total{%[1]s}[{{ interval }}])) > 0)`, judged)
	p95Query = fmt.Sprintf(`histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{%s}[{{ interval }}])))`, judged)
)

// judgement is a query by which Flagger judges.
func judgement(name, query string) object {
	return object{
		what: name, apiVersion: flaggerAPI, kind: "MetricTemplate", namespace: RolloutsNamespace, name: name,
		spec: map[string]any{
			"provider": map[string]any{"type": "prometheus", "address": PrometheusURL},
			"query":    query,
		},
	}
}
