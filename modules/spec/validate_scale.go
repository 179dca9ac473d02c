package spec

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones are known wherever Gantry runs

	"github.com/robfig/cron/v3"
)

// checkScale checks what decides the number of replicas of a model.
func checkScale(r *report, p Platform, at string, m Model) {
	s := m.Scale
	if s.Max < s.Min {
		r.add(at+".max", s.Max, fmt.Sprintf("is less than min, %d", s.Min), "raise max or lower min")
	}
	if s.Eventful() && p.Has(LayerPlatform) && !On(p.Addons.EventScaling.Enabled) {
		r.missing(at, "asks for more than CPU and memory, and gantry:addons.eventScaling.enabled is false", "enable it, or scale on CPU and memory alone")
	}
	if asksPrometheus(s) && p.Has(LayerPlatform) && !On(p.Addons.Monitoring.Enabled) {
		r.missing(at, "asks Prometheus, and gantry:addons.monitoring.enabled is false", "enable it, or scale on other signals")
	}
	if s.ToZero && !s.Queue.isSet() && s.RequestsPerReplica == 0 {
		r.add(at+".toZero", true, "leaves nothing that starts the model again", "add queue or requestsPerReplica")
	}
	if s.GPUUtilization > 0 && m.GPU.Type == "" {
		r.add(at+".gpuUtilization", s.GPUUtilization, "is of a model without a GPU", "remove it, or add gpu")
	}
	checkDuration(r, at+".p95", s.P95)
	for i, query := range s.Queries {
		checkQuery(r, fmt.Sprintf("%s.queries[%d].query", at, i), query.Query)
	}
	checkQueue(r, p, at+".queue", s.Queue)
	for i, window := range s.Schedule {
		checkWindow(r, fmt.Sprintf("%s.schedule[%d]", at, i), s, window)
	}
	if s.StartupSeconds > 0 && s.Headroom == 0 {
		r.add(at+".startupSeconds", s.StartupSeconds, "changes nothing without headroom", "add headroom, or remove it")
	}
}

func asksPrometheus(s ModelScale) bool {
	return s.GPUUtilization > 0 || s.RequestsPerReplica > 0 || s.P95 != "" || len(s.Queries) > 0
}

// checkQuery reports a query that gives a mean, which would be divided a second
// time among the replicas.
func checkQuery(r *report, at, query string) {
	text := strings.ReplaceAll(strings.ToLower(query), " ", "")
	if strings.HasPrefix(text, "avg(") || strings.HasPrefix(text, "avgby") {
		r.add(at, query, "gives a mean, which scaling would divide among the replicas once more", "write sum in place of avg")
	}
}

// checkQueue checks that there is one queue, of the platform's cloud.
func checkQueue(r *report, p Platform, at string, q ScaleQueue) {
	var named []string
	for _, queue := range []struct {
		key, value string
		cloud      Cloud
		valid      bool
		form       string
	}{
		{"sqs", q.SQS, AWS, sqsURL.MatchString(q.SQS), "https://sqs.us-east-1.amazonaws.com/123456789012/requests"},
		{"pubSub", q.PubSub, GCP, pubSubName.MatchString(q.PubSub), "the name of the subscription, for example requests"},
		{"serviceBus", q.ServiceBus, Azure, serviceBusID.MatchString(q.ServiceBus), "/subscriptions/.../providers/Microsoft.ServiceBus/namespaces/n/queues/requests"},
	} {
		if queue.value == "" {
			continue
		}
		named = append(named, queue.key)
		switch {
		case p.Cloud != queue.cloud:
			r.add(at+"."+queue.key, queue.value, "is a queue of "+string(queue.cloud)+", and the platform is on "+string(p.Cloud), "use a queue of the platform's cloud, or kafka")
		case !queue.valid:
			r.add(at+"."+queue.key, queue.value, "is not how such a queue is called", "write it as "+queue.form)
		}
	}
	if len(q.Kafka.Brokers) > 0 {
		named = append(named, "kafka")
		if q.Kafka.Topic == "" {
			r.missing(at+".kafka.topic", "is missing", "add topic: with the topic that requests come in")
		}
		for i, broker := range q.Kafka.Brokers {
			host, port, err := net.SplitHostPort(broker)
			if number, bad := strconv.ParseUint(port, 10, 16); err != nil || host == "" || bad != nil || number == 0 {
				r.add(fmt.Sprintf("%s.kafka.brokers[%d]", at, i), broker, "is not host:port", "write it as kafka.kafka.svc.cluster.local:9092")
			}
		}
	}
	if len(q.Kafka.Brokers) == 0 && (q.Kafka.Topic != "" || q.Kafka.Group != "") {
		r.missing(at+".kafka.brokers", "is missing, so that the topic is read by nobody", "add brokers: with host:port of each, or remove kafka")
	} else if len(named) == 0 && q.PerReplica != 0 {
		r.add(at+".perReplica", q.PerReplica, "counts the messages of no queue", "name the queue, or remove it")
	}
	if len(named) > 1 {
		r.add(at, strings.Join(named, ", "), "are several queues", "keep one; a model per queue scales each by itself")
	}
}

// checkWindow checks a time with a least number of replicas of its own.
func checkWindow(r *report, at string, s ModelScale, w ScaleWindow) {
	for _, end := range []struct{ key, value string }{{"start", w.Start}, {"end", w.End}} {
		if _, err := cron.ParseStandard(end.value); end.value != "" && err != nil {
			r.add(at+"."+end.key, end.value, "is not a time of cron: "+err.Error(), "write minute, hour, day, month and day of the week, for example 0 9 * * 1-5")
		}
	}
	if w.Start != "" && w.Start == w.End {
		r.add(at+".end", w.End, "is the time of start", "give the time at which the window ends")
	}
	if _, err := time.LoadLocation(w.Timezone); err != nil || w.Timezone == "Local" {
		r.add(at+".timezone", w.Timezone, "is not a time zone of the IANA database", "write it as Europe/Berlin, or leave it out for UTC")
	}
	if w.Min > s.Max {
		r.add(at+".min", w.Min, fmt.Sprintf("is more than scale.max, %d", s.Max), "lower it, or raise scale.max")
	}
}
