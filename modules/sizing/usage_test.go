package sizing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

var start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// series has a sample a minute with the given values, over and over.
func series(samples int, values ...float64) Series {
	s := make(Series, samples)
	for i := range s {
		s[i] = Point{start.Add(time.Duration(i) * time.Minute), values[i%len(values)]}
	}
	return s
}

// steps has a sample a minute: so many of each value.
func steps(each int, values ...float64) Series {
	var s Series
	for _, value := range values {
		for range each {
			s = append(s, Point{start.Add(time.Duration(len(s)) * time.Minute), value})
		}
	}
	return s
}

func TestSeries_Quantiles(t *testing.T) {
	ten := series(10, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
	for name, test := range map[string]struct {
		s    Series
		q    float64
		want float64
	}{
		"median of an even number lies between two": {ten, 0.5, 55},
		"95 %":          {ten, 0.95, 95.5},
		"the least":     {ten, 0, 10},
		"the greatest":  {ten, 1, 100},
		"in any order":  {series(3, 9, 1, 5), 0.5, 5},
		"of one":        {series(1, 7), 0.95, 7},
		"of none":       {nil, 0.5, 0},
		"of an outlier": {steps(1, 1, 1, 1, 1, 1000), 0.5, 1},
	} {
		t.Run(name, func(t *testing.T) { assert.InDelta(t, test.want, test.s.quantile(test.q), 1e-9) })
	}
}

func TestSeries_Rise(t *testing.T) {
	for name, test := range map[string]struct {
		s    Series
		want float64
	}{
		"steady":               {series(60, 5), 0},
		"falling":              {steps(1, 9, 6, 3), 0},
		"the steepest minute":  {steps(1, 1, 2, 6, 7, 7), 4},
		"over a gap":           {Series{{start, 0}, {start.Add(5 * time.Minute), 10}}, 2},
		"noise within seconds": {Series{{start, 0}, {start.Add(time.Second), 50}, {start.Add(2 * time.Second), 0}, {start.Add(time.Minute), 3}}, 3},
		"one":                  {series(1, 5), 0},
	} {
		t.Run(name, func(t *testing.T) { assert.InDelta(t, test.want, test.s.rise(), 1e-9) })
	}
}

func TestSeries_EnoughIsAnHourAndSixtySamples(t *testing.T) {
	assert.True(t, series(61, 1).enough())
	assert.False(t, series(60, 1).enough(), "59 minutes")
	assert.False(t, Series{{start, 1}, {start.Add(24 * time.Hour), 1}}.enough(), "two samples")
	assert.False(t, Series(nil).enough())
}

func TestUsage_BusiestIsAmongThoseMeasuredLongEnough(t *testing.T) {
	u := Usage{Pods: []Pod{
		{Name: "long", CPU: series(120, 0.5)},
		{Name: "longer", CPU: series(240, 0.3)},
		{Name: "starting", CPU: series(5, 4)},
	}}

	pod, ok := u.busiest(cpuOf, Series.p95)
	assert.True(t, ok)
	assert.Equal(t, "long", pod.Name)

	_, ok = u.busiest(memoryOf, Series.p95)
	assert.False(t, ok)
}
