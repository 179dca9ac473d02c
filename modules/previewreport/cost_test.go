package previewreport

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func known(amount float64) Money { return Money{Amount: amount} }
func between(least, most float64) Money {
	return Money{Amount: least, Unknown: true, AtMost: most, Bounded: true}
}

func TestMoney_TellsWhatIsKnown(t *testing.T) {
	t.Parallel()
	for want, money := range map[string]Money{
		"$1,234,567.89":                        known(1234567.89),
		"$0.00":                                known(0),
		"$10.00 to $20.50, a price is unknown": between(10, 20.5),
		"unknown, at most $20.50":              between(0, 20.5),
		"at least $10.00, a price is unknown":  {Amount: 10, Unknown: true},
		"unknown":                              {Unknown: true},
	} {
		assert.Equal(t, want, money.String())
	}
}

func TestDifference_IsToldWhereItIsKnown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		before, after Money
		want          string
	}{
		{known(100), known(150), "+$50.00 (+50 %)"},
		{known(2000), known(1000), "−$1,000.00 (−50 %)"},
		{known(0), known(12.5), "+$12.50"},
		{known(12.5), known(0), "−$12.50"},
		{known(1), known(1.001), "none"},
		{between(1, 2), between(1, 2), "none"},
		{Money{Unknown: true}, Money{Unknown: true}, "none"},
		{between(10, 20), between(15, 25.01), "+$5.00, if the unknown price is the same"},
		{between(10, 20), between(15, 40), "−$5.00 to +$30.00"},
		{known(10), between(12, 20), "+$2.00 to +$10.00"},
		{known(10), Money{Amount: 5, Unknown: true}, "unknown"},
	} {
		assert.Equal(t, test.want, difference(test.before, test.after), "%v to %v", test.before, test.after)
	}
}

func TestParseCost(t *testing.T) {
	t.Parallel()
	cost, err := ParseCost([]byte(`{"total": {"min": 10.5, "max": "unknown", "maxAtLeast": 20, "maxAtMost": 30},
		"pools": {"train": {"min": 0, "max": "unknown"}}, "priceDate": "2026-02-24", "priceRegions": ["us-east-1"]}`))
	require.NoError(t, err)
	assert.Equal(t, CostRange{known(10.5), between(20, 30)}, cost.Total)
	assert.Equal(t, CostRange{known(0), Money{Unknown: true}}, cost.Pools["train"])

	cost, err = ParseCost([]byte(`{"builtOn": "gantry/cluster"}`))
	require.NoError(t, err)
	assert.Equal(t, "gantry/cluster", cost.BuiltOn)

	for _, bad := range []string{"", "[]", "{}", `{"total": 3}`} {
		_, err := ParseCost([]byte(bad))
		assert.Error(t, err, bad)
	}
}

// stackLine is the outputs of the stack before and after.
func stackLine(op string, old, new map[string]any) string {
	side := func(cost map[string]any) any {
		if cost == nil {
			return nil
		}
		return map[string]any{"outputs": map[string]any{"cost": cost}}
	}
	return eventLine("resOutputsEvent", map[string]any{"metadata": map[string]any{
		"op": op, "type": typeStack, "urn": stackURN, "old": side(old), "new": side(new),
	}})
}

func estimate(least, most any) map[string]any {
	return map[string]any{
		"total": map[string]any{"min": least, "max": most}, "priceDate": "2026-02-24", "priceRegions": []any{"us-east-1"},
		"pools": map[string]any{"serve": map[string]any{"min": least, "max": most}},
	}
}

func TestMarkdown_TellsTheCost(t *testing.T) {
	t.Parallel()
	base, err := ParseCost([]byte(`{"total": {"min": 90, "max": 100}}`))
	require.NoError(t, err)
	for name, test := range map[string]struct {
		lines   []string
		options Options
		want    []string
	}{
		"changed": {
			lines: []string{stackLine("same", estimate(100, 200), estimate(150, 200)), succeeded},
			want: []string{
				"| **with every pool at its least size** | $100.00 | $150.00 | **+$50.00 (+50 %)** |", "| **with every pool at its greatest size** | $200.00 | $200.00 | none |",
				"| pool `serve`, least | $100.00 | $150.00 | **+$50.00 (+50 %)** |", "**+$50.00 (+50 %)** a month at least", "List prices of us-east-1, the oldest of 2026-02-24.",
			},
		},
		"the same":   {lines: []string{stackLine("same", estimate(100, 200), estimate(100, 200)), succeeded}, want: []string{"As before: **$100.00** with every pool at its least size; at its greatest $200.00."}},
		"unknown":    {lines: []string{stackLine("same", estimate(100, 200), estimate("unknown", "unknown")), succeeded}, want: []string{"| $100.00 | unknown | unknown |"}},
		"new":        {lines: []string{stackLine("create", nil, estimate(100, 200)), succeeded}, want: []string{"| nothing | $100.00 | **+$100.00** |"}},
		"new, base":  {lines: []string{stackLine("create", nil, estimate(100, 200)), succeeded}, options: Options{Base: base}, want: []string{"| $90.00 | $100.00 | **+$10.00 (+11 %)** |", "Compared with the cost that was given"}},
		"gone":       {lines: []string{stackLine("delete", estimate(100, 200), nil), succeeded}, want: []string{"| $100.00 | $0.00 | **−$100.00** |"}},
		"stopped":    {lines: []string{stackLine("same", estimate(100, 200), estimate(100, 200)), diagnostic("error", "no"), `{"summaryEvent":{"result":"failed"}}`}, want: []string{"Before: **$100.00** with every pool at its least size; at its greatest $200.00. The preview stopped before it knew the cost"}},
		"on another": {lines: []string{stackLine("same", map[string]any{"builtOn": "cluster"}, map[string]any{"builtOn": "cluster"}), succeeded}, want: []string{"the cluster belongs to the stack `cluster`"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := Markdown(read(t, test.lines...), test.options)
			for _, want := range test.want {
				assert.Contains(t, report, want)
			}
		})
	}
}
