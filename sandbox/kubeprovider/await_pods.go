package kubeprovider

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
)

var (
	podResource   = corev1.SchemeGroupVersion.WithResource("pods")
	eventResource = corev1.SchemeGroupVersion.WithResource("events")
)

func podReady(_ context.Context, _ probe, live *unstructured.Unstructured) verdict {
	pod := as[corev1.Pod](live)
	switch {
	case pod.Status.Phase == corev1.PodSucceeded, podCondition(pod, corev1.PodReady).Status == corev1.ConditionTrue:
		return isReady
	case pod.Status.Phase == corev1.PodFailed:
		return verdict{failed: true, waiting: because("the pod failed", podProblems(pod)), reasons: podProblems(pod)}
	}
	reasons := podProblems(pod)
	return verdict{waiting: because("waiting for the pod to be ready", reasons), reasons: reasons}
}

// troubles returns what keeps the pods of a selector from being ready, the
// same trouble of several pods once.
func (p probe) troubles(ctx context.Context, namespace string, selector *metav1.LabelSelector) []string {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil || parsed.Empty() {
		return nil
	}
	return podTroubles(p.pods(ctx, namespace, parsed))
}

func (p probe) pods(ctx context.Context, namespace string, selector labels.Selector) []corev1.Pod {
	list, err := p.objects.Resource(podResource).Namespace(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector.String()})
	if err != nil {
		return nil
	}
	pods := make([]corev1.Pod, len(list.Items))
	for i := range list.Items {
		pods[i] = *as[corev1.Pod](&list.Items[i])
	}
	return pods
}

func podTroubles(pods []corev1.Pod) []string {
	var order []string
	affected := map[string][]string{}
	for i := range pods {
		for _, problem := range podProblems(&pods[i]) {
			if affected[problem] == nil {
				order = append(order, problem)
			}
			affected[problem] = append(affected[problem], pods[i].Name)
		}
	}
	troubles := make([]string, len(order))
	for i, problem := range order {
		names := affected[problem]
		slices.Sort(names)
		who := "Pod " + names[0]
		if len(names) > 1 {
			who = fmt.Sprintf("Pod %s and %d more", names[0], len(names)-1)
		}
		troubles[i] = fmt.Sprintf("[%s]: %s", who, problem)
	}
	return troubles
}

// podProblems returns what keeps one pod from being ready, nothing when it is
// ready or on its way.
func podProblems(pod *corev1.Pod) []string {
	if pod.Status.Phase == corev1.PodSucceeded || podCondition(pod, corev1.PodReady).Status == corev1.ConditionTrue {
		return nil
	}
	if scheduled := podCondition(pod, corev1.PodScheduled); scheduled.Status == corev1.ConditionFalse {
		return []string{scheduled.Message}
	}
	var problems []string
	for _, container := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		problems = append(problems, containerProblems(container)...)
	}
	if len(problems) == 0 && pod.Status.Message != "" {
		problems = append(problems, pod.Status.Message)
	}
	if ready := podCondition(pod, corev1.PodReady); len(problems) == 0 && ready.Message != "" {
		problems = append(problems, ready.Message)
	}
	return problems
}

func containerProblems(container corev1.ContainerStatus) []string {
	if container.Ready {
		return nil
	}
	var problems []string
	if waiting := container.State.Waiting; waiting != nil && !slices.Contains(startingReasons, waiting.Reason) {
		problems = append(problems, strings.TrimSpace(fmt.Sprintf("[%s] %s", waiting.Reason, waiting.Message)))
	}
	if t := container.State.Terminated; t != nil && t.ExitCode != 0 {
		problems = append(problems, fmt.Sprintf("container %q completed with exit code %d (%s) %s",
			container.Name, t.ExitCode, t.Reason, t.Message))
	}
	if t := container.LastTerminationState.Terminated; t != nil {
		problems = append(problems, fmt.Sprintf("container %q terminated at %s (%s: exit code %d) %s",
			container.Name, t.FinishedAt.UTC().Format(time.RFC3339), t.Reason, t.ExitCode, t.Message))
	}
	for i := range problems {
		problems[i] = strings.TrimSpace(problems[i])
	}
	return problems
}

// startingReasons are states that a container passes through without anything
// being wrong.
var startingReasons = []string{"ContainerCreating", "PodInitializing"}

func podCondition(pod *corev1.Pod, kind corev1.PodConditionType) corev1.PodCondition {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == kind {
			return condition
		}
	}
	return corev1.PodCondition{}
}

// eventLimit and eventTimeout bound what an error is enriched with.
const (
	eventLimit   = 5
	eventTimeout = 10 * time.Second
)

// withEvents appends the latest warnings about an object and its pods that
// the reasons do not tell already.
func (p probe) withEvents(ctx context.Context, live *unstructured.Unstructured, reasons []string) []string {
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	namespace := canonicalNamespace(live.GetNamespace())
	list, err := p.objects.Resource(eventResource).Namespace(namespace).List(ctx, metav1.ListOptions{FieldSelector: "type=Warning"})
	if err != nil {
		return reasons
	}
	about := p.family(ctx, live)
	var events []corev1.Event
	for i := range list.Items {
		if event := as[corev1.Event](&list.Items[i]); about[string(event.InvolvedObject.UID)] {
			events = append(events, *event)
		}
	}
	slices.SortFunc(events, func(a, b corev1.Event) int { return eventTime(b).Compare(eventTime(a)) })
	for _, event := range events[:min(len(events), eventLimit)] {
		if message := strings.TrimSpace(event.Message); !known(reasons, message) {
			reasons = append(reasons, fmt.Sprintf("[%s %s] %s: %s",
				event.InvolvedObject.Kind, event.InvolvedObject.Name, event.Reason, message))
		}
	}
	return reasons
}

func eventTime(e corev1.Event) time.Time {
	for _, t := range []time.Time{e.LastTimestamp.Time, e.EventTime.Time, e.CreationTimestamp.Time} {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// family returns the uids of an object and of the pods that it selects.
func (p probe) family(ctx context.Context, live *unstructured.Unstructured) map[string]bool {
	uids := map[string]bool{string(live.GetUID()): true}
	raw, found, err := unstructured.NestedMap(live.Object, "spec", "selector")
	if err != nil || !found {
		return uids
	}
	selector := as[metav1.LabelSelector](&unstructured.Unstructured{Object: raw})
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil || parsed.Empty() {
		return uids
	}
	for _, pod := range p.pods(ctx, canonicalNamespace(live.GetNamespace()), parsed) {
		uids[string(pod.UID)] = true
	}
	return uids
}
