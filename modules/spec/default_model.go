package spec

import "slices"

func defaultScale(s ModelScale, model string) ModelScale {
	setDefault(&s.Min, 1)
	setDefault(&s.Max, max(s.Min, 1))
	setDefault(&s.CPUUtilization, 70)
	setDefault(&s.MemoryUtilization, 80)
	if s.Queue.isSet() {
		setDefault(&s.Queue.PerReplica, 10)
	}
	if len(s.Queue.Kafka.Brokers) > 0 {
		setDefault(&s.Queue.Kafka.Group, model)
	}
	if s.Headroom > 0 {
		setDefault(&s.StartupSeconds, 120)
	}
	s.Schedule = slices.Clone(s.Schedule)
	for i := range s.Schedule {
		setDefault(&s.Schedule[i].Timezone, "UTC")
	}
	return s
}

// isSet tells whether a queue is named.
func (q ScaleQueue) isSet() bool {
	return q.SQS != "" || q.PubSub != "" || q.ServiceBus != "" || len(q.Kafka.Brokers) > 0
}

// defaultHealth takes a replica that does not answer out of the Service within ten
// seconds and restarts one that has not answered for a minute. Liveness is much
// slower than readiness: a replica that is only busy must get the time to work off
// its queue, because a restart loads the model again.
func defaultHealth(h ModelHealth) ModelHealth {
	setDefault(&h.Path, "/health")
	setDefault(&h.StartupSeconds, 300)
	setDefault(&h.Readiness.PeriodSeconds, 5)
	setDefault(&h.Readiness.TimeoutSeconds, 3)
	setDefault(&h.Readiness.FailureThreshold, 2)
	setDefault(&h.Liveness.PeriodSeconds, 10)
	setDefault(&h.Liveness.TimeoutSeconds, 5)
	setDefault(&h.Liveness.FailureThreshold, 6)
	return h
}

func defaultTraffic(t ModelTraffic) ModelTraffic {
	setDefault(&t.TimeoutSeconds, 60)
	setDefault(&t.Retries, new(2))
	setDefault(&t.MaxBody, "10Mi")
	return t
}

func defaultRollout(r ModelRollout, scale ModelScale) ModelRollout {
	if r.Canary.Image != "" {
		setDefault(&r.Canary.Min, scale.Min)
	}
	if a := &r.Analysis; a.MaxErrorRate > 0 {
		setDefault(&a.IntervalSeconds, 60)
		setDefault(&a.MaxFailures, 3)
		if len(a.Steps) == 0 {
			a.Steps = []int{5, 20, 50}
		}
	}
	if r.BlueGreen.Green != "" {
		setDefault(&r.BlueGreen.Active, Blue)
	}
	if r.Shadow.Image != "" {
		setDefault(&r.Shadow.Percent, 10)
		setDefault(&r.Shadow.Replicas, 1)
	}
	return r
}
