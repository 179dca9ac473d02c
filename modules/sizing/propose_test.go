package sizing

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/spec"
)

// model is one with defaults, and the given number of replicas.
func model(least, greatest int) spec.Model {
	p := spec.Default(spec.Platform{Models: map[string]spec.Model{"x": {Scale: spec.ModelScale{Min: least, Max: greatest}}}})
	return p.Models["x"]
}

// using is a usage of one pod, without requests.
func using(cpu, memory Series) Usage {
	return Usage{Pods: []Pod{{Name: "x-a", CPU: cpu, Memory: memory}}}
}

// asked is a usage with requests.
func asked(rate, latency Series) Usage {
	u := using(series(120, 0.5), mib(120, 1000))
	u.Rate, u.Latency = rate, latency
	return u
}

// mib is series in MiB.
func mib(samples int, values ...float64) Series {
	for i := range values {
		values[i] *= mebi
	}
	return series(samples, values...)
}

// spiked is two hours of one value in MiB with another in a single minute.
func spiked(usual, once float64) Series {
	s := mib(120, usual)
	s[70].Value = once * mebi
	return s
}

// proposed is what is proposed by key.
func proposed(p Proposal) map[string]string {
	values := map[string]string{}
	for _, figure := range p.Figures {
		values[figure.Key] = figure.Proposed
	}
	return values
}

func TestPropose_CPUIsWhatTheBusiestReplicaStaysBelow(t *testing.T) {
	for name, test := range map[string]struct {
		pods map[string]Series
		want string
	}{
		"steady":                 {map[string]Series{"a": series(120, 0.5)}, "500m"},
		"rounded up":             {map[string]Series{"a": series(120, 0.501)}, "510m"},
		"idle":                   {map[string]Series{"a": series(120, 0)}, "10m"},
		"the busiest of several": {map[string]Series{"a": series(120, 0.2), "b": series(120, 1.9), "c": series(120, 0.7)}, "1900m"},
		"not its starting":       {map[string]Series{"a": append(series(4, 8), steps(120, 0.5)...)}, "500m"},
		"nor a pod that starts":  {map[string]Series{"a": series(120, 0.5), "b": series(5, 8)}, "500m"},
	} {
		t.Run(name, func(t *testing.T) {
			var u Usage
			for pod, cpu := range test.pods {
				u.Pods = append(u.Pods, Pod{Name: pod, CPU: cpu, Memory: mib(120, 100)})
			}
			p, err := Propose(model(1, 1), Node{}, u, Options{})
			require.NoError(t, err)
			assert.Equal(t, test.want, proposed(p)[keyCPU])
		})
	}
}

func TestPropose_Memory(t *testing.T) {
	for name, test := range map[string]struct {
		memory         Series
		peak           Series
		request, limit string
	}{
		// 1.1 x 1000 = 1100, 69 x 16; 1.5 x 1000 = 1500, 94 x 16.
		"110 % and 150 % of the median": {mib(120, 1000), nil, "1104Mi", "1504Mi"},
		"of whole gibibytes":            {mib(120, 10240), nil, "11Gi", "15Gi"},
		"not of a spike":                {spiked(1000, 1400), nil, "1104Mi", "1504Mi"},
		"limit no less than was seen":   {spiked(1000, 1700), nil, "1104Mi", "1712Mi"},
		"seen between two samples":      {mib(120, 1000), mib(120, 1700), "1104Mi", "1712Mi"},
		// 4000 / 2.5 = 1600, more than 1104.
		"limit at most 2.5 requests": {spiked(1000, 4000), nil, "1600Mi", "4000Mi"},
	} {
		t.Run(name, func(t *testing.T) {
			u := using(series(120, 0.5), test.memory)
			u.Pods[0].Peak = test.peak
			p, err := Propose(model(1, 1), Node{}, u, Options{})
			require.NoError(t, err)
			assert.Equal(t, test.request, proposed(p)[keyMemory])
			assert.Equal(t, test.limit, proposed(p)[keyMemoryLimit])
		})
	}
}

func TestPropose_MemoryOfAPodThatWasKilledYoungCountsForTheLimit(t *testing.T) {
	u := using(series(120, 0.5), mib(120, 1000))
	u.Pods = append(u.Pods, Pod{Name: "x-b", CPU: series(3, 1), Memory: mib(3, 2000)})
	p, err := Propose(model(1, 1), Node{}, u, Options{})
	require.NoError(t, err)
	assert.Equal(t, "1104Mi", proposed(p)[keyMemory])
	assert.Equal(t, "2000Mi", proposed(p)[keyMemoryLimit])
}

