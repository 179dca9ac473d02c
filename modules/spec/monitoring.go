package spec

// Monitoring is kube-prometheus-stack with Gantry's dashboards and alerts.
type Monitoring struct {
	// Enabled installs Prometheus, Grafana and Alertmanager. Default: true;
	// false in an existing cluster.
	Enabled *bool `json:"enabled"`
	// RetentionDays is how long Prometheus keeps metrics, in days, 1 to 365.
	// Default: 15.
	RetentionDays int `json:"retentionDays" jsonschema:"minimum=1,maximum=365"`
	// Storage is the encrypted volume of Prometheus, for example 50Gi; the
	// oldest metrics go when it is nearly full. Default: 50Gi.
	Storage string `json:"storage" jsonschema:"example=50Gi"`
	// Replicas of Prometheus and of Alertmanager, 1 to 3. Default: 1; 2 when
	// the platform is protected.
	Replicas int `json:"replicas" jsonschema:"minimum=1,maximum=3"`
	// Alerts is who hears of an alert.
	Alerts Alerts `json:"alerts"`
	// RemoteWrite sends all metrics to the cloud's managed Prometheus as well.
	RemoteWrite RemoteWrite `json:"remoteWrite"`
}

// Alerts are the receivers of Alertmanager. Critical alerts go to PagerDuty,
// all others to Slack; the webhook gets both. Without any, alerts are only
// shown.
type Alerts struct {
	// PagerDuty names the secret in gantry:secrets that holds the routing key of
	// a PagerDuty service (Events API v2). Default: none.
	PagerDuty string `json:"pagerDuty" jsonschema:"example=pagerDutyRoutingKey"`
	// Slack names the secret in gantry:secrets that holds the URL of a Slack
	// incoming webhook. Default: none.
	Slack string `json:"slack" jsonschema:"example=slackURL"`
	// SlackChannel is the channel to write to. Required with slack. Default: none.
	SlackChannel string `json:"slackChannel" jsonschema:"example=#ml-platform"`
	// Webhook names the secret in gantry:secrets that holds a URL that every
	// alert is posted to. Default: none.
	Webhook string `json:"webhook" jsonschema:"example=alertWebhook"`
	// Heartbeat names the secret in gantry:secrets that holds a URL that is posted
	// to every five minutes while alerts work at all, as services that watch over
	// it want it. Default: none.
	Heartbeat string `json:"heartbeat" jsonschema:"example=alertHeartbeat"`
	// RunbookBaseURL is where docs/runbooks is published, so that an alert
	// links to its page. Default: none, and alerts name the page.
	RunbookBaseURL string `json:"runbookBaseURL" jsonschema:"example=https://docs.example.com/runbooks"`
}

// RemoteWrite is the managed Prometheus of the platform's cloud, written to with
// workload identity. It must exist already.
type RemoteWrite struct {
	// Enabled sends metrics to it. Default: false.
	Enabled *bool `json:"enabled"`
	// Workspace is, on AWS, the id of the workspace of Amazon Managed Service
	// for Prometheus (ws-...); on Azure, the resource id of the data collection
	// rule of the Azure Monitor workspace. Google Cloud needs none: metrics go
	// to the project of the cluster. Default: none.
	Workspace string `json:"workspace" jsonschema:"example=ws-01234567-89ab-cdef-0123-456789abcdef"`
	// Endpoint is, on Azure, the metrics ingestion URL of the Azure Monitor
	// workspace. The other clouds need none. Default: none.
	Endpoint string `json:"endpoint" jsonschema:"example=https://example.eastus-1.metrics.ingest.monitor.azure.com/dataCollectionRules/dcr-0123/streams/Microsoft-PrometheusMetrics/api/v1/write?api-version=2023-04-24"`
}
