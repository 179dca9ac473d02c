package autoscaler

import (
	"cmp"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/sandbox/localkube/fleet"
)

// Release of a Helm chart, as the Kubernetes provider records it in kube-system.
const (
	labelRelease = "sandbox.gantry.dev/release"
	chart        = "cluster-autoscaler"
)

// How fast the sandbox's time goes by, and the least that anything waits. A
// minute of a cloud is a second here: nobody wants to watch an idle node for ten.
const (
	pace      = 60
	shortest  = 3 * time.Second
	graceTime = 30 * time.Second
)

// The defaults of Cluster Autoscaler.
// https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md
const (
	defaultUnneeded  = 10 * time.Minute
	defaultUnready   = 20 * time.Minute
	defaultDelay     = 10 * time.Minute
	defaultThreshold = 0.5
	defaultGraceful  = 10 * time.Minute
	defaultBulk      = 10
)

// settings are how one autoscaler decides.
type settings struct {
	fleet.Profile
	// expanders in the order in which they are asked.
	expanders []string
	// priorities are the regular expressions of the priority expander.
	priorities map[int][]string
	// cluster is the name that groups are discovered by on AWS.
	cluster string
	// keepNodes turns scaling down off.
	keepNodes bool
}

func (s settings) withDefaults() settings {
	s.UnneededTime = cmp.Or(s.UnneededTime, defaultUnneeded)
	s.UnreadyTime = cmp.Or(s.UnreadyTime, defaultUnready)
	s.DelayAfterAdd = cmp.Or(s.DelayAfterAdd, defaultDelay)
	s.UtilizationThreshold = cmp.Or(s.UtilizationThreshold, defaultThreshold)
	s.MaxGracefulTermination = cmp.Or(s.MaxGracefulTermination, defaultGraceful)
	s.MaxEmptyNodesTakenAtOnce = cmp.Or(s.MaxEmptyNodesTakenAtOnce, defaultBulk)
	return s
}

// ofCloud are the settings of an autoscaler that is a part of the cloud.
func ofCloud(p fleet.Profile) settings {
	return settings{Profile: p, expanders: strings.Split(p.Expander, ",")}.withDefaults()
}

// sandboxTime is how long something takes here that takes d in a cloud.
func sandboxTime(d time.Duration) time.Duration { return max(d/pace, shortest) }

// installed finds the release of Cluster Autoscaler among those of a cluster.
func installed(releases []corev1.ConfigMap) (corev1.ConfigMap, bool) {
	for _, release := range releases {
		if path.Base(release.Data["chart"]) == chart {
			return release, true
		}
	}
	return corev1.ConfigMap{}, false
}

// values are those of the chart that decide something here.
// https://github.com/kubernetes/autoscaler/tree/master/cluster-autoscaler/charts/cluster-autoscaler
type values struct {
	AutoDiscovery struct {
		ClusterName string `json:"clusterName"`
	} `json:"autoDiscovery"`
	ExtraArgs          map[string]any `json:"extraArgs"`
	ExpanderPriorities any            `json:"expanderPriorities"`
}

// ofRelease are the settings of a Cluster Autoscaler that Helm installed.
func ofRelease(text string) (settings, error) {
	var v values
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		return settings{}, fmt.Errorf("values of the chart %s: %w", chart, err)
	}
	s := settings{cluster: v.AutoDiscovery.ClusterName}
	s.KeepLocalStorage, s.KeepSystemPods, s.CountDaemonSets = true, true, true
	for name, raw := range v.ExtraArgs {
		if err := s.set(name, fmt.Sprint(raw)); err != nil {
			return settings{}, fmt.Errorf("extraArgs of the chart %s: %w", chart, err)
		}
	}
	var err error
	if s.priorities, err = prioritiesOf(v.ExpanderPriorities); err != nil {
		return settings{}, err
	}
	return s.withDefaults(), nil
}

// set takes one argument of the program. Those that decide nothing here are let
// pass.
func (s *settings) set(name, value string) (err error) {
	duration := func(to *time.Duration) { *to, err = time.ParseDuration(value) }
	flag := func(to *bool, inverted bool) {
		var on bool
		on, err = strconv.ParseBool(value)
		*to = on != inverted
	}
	switch name {
	case "expander":
		s.expanders = strings.Split(value, ",")
	case "balance-similar-node-groups":
		flag(&s.Balance, false)
	case "skip-nodes-with-local-storage":
		flag(&s.KeepLocalStorage, false)
	case "skip-nodes-with-system-pods":
		flag(&s.KeepSystemPods, false)
	case "ignore-daemonsets-utilization":
		flag(&s.CountDaemonSets, true)
	case "scale-down-enabled":
		flag(&s.keepNodes, true)
	case "scale-down-unneeded-time":
		duration(&s.UnneededTime)
	case "scale-down-unready-time":
		duration(&s.UnreadyTime)
	case "scale-down-delay-after-add":
		duration(&s.DelayAfterAdd)
	case "scale-down-utilization-threshold":
		s.UtilizationThreshold, err = strconv.ParseFloat(value, 64)
	case "max-empty-bulk-delete":
		s.MaxEmptyNodesTakenAtOnce, err = strconv.Atoi(value)
	case "max-graceful-termination-sec":
		s.MaxGracefulTermination, err = time.ParseDuration(value + "s")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// prioritiesOf reads the priorities of the expander: a map, or the text of one,
// from a number to regular expressions.
func prioritiesOf(raw any) (map[int][]string, error) {
	text, isText := raw.(string)
	if !isText {
		data, err := yaml.Marshal(raw)
		if err != nil {
			return nil, fmt.Errorf("priorities of the expander: %w", err)
		}
		text = string(data)
	}
	var given map[string][]string
	if err := yaml.Unmarshal([]byte(text), &given); err != nil {
		return nil, fmt.Errorf("priorities of the expander: %w", err)
	}
	priorities := map[int][]string{}
	for key, patterns := range given {
		number, err := strconv.Atoi(key)
		if err != nil {
			return nil, fmt.Errorf("priorities of the expander: %q is not a number", key)
		}
		priorities[number] = patterns
	}
	return priorities, nil
}
