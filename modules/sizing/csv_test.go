package sizing

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadCSV(t *testing.T) {
	u, err := ReadCSV(strings.NewReader(`# a load test
Time, pod ,cpu,memory,gpu,gpumemory,rps,latency
2026-11-20T09:01:00Z,b,250m,1Gi,50,9Gi,4,0.2
2026-11-20T09:00:00Z,b,0.5,1073741824,,,6,0.1
1795165200,a,0.1,512Mi,12.5,2147483648,2,0.3
`))
	require.NoError(t, err)

	assert.Equal(t, Usage{
		Pods: []Pod{
			{Name: "a", CPU: Series{{start, 0.1}}, Memory: Series{{start, 512 * mebi}}, GPU: Series{{start, 12.5}}, GPUMemory: Series{{start, 2 * gibi}}},
			{
				Name: "b", CPU: Series{{start, 0.5}, {start.Add(time.Minute), 0.25}}, Memory: Series{{start, gibi}, {start.Add(time.Minute), gibi}},
				GPU: Series{{start.Add(time.Minute), 50}}, GPUMemory: Series{{start.Add(time.Minute), 9 * gibi}},
			},
		},
		Rate: Series{{start, 8}, {start.Add(time.Minute), 4}},
		// (6 x 0.1 + 2 x 0.3) / 8
		Latency: Series{{start, 0.15}, {start.Add(time.Minute), 0.2}},
	}, roundedLatency(u))
}

// roundedLatency takes away what floating point adds.
func roundedLatency(u Usage) Usage {
	for i := range u.Latency {
		u.Latency[i].Value = float64(int(u.Latency[i].Value*1e6+0.5)) / 1e6
	}
	return u
}

func TestReadCSV_RatesOfPodsAreAddedHoweverTheyAreSampled(t *testing.T) {
	var b strings.Builder
	b.WriteString("time,pod,cpu,memory,rps\n")
	row := func(at time.Duration, pod string, rate int) {
		fmt.Fprintf(&b, "%s,%s,1,1Gi,%d\n", start.Add(at).Format(time.RFC3339), pod, rate)
	}
	for minute := range 20 {
		at := time.Duration(minute) * 5 * time.Minute
		row(at, "a", 10)
		row(at+40*time.Second, "b", 5)
		if minute != 7 { // one sample was late
			row(at+4*time.Minute, "c", 1)
		}
	}
	u, err := ReadCSV(strings.NewReader(b.String()))
	require.NoError(t, err)

	require.Len(t, u.Rate, 20)
	for _, point := range u.Rate {
		assert.InDelta(t, 16, point.Value, 1e-9, point.Time)
	}
	assert.Zero(t, u.Rate.rise())
}

func TestReadCSV_WithoutRatesLatencyIsTheMeanOfThePods(t *testing.T) {
	u, err := ReadCSV(strings.NewReader("time,pod,cpu,memory,latency\n1795165200,a,1,1Gi,1\n1795165200,b,1,1Gi,3\n"))
	require.NoError(t, err)
	assert.Equal(t, Series{{start, 2}}, u.Latency)
	assert.Empty(t, u.Rate)
}

func TestReadCSV_EveryProblemWithItsLine(t *testing.T) {
	_, err := ReadCSV(strings.NewReader(strings.Join([]string{
		"time,pod,cpu,memory,gpu,rps,latency",
		"2026-11-20T09:00:00Z,a,0.5,1Gi,50,1,0.1",
		"yesterday,a,0.5,1Gi,50,1,0.1",
		"2026-11-20T09:01:00Z,,0.5,1Gi,50,1,0.1",
		"2026-11-20T09:02:00Z,a,500,512,101,-1,soon",
		"2026-11-20T09:03:00Z,a,2500",
		"2026-11-20T10:00:00+01:00,a,0.5,1Gi,50,1,0.1",
		"2026-11-20T09:04:00Z,a,2500,NaN,Inf,1,120ms",
	}, "\n")))

	var problems CSVProblems
	require.ErrorAs(t, err, &problems)
	lines := map[int][]string{}
	for _, problem := range problems {
		column, _, _ := strings.Cut(problem.What, " ")
		lines[problem.Line] = append(lines[problem.Line], column)
	}
	assert.Equal(t, map[int][]string{
		3: {"time:"}, 4: {"pod:"}, 5: {"memory:", "gpu:", "rps:", "latency:"}, 6: {"has"}, 7: {"the"}, 8: {"cpu:", "memory:", "gpu:", "latency:"},
	}, lines)
	assert.Contains(t, err.Error(), "12 problems in the measurements:\n  line 3: time: \"yesterday\" is no time; write it as 2026-01-31T14:05:00Z, or in seconds since 1970\n")
	assert.Contains(t, err.Error(), `line 8: cpu: "2500" is not such a value; write cores, such as 0.25 or 250m`)
	assert.Contains(t, err.Error(), "line 7: the pod a at this time is in line 2 already")
}

func TestReadCSV_Refused(t *testing.T) {
	many := "time,pod,cpu,memory\n" + strings.Repeat("x,a,1,1Gi\n", 30)
	for name, test := range map[string]struct{ text, want string }{
		"empty":            {"", "begin with a row of column names"},
		"missing columns":  {"time,cpu\n", "the column pod is missing\n  line 1: the column memory is missing"},
		"unknown column":   {"time,pod,cpu,memory,ram\n", `"ram" is no column of measurements; they are time,pod,cpu,memory,gpu,gpumemory,rps,latency`},
		"column twice":     {"time,pod,cpu,memory,cpu\n", "the column cpu is there twice"},
		"no CSV":           {"time,pod,cpu,memory\n\"a\n", "reading the measurements"},
		"too many to read": {many, "and 10 more"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadCSV(strings.NewReader(test.text))
			assert.ErrorContains(t, err, test.want)
		})
	}
}
