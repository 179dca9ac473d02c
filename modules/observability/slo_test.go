package observability

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBurnRate_ThresholdsAreTheBudgetTimesTheRate(t *testing.T) {
	t.Parallel()
	group, err := BurnRate(SLO{Namespace: "models", Model: "chat", Availability: 99.95})
	require.NoError(t, err)
	assert.Equal(t, "gantry.slo.models.chat", group.Name)
	var thresholds []string
	for _, rule := range group.Rules {
		if rule.Alert != "" {
			thresholds = append(thresholds, rule.Alert+" "+rule.Labels["severity"]+" "+rule.For+" "+rule.Expr)
		}
	}
	of := `{namespace="models", model="chat"}`
	expr := func(long, short, threshold string) string {
		return "gantry:model_error_ratio:" + long + of + " > " + threshold + " and gantry:model_error_ratio:" + short + of + " > " + threshold +
			" and sum_over_time(gantry:model_errors:rate5m" + of + "[" + long + "]) * 60 >= 10"
	}
	assert.Equal(t, []string{
		"ModelErrorBudgetBurnFast critical 2m " + expr("1h", "5m", "0.0072"),
		"ModelErrorBudgetBurnFast critical 15m " + expr("6h", "30m", "0.003"),
		"ModelErrorBudgetBurnSlow warning 1h " + expr("1d", "2h", "0.0015"),
		"ModelErrorBudgetBurnSlow warning 3h " + expr("3d", "6h", "0.0005"),
	}, thresholds, "and no promise of latency, no alert of it")
}

func TestBurnRate_BucketsAreMatchedHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for latency, want := range map[time.Duration]string{
		time.Second:             `1(\\.0)?`,
		10 * time.Second:        `10(\\.0)?`,
		250 * time.Millisecond:  `0\\.25`,
		2500 * time.Millisecond: `2\\.5`,
		5 * time.Millisecond:    `0\\.005`,
	} {
		assert.Equal(t, want, bucketPattern(latency))
	}
}

func TestBurnRate_RefusesWhatNoAlertCouldHold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		slo  SLO
		want string
	}{
		"a perfect model":           {SLO{Availability: 100}, "availability 100: use 94 to 99.999 percent"},
		"a ratio":                   {SLO{Availability: 0.99}, "availability 0.99: use"},
		"a budget too large":        {SLO{Availability: 90}, "availability 90: use"},
		"half a name":               {SLO{Availability: 99, Model: "chat"}, `namespace "" and model "chat" must both be named`},
		"a name that is PromQL":     {SLO{Availability: 99, Namespace: "models", Model: `a"}`}, "is no name"},
		"a negative latency":        {SLO{Availability: 99, Latency: -time.Second, LatencyTarget: 99}, "latency -1s"},
		"a latency without a part":  {SLO{Availability: 99, Latency: time.Second}, "latency target 0: use"},
		"a latency of microseconds": {SLO{Availability: 99, Latency: 5, LatencyTarget: 99}, "latency 5ns: use a millisecond or more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			group, err := BurnRate(test.slo)
			require.ErrorContains(t, err, test.want)
			assert.Empty(t, group)
		})
	}
	_, err := BurnRate(SLO{Availability: 100, Latency: time.Second, LatencyTarget: 100})
	assert.ErrorContains(t, err, "availability 100")
	assert.ErrorContains(t, err, "latency target 100", "all problems at once")
}

// The intervals and windows that the expressions rely on are those of the file.
func TestBurnRate_CountsRequestsAtTheIntervalOfTheirGroup(t *testing.T) {
	t.Parallel()
	interval := map[string]string{}
	recorded := map[string]bool{}
	for _, group := range allGroups(t) {
		for _, rule := range group.Rules {
			recorded[rule.Record] = true
			interval[rule.Record] = group.Interval
		}
	}
	for _, rate := range []string{"gantry:model_errors:rate5m", "gantry:model_slow:rate5m"} {
		every, err := time.ParseDuration(interval[rate])
		require.NoError(t, err)
		assert.InDelta(t, everySeconds, every.Seconds(), 0, rate)
	}
	for _, window := range windows {
		assert.True(t, recorded["gantry:model_error_ratio:"+window], window)
		assert.True(t, recorded["gantry:model_slow_ratio:"+window], window)
	}
	for _, b := range burns {
		assert.Contains(t, windows, b.long)
		assert.Contains(t, windows, b.short)
	}
}
