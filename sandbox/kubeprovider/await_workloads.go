package kubeprovider

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// notObserved is the verdict until a workload's controller has seen its
// current spec: before that its status speaks of the previous one.
func notObserved(kind string) verdict {
	return verdict{waiting: fmt.Sprintf("waiting for the %s controller", kind)}
}

// rolloutOf is the state of a workload's pods.
type rolloutOf struct {
	desired, updated, available int32
	// old pods are still there beside the updated ones.
	old int32
}

// pending says what a rollout is still short of, nothing when it is done.
func (r rolloutOf) pending() string {
	switch {
	case r.updated < r.desired:
		return fmt.Sprintf("waiting for %d/%d replicas to be updated", r.desired-r.updated, r.desired)
	case r.available < r.desired:
		return fmt.Sprintf("waiting for %d/%d replicas", r.desired-r.available, r.desired)
	case r.old > 0:
		return fmt.Sprintf("waiting for %d old replicas to end", r.old)
	}
	return ""
}

// judge turns a rollout into a verdict, with what ails its pods.
func (p probe) judge(
	ctx context.Context, r rolloutOf, namespace string, selector *metav1.LabelSelector, conditions []string,
) verdict {
	pending := r.pending()
	if pending == "" {
		return isReady
	}
	reasons := append(p.troubles(ctx, namespace, selector), conditions...)
	return verdict{waiting: because(pending, reasons), reasons: reasons}
}

func replicas(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

func deploymentReady(ctx context.Context, p probe, live *unstructured.Unstructured) verdict {
	d := as[appsv1.Deployment](live)
	if d.Status.ObservedGeneration < d.Generation {
		return notObserved("Deployment")
	}
	return p.judge(ctx, rolloutOf{
		desired:   replicas(d.Spec.Replicas),
		updated:   d.Status.UpdatedReplicas,
		available: d.Status.AvailableReplicas,
		old:       d.Status.Replicas - d.Status.UpdatedReplicas,
	}, d.Namespace, d.Spec.Selector, deploymentConditions(d))
}

// deploymentConditions are the complaints of the Deployment's controller: no
// progress, or pods that cannot even be created.
func deploymentConditions(d *appsv1.Deployment) []string {
	var complaints []string
	for _, c := range d.Status.Conditions {
		stuck := c.Type == appsv1.DeploymentProgressing && c.Status == corev1.ConditionFalse
		refused := c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue
		if stuck || refused {
			complaints = append(complaints, fmt.Sprintf("[%s] %s", c.Reason, c.Message))
		}
	}
	return complaints
}

func statefulSetReady(ctx context.Context, p probe, live *unstructured.Unstructured) verdict {
	s := as[appsv1.StatefulSet](live)
	if s.Status.ObservedGeneration < s.Generation {
		return notObserved("StatefulSet")
	}
	rollout := rolloutOf{
		desired:   replicas(s.Spec.Replicas),
		updated:   s.Status.UpdatedReplicas,
		available: s.Status.ReadyReplicas,
	}
	if strategy := s.Spec.UpdateStrategy; strategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		rollout.updated = rollout.desired
	} else if rolling := strategy.RollingUpdate; rolling != nil && rolling.Partition != nil {
		// Pods with an ordinal below the partition keep the old revision.
		rollout.updated += min(*rolling.Partition, rollout.desired)
	}
	return p.judge(ctx, rollout, s.Namespace, s.Spec.Selector, nil)
}

func daemonSetReady(ctx context.Context, p probe, live *unstructured.Unstructured) verdict {
	d := as[appsv1.DaemonSet](live)
	if d.Status.ObservedGeneration < d.Generation {
		return notObserved("DaemonSet")
	}
	rollout := rolloutOf{
		desired:   d.Status.DesiredNumberScheduled,
		updated:   d.Status.UpdatedNumberScheduled,
		available: d.Status.NumberAvailable,
	}
	if d.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType {
		rollout.updated = rollout.desired
	}
	return p.judge(ctx, rollout, d.Namespace, d.Spec.Selector, nil)
}

func replicationControllerReady(ctx context.Context, p probe, live *unstructured.Unstructured) verdict {
	rc := as[corev1.ReplicationController](live)
	if rc.Status.ObservedGeneration < rc.Generation {
		return notObserved("ReplicationController")
	}
	return p.judge(ctx, rolloutOf{
		desired:   replicas(rc.Spec.Replicas),
		updated:   rc.Status.Replicas,
		available: rc.Status.AvailableReplicas,
	}, rc.Namespace, metav1.SetAsLabelSelector(rc.Spec.Selector), nil)
}

func jobReady(ctx context.Context, p probe, live *unstructured.Unstructured) verdict {
	job := as[batchv1.Job](live)
	for _, c := range job.Status.Conditions {
		switch {
		case c.Status != corev1.ConditionTrue:
		case c.Type == batchv1.JobComplete:
			return isReady
		case c.Type == batchv1.JobFailed:
			message := fmt.Sprintf("[%s] %s", c.Reason, c.Message)
			return verdict{failed: true, waiting: message, reasons: p.troubles(ctx, job.Namespace, job.Spec.Selector)}
		}
	}
	if job.Spec.Suspend != nil && *job.Spec.Suspend {
		return verdict{waiting: "waiting for the job to start: it is suspended"}
	}
	reasons := p.troubles(ctx, job.Namespace, job.Spec.Selector)
	return verdict{
		waiting: because(fmt.Sprintf("waiting for the job to succeed (Active: %d | Succeeded: %d | Failed: %d)",
			job.Status.Active, job.Status.Succeeded, job.Status.Failed), reasons),
		reasons: reasons,
	}
}