func TestPropose_MemoryTargetOfTheAutoscaler(t *testing.T) {
	usage := using(series(120, 0.5), mib(120, 1000)) // 1000 of 1104 is 90.6 %
	p, err := Propose(model(1, 4), Node{}, usage, Options{})
	require.NoError(t, err)
	assert.Equal(t, "91", proposed(p)[keyMemoryUtilization])

	m := model(1, 4)
	m.Scale.MemoryUtilization = 95
	p, err = Propose(m, Node{}, usage, Options{})
	require.NoError(t, err)
	assert.NotContains(t, proposed(p), keyMemoryUtilization, "the model's own is high enough")

	rising := using(series(120, 0.5), steps(60, 1000*mebi, 1300*mebi))
	p, err = Propose(model(1, 4), Node{}, rising, Options{})
	require.NoError(t, err)
	assert.Equal(t, "100", proposed(p)[keyMemoryUtilization], "no more than the request")
}

func TestPropose_Replicas(t *testing.T) {
	withHeadroom := model(1, 40)
	withHeadroom.Scale.Headroom, withHeadroom.Scale.StartupSeconds = 50, 120
	startsSlowly := model(1, 40)
	startsSlowly.Scale.StartupSeconds = 60
	for name, test := range map[string]struct {
		model           spec.Model
		rate, latency   Series
		options         Options
		least, greatest string
	}{
		// 20 x 0.07 / 0.7 = 2; twice that.
		"steady":                        {model(1, 1), series(120, 20), series(120, 0.07), Options{}, "2", "4"},
		"several requests at once":      {model(1, 1), series(120, 20), series(120, 0.07), Options{Concurrency: 4}, "1", "1"},
		"all of the time busy":          {model(1, 1), series(120, 20), series(120, 0.07), Options{Utilization: 100}, "2", "3"},
		"one at least":                  {model(1, 1), series(120, 0.01), series(120, 0.07), Options{}, "1", "1"},
		"two where there were two":      {model(3, 6), series(120, 0.01), series(120, 0.07), Options{}, "2", "6"},
		"the greatest is never lowered": {model(1, 50), series(120, 20), series(120, 0.07), Options{}, "2", "50"},
		// (50 + 40 x 2) x 0.1 / 0.7 = 18.57; 2 x 50 x 0.1 / 0.7 = 14.3 is less than that.
		"growth while a replica starts": {model(1, 1), steps(60, 10, 50), steps(60, 0.1, 0.2), Options{}, "19", "19"},
		// (50 + 40 / 2) x 0.1 / 0.7 = 10.
		"a quick start": {model(1, 1), steps(60, 10, 50), steps(60, 0.1, 0.2), Options{Startup: 30 * time.Second}, "10", "15"},
		// (50 + 40) x 0.1 / 0.7 = 12.86.
		"the model's own start-up": {startsSlowly, steps(60, 10, 50), steps(60, 0.1, 0.2), Options{}, "13", "40"},
		// scale.headroom doubles the least number: 10 make 20.
		"together with headroom": {withHeadroom, steps(60, 10, 50), steps(60, 0.1, 0.2), Options{}, "10", "40"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Propose(test.model, Node{}, asked(test.rate, test.latency), test.options)
			require.NoError(t, err)
			assert.Empty(t, p.Left)
			assert.Equal(t, test.least, proposed(p)[keyMin])
			assert.Equal(t, test.greatest, proposed(p)[keyMax])
		})
	}
}

func TestPropose_ReplicasAreLeftWhereRequestsAreNotKnown(t *testing.T) {
	for name, test := range map[string]struct {
		rate, latency Series
		want          string
	}{
		"no rate":          {nil, series(120, 1), "of the requests a second there are no samples"},
		"a short one":      {series(30, 1), series(120, 1), "30 samples over 29m, and 60 samples over 1h are needed"},
		"no latency":       {series(120, 1), nil, "of the latency there are no samples"},
		"nobody asked":     {series(120, 0), series(120, 1), "next to no request"},
		"answered at once": {series(120, 1), series(120, 0), "next to no request"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Propose(model(1, 1), Node{}, asked(test.rate, test.latency), Options{})
			require.NoError(t, err)
			assert.NotContains(t, proposed(p), keyMin)
			require.Len(t, p.Left, 1)
			assert.Contains(t, p.Left[0], test.want)
			assert.NotEmpty(t, proposed(p)[keyCPU])
		})
	}
}

