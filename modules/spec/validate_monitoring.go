package spec

import (
	"fmt"
	"net/url"
	"regexp"
)

// leastMetrics is the least volume of Prometheus: below it the smallest cluster
// keeps less than a day.
const leastMetrics = 10 * gibi

var (
	// amazonWorkspace is the id of a workspace. Source:
	// https://docs.aws.amazon.com/prometheus/latest/APIReference/API_WorkspaceDescription.html
	amazonWorkspace = regexp.MustCompile(`^ws-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	// collectionRule is the resource id of a data collection rule; Azure does not
	// tell case apart in ids.
	collectionRule = regexp.MustCompile(`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Insights/dataCollectionRules/[^/]+$`)
	// slackTarget is a channel or a person by name, or either by id.
	slackTarget = regexp.MustCompile(`^([#@][^\s#@,]+|[CGDU][A-Z0-9]{5,})$`)
)

func checkMonitoring(r *report, p Platform) {
	const at = "gantry:addons.monitoring"
	m := p.Addons.Monitoring
	checkMetricsStorage(r, at+".storage", m.Storage)
	checkAlerts(r, at+".alerts", p, m.Alerts)
	checkRemoteWrite(r, at+".remoteWrite", p.Cloud, m.RemoteWrite)
	if On(m.Enabled) {
		return
	}
	if m.Alerts != (Alerts{}) {
		r.missing(at+".alerts", "tells who hears of alerts, and nothing raises any: monitoring is not enabled", "set addons.monitoring.enabled: true, or remove it")
	}
	if On(m.RemoteWrite.Enabled) {
		r.add(at+".remoteWrite.enabled", true, "sends metrics that nothing collects: monitoring is not enabled", "set addons.monitoring.enabled: true, or remove it")
	}
}

func checkMetricsStorage(r *report, at, storage string) {
	if storage == "" {
		return
	}
	size, ok := bytesOf(storage)
	switch {
	case !ok:
		r.add(at, storage, "is no amount of storage", "write it as 50Gi")
	case size < leastMetrics:
		r.add(at, storage, "holds less than a day of metrics", "use 10Gi or more")
	}
}

func checkAlerts(r *report, at string, p Platform, a Alerts) {
	checkSecretName(r, p, at+".pagerDuty", a.PagerDuty)
	checkSecretName(r, p, at+".slack", a.Slack)
	checkSecretName(r, p, at+".webhook", a.Webhook)
	checkSecretName(r, p, at+".heartbeat", a.Heartbeat)
	switch {
	case a.Slack != "" && a.SlackChannel == "":
		r.missing(at+".slackChannel", "is missing, and slack is set", "name the channel, for example \"#ml-platform\"")
	case a.Slack == "" && a.SlackChannel != "":
		r.missing(at+".slack", "is missing, and slackChannel is set", "name the secret with the URL of the webhook, or remove slackChannel")
	case a.SlackChannel != "" && !slackTarget.MatchString(a.SlackChannel):
		r.add(at+".slackChannel", a.SlackChannel, "is no channel of Slack", "write it with '#' and in quotes, for example \"#ml-platform\"")
	}
	if base := a.RunbookBaseURL; base != "" {
		parsed, err := url.Parse(base)
		if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
			r.add(at+".runbookBaseURL", base, "is no address of a web page", "write it as https://docs.example.com/runbooks")
		}
	}
}

func checkRemoteWrite(r *report, at string, cloud Cloud, w RemoteWrite) {
	if !On(w.Enabled) {
		if w.Workspace != "" || w.Endpoint != "" {
			r.missing(at+".enabled", "is not true, and the rest says where to write to", "add enabled: true, or remove the rest")
		}
		return
	}
	switch cloud {
	case AWS:
		checkNoRemote(r, at+".endpoint", w.Endpoint, "AWS, where the workspace tells it")
		if !amazonWorkspace.MatchString(w.Workspace) {
			wrongRemote(r, at+".workspace", w.Workspace, "is not the id of a workspace of Amazon Managed Service for Prometheus",
				"write it as ws-01234567-89ab-cdef-0123-456789abcdef; list them with: aws amp list-workspaces")
		}
	case Azure:
		if !collectionRule.MatchString(w.Workspace) {
			wrongRemote(r, at+".workspace", w.Workspace, "is not the resource id of a data collection rule",
				"take it from: az monitor account show --query defaultIngestionSettings.dataCollectionRuleResourceId")
		}
		if endpoint, err := url.Parse(w.Endpoint); err != nil || endpoint.Scheme != "https" || endpoint.Host == "" {
			wrongRemote(r, at+".endpoint", w.Endpoint, "is not the metrics ingestion URL of an Azure Monitor workspace",
				"take it from the overview of the workspace; it begins with https:// and ends in api-version=")
		}
	case GCP:
		checkNoRemote(r, at+".workspace", w.Workspace, "Google Cloud, where metrics go to the cluster's project")
		checkNoRemote(r, at+".endpoint", w.Endpoint, "Google Cloud, where metrics go to the cluster's project")
	case Existing:
		r.add(at+".enabled", true, "needs an identity of the cluster's cloud, which Gantry does not know of an existing cluster",
			"remove it; a PrometheusAgent of your own can write to any place")
	}
}

func checkNoRemote(r *report, at, value, where string) {
	if value != "" {
		r.add(at, value, fmt.Sprintf("has no meaning on %s", where), "remove it")
	}
}

// wrongRemote reports what is missing or wrong.
func wrongRemote(r *report, at, value, what, fix string) {
	if value == "" {
		r.missing(at, "is missing, and remoteWrite is enabled", fix)
		return
	}
	r.add(at, value, what, fix)
}
