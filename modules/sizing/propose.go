package sizing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/spec"
)

// Options are what measurements do not tell.
type Options struct {
	// Concurrency is how many requests one replica works on at the same time.
	// Default: 1.
	Concurrency int
	// Utilization is how busy a replica should be, in percent, 1 to 100: the rest
	// is for requests that come at once. Default: 70.
	Utilization int
	// Startup is how long a new replica takes from being wanted to answering.
	// Default: scale.startupSeconds of the model, or two minutes.
	Startup time.Duration
}

// Node is what a replica runs on. It is empty where that is not known.
type Node struct {
	// Pool is the name of the pool.
	Pool string
	// Machine is the machine type of its nodes.
	Machine accelerators.Machine
	// Shared tells that its accelerators are divided among pods already.
	Shared bool
}

// Figure is one proposed value of a model file.
type Figure struct {
	// Key in the model file, for example resources.memory.
	Key string
	// Now is the value that the model has, and Proposed the one that it should
	// have, both as a model file has them.
	Now, Proposed string
	// Follows is the key whose value this one has where it is left out; empty where
	// there is none.
	Follows string
	// Why is the sum, in words.
	Why string
}

// Changes is whether the proposal differs from what the model has, however that
// is written.
func (f Figure) Changes() bool {
	now, err := resource.ParseQuantity(f.Now)
	proposed, err2 := resource.ParseQuantity(f.Proposed)
	if err != nil || err2 != nil {
		return f.Now != f.Proposed
	}
	return now.Cmp(proposed) != 0
}

// Proposal is what a model should request.
type Proposal struct {
	// Figures in the order of the model file.
	Figures []Figure
	// GPU is how much of an accelerator a replica needs, in words, because that is
	// up to the pool; empty for a model without one.
	GPU string
	// Left is what nothing is proposed for, and what is missing for it.
	Left []string
}

// Writes are the figures that have to stand in the model file: those that change,
// and those that would change with the key that they follow.
func (p Proposal) Writes() []Figure {
	changed := map[string]bool{}
	for _, figure := range p.Figures {
		changed[figure.Key] = figure.Changes()
	}
	return slices.DeleteFunc(slices.Clone(p.Figures), func(f Figure) bool { return !changed[f.Key] && !changed[f.Follows] })
}

// Propose derives a proposal for a model, complete with defaults, from what it was
// measured to use. The error says what is missing where there are less than 60
// samples over an hour of any one replica's CPU and memory. Without as many of its
// requests, the number of replicas is left as it is.
func Propose(m spec.Model, node Node, u Usage, o Options) (Proposal, error) {
	o = o.withDefaults(m)
	if err := o.check(); err != nil {
		return Proposal{}, err
	}
	if err := u.checkEnough(); err != nil {
		return Proposal{}, err
	}
	var p Proposal
	p.Figures = append(p.Figures, cpuFigure(m, u))
	p.Figures = append(p.Figures, memoryFigures(m, u)...)
	if replicas, missing := replicaFigures(m, u, o); missing != "" {
		p.Left = append(p.Left, "scale.min and scale.max: "+missing)
	} else {
		p.Figures = append(p.Figures, replicas...)
	}
	if m.GPU.Type != "" {
		p.GPU = gpuShare(m, node, u, o)
	}
	return p, nil
}

func (o Options) withDefaults(m spec.Model) Options {
	if o.Concurrency == 0 {
		o.Concurrency = 1
	}
	if o.Utilization == 0 {
		o.Utilization = 70
	}
	if o.Startup == 0 {
		o.Startup = 2 * time.Minute
		if m.Scale.StartupSeconds > 0 {
			o.Startup = time.Duration(m.Scale.StartupSeconds) * time.Second
		}
	}
	return o
}

func (o Options) check() error {
	switch {
	case o.Concurrency < 1:
		return fmt.Errorf("a concurrency of %d requests is none: a replica works on one at least", o.Concurrency)
	case o.Utilization < 1 || o.Utilization > 100:
		return fmt.Errorf("a utilization of %d percent is not between 1 and 100", o.Utilization)
	case o.Startup < 0:
		return fmt.Errorf("a start-up time of %s is negative", o.Startup)
	default:
		return nil
	}
}

// checkEnough reports measurements that are too few to derive requests from.
func (u Usage) checkEnough() error {
	var missing []string
	for _, one := range []struct {
		name   string
		series func(Pod) Series
	}{{"CPU", cpuOf}, {"memory", memoryOf}} {
		if _, ok := u.busiest(one.series, Series.median); !ok {
			missing = append(missing, one.name+": "+u.longest(one.series).extent())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return errors.New("too little was measured to propose anything. Needed of one replica: " + needed() +
		". Measured of the one that has most, " + strings.Join(missing, "; ") + ". Measure for longer")
}

func needed() string {
	return fmt.Sprintf("%d samples over %s", leastSamples, shortDuration(leastSpan))
}
