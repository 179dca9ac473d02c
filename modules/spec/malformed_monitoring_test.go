package spec

// monitoringCases are alerts that nobody would hear of and metrics that would
// never arrive.
func monitoringCases() []malformed {
	const at = "gantry:addons.monitoring."
	monitoring := func(name, monitoring string, want ...problem) malformed {
		return malformed{"monitoring: " + name, "addons: {monitoring: {" + monitoring + "}}", nil, want}
	}
	on := func(cloud, name, remote string, want ...problem) malformed {
		return malformed{"monitoring: " + name, "cloud: " + cloud + "\npools: [{name: system, role: system}]\naddons: {monitoring: {remoteWrite: {" + remote + "}}}", nil, want}
	}
	const amazon = "write it as ws-01234567-89ab-cdef-0123-456789abcdef; list them with: aws amp list-workspaces"
	const rule = "take it from: az monitor account show --query defaultIngestionSettings.dataCollectionRuleResourceId"
	const ingestion = "take it from the overview of the workspace; it begins with https:// and ends in api-version="
	return []malformed{
		monitoring("storage that is none", "storage: plenty", problem{at + "storage", "plenty", "write it as 50Gi"}),
		monitoring("storage without room", "storage: 5Gi", problem{at + "storage", "5Gi", "use 10Gi or more"}),
		monitoring("no retention to speak of", "retentionDays: 400, replicas: 4",
			problem{at + "replicas", "4", "use 1 to 3"}, problem{at + "retentionDays", "400", "use 1 to 365"}),
		monitoring("secrets that are none", "alerts: {pagerDuty: key, slack: url, slackChannel: '#ml', webhook: hook, heartbeat: beat}",
			problem{at + "alerts.heartbeat", "beat", "set it with: pulumi config set --secret --path gantry:secrets.beat"},
			problem{at + "alerts.pagerDuty", "key", "set it with: pulumi config set --secret --path gantry:secrets.key"},
			problem{at + "alerts.slack", "url", "set it with: pulumi config set --secret --path gantry:secrets.url"},
			problem{at + "alerts.webhook", "hook", "set it with: pulumi config set --secret --path gantry:secrets.hook"}),
		monitoring("a channel and no way to it", "alerts: {slackChannel: '#ml'}",
			problem{at + "alerts.slack", "", "name the secret with the URL of the webhook, or remove slackChannel"}),
		monitoring("runbooks in a folder", "alerts: {runbookBaseURL: docs/runbooks}",
			problem{at + "alerts.runbookBaseURL", "docs/runbooks", "write it as https://docs.example.com/runbooks"}),
		monitoring("disabled, and asked for", "enabled: false, alerts: {runbookBaseURL: 'https://example.com'}",
			problem{at + "alerts", "", "set addons.monitoring.enabled: true, or remove it"}),
		on("gcp", "disabled, and written on", "enabled: true}, enabled: false, alerts: {",
			problem{at + "remoteWrite.enabled", "true", "set addons.monitoring.enabled: true, or remove it"}),
		on("aws", "not enabled", "workspace: ws-01234567-89ab-cdef-0123-456789abcdef",
			problem{at + "remoteWrite.enabled", "", "add enabled: true, or remove the rest"}),
		on("aws", "no workspace", "enabled: true", problem{at + "remoteWrite.workspace", "", amazon}),
		on("aws", "an ARN and a URL", "enabled: true, workspace: 'arn:aws:aps:us-east-1:111122223333:workspace/ws-1', endpoint: 'https://example.com'",
			problem{at + "remoteWrite.endpoint", "https://example.com", "remove it"},
			problem{at + "remoteWrite.workspace", "arn:aws:aps:us-east-1:111122223333:workspace/ws-1", amazon}),
		on("gcp", "a workspace on Google Cloud", "enabled: true, workspace: a, endpoint: b",
			problem{at + "remoteWrite.endpoint", "b", "remove it"}, problem{at + "remoteWrite.workspace", "a", "remove it"}),
		on("azure", "nothing on Azure", "enabled: true",
			problem{at + "remoteWrite.endpoint", "", ingestion}, problem{at + "remoteWrite.workspace", "", rule}),
		on("azure", "the workspace itself", "enabled: true, endpoint: 'http://example.com', workspace: /subscriptions/a/resourceGroups/b/providers/Microsoft.Monitor/accounts/c",
			problem{at + "remoteWrite.endpoint", "http://example.com", ingestion},
			problem{at + "remoteWrite.workspace", "/subscriptions/a/resourceGroups/b/providers/Microsoft.Monitor/accounts/c", rule}),
		{"monitoring: written on from an existing cluster", "cloud: existing\nexisting: {context: kind-ml}\npools: [{name: a, role: inference, labels: {a: b}}]\n" +
			"addons: {monitoring: {enabled: true, remoteWrite: {enabled: true}}}", nil,
			[]problem{{at + "remoteWrite.enabled", "true", "remove it; a PrometheusAgent of your own can write to any place"}}},
	}
}