func TestPropose_RefusesTooLittle(t *testing.T) {
	for name, test := range map[string]struct {
		usage Usage
		want  string
	}{
		"half an hour":   {using(series(31, 1), mib(120, 100)), "Measured of the one that has most, CPU: 31 samples over 30m. Measure for longer"},
		"a few samples":  {using(series(120, 1), Series{{start, 1}, {start.Add(5 * time.Hour), 1}}), "memory: 2 samples over 5h. "},
		"nothing at all": {Usage{}, "60 samples over 1h. Measured of the one that has most, CPU: no samples; memory: no samples"},
		"many short pods": {Usage{Pods: []Pod{{Name: "a", CPU: series(30, 1), Memory: mib(30, 1)}, {Name: "b", CPU: series(50, 1), Memory: mib(50, 1)}}},
			"CPU: 50 samples over 49m"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Propose(model(1, 1), Node{}, test.usage, Options{})
			assert.ErrorContains(t, err, test.want)
			assert.Empty(t, p)
		})
	}
}

func TestPropose_RefusesOptionsThatMeanNothing(t *testing.T) {
	for _, o := range []Options{{Concurrency: -1}, {Utilization: 101}, {Utilization: -5}, {Startup: -time.Second}} {
		_, err := Propose(model(1, 1), Node{}, asked(series(120, 1), series(120, 1)), o)
		assert.Error(t, err, "%+v", o)
	}
}

// A limit, or a greatest number, that is left out is that of another key: it has
// to be written as soon as the other changes, even where it is as it should be.
func TestProposal_WritesWhatFollowsAChange(t *testing.T) {
	same := Figure{Key: keyMemoryLimit, Now: "1504Mi", Proposed: "1504Mi", Follows: keyMemory}
	changed := Figure{Key: keyMemory, Now: "1504Mi", Proposed: "1104Mi"}
	written := Figure{Key: keyMemory, Now: "2Gi", Proposed: "2048Mi"}

	assert.Equal(t, []Figure{changed, same}, Proposal{Figures: []Figure{changed, same}}.Writes())
	assert.Empty(t, Proposal{Figures: []Figure{written, same}}.Writes(), "the same amount, written differently")
}

// Whatever was measured, the configuration takes what is proposed.
func TestPropose_IsAcceptedByTheConfiguration(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		memory := mib(90, 1+random.Float64()*4000)
		memory[random.IntN(len(memory))].Value *= 1 + random.Float64()*20
		u := using(series(90, random.Float64()*2), memory)
		u.Rate, u.Latency = series(90, random.Float64()*20), series(90, random.Float64()*0.1)
		p, err := Propose(model(1+i%3, 3), Node{}, u, Options{})
		require.NoError(t, err)

		file, err := Edit([]byte("image: registry.example.com/x:v1\n"), p.Figures)
		require.NoError(t, err)
		_, _, err = spec.Load(spec.Raw{
			Project: "gantry", Stack: "dev", Region: "us-east-1",
			Config: map[string]string{
				"cloud": "aws", "cluster": `{"version":"1.34","publicAccessCidrs":["203.0.113.0/24"]}`,
				"pools": `[{"name":"system","role":"system","min":1,"max":2},{"name":"cpu","role":"inference","cpu":32,"memory":"200Gi","min":1,"max":50}]`,
			},
			ModelFiles: map[string][]byte{"stacks/models/x.yaml": file},
		})
		require.NoError(t, err, "%s", file)
	}
}

func TestFigures_SayWhy(t *testing.T) {
	u := asked(steps(60, 10, 50), steps(60, 0.1, 0.2))
	p, err := Propose(model(1, 1), Node{}, u, Options{})
	require.NoError(t, err)
	for _, figure := range p.Figures {
		assert.NotEmpty(t, figure.Now, figure.Key)
		assert.NotEmpty(t, figure.Why, figure.Key)
		assert.NotContains(t, figure.Why, "%!", figure.Key)
		assert.False(t, strings.HasSuffix(figure.Why, "."), fmt.Sprintf("%s: %s", figure.Key, figure.Why))
	}
}
