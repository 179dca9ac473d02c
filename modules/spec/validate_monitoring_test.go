package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAlerts_SlackNeedsAChannelThatIsOne(t *testing.T) {
	const at = "gantry:addons.monitoring.alerts.slackChannel"
	for channel, want := range map[string][]problem{
		`""`:             {{at, "", `name the channel, for example "#ml-platform"`}},
		`ml`:             {{at, "ml", `write it with '#' and in quotes, for example "#ml-platform"`}},
		`"#ml platform"`: {{at, `"#ml platform"`, `write it with '#' and in quotes, for example "#ml-platform"`}},
		`"#ml-platform"`: nil,
		`"@ml"`:          nil,
		`C0123456789`:    nil,
	} {
		alerts := "{slack: url, slackChannel: " + channel + "}"
		if channel == `""` {
			alerts = "{slack: url}"
		}
		_, _, err := Load(withSecrets(t, "addons: {monitoring: {alerts: "+alerts+"}}", "{url: hunter2}"))
		if want == nil {
			require.NoError(t, err, channel)
			continue
		}
		var problems Problems
		require.ErrorAs(t, err, &problems, channel)
		assert.Equal(t, want, read(problems), channel)
	}
}

func TestRemoteWrite_SoundOnEveryCloud(t *testing.T) {
	for cloud, remote := range map[string]string{
		"aws": "workspace: ws-01234567-89ab-cdef-0123-456789abcdef",
		"gcp": "",
		"azure": "workspace: /subscriptions/a/resourcegroups/b/providers/microsoft.insights/dataCollectionRules/c, " +
			"endpoint: 'https://x.eastus-1.metrics.ingest.monitor.azure.com/dataCollectionRules/dcr-1/streams/Microsoft-PrometheusMetrics/api/v1/write?api-version=2023-04-24'",
	} {
		_, _, err := Load(configured(t, "cloud: "+cloud+"\npools: [{name: system, role: system}]\naddons: {monitoring: {remoteWrite: {enabled: true, "+remote+"}}}"))
		assert.NoError(t, err, cloud)
	}
}
