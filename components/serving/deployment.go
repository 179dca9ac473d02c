package serving

import (
	"time"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// nodeProvisioning is how long a replica may wait for a new GPU node and its
// image before that counts as a failure. Cluster Autoscaler itself gives up on
// a node after 15 minutes (--max-node-provision-time).
const nodeProvisioning = 15 * time.Minute

// deployment leaves spec.replicas to the autoscaler, see NewModel. A second
// version begins with its least number all the same: it gets requests as soon as
// it is ready, which must not mean one replica that the autoscaler is about to
// join with others.
func (s *server) deployment() *appsv1.DeploymentArgs {
	args := s.deploymentArgs()
	if s.track != stable {
		args.Spec.(*appsv1.DeploymentSpecArgs).Replicas = pulumi.Int(s.model.Scale.Min)
	}
	return args
}

func (s *server) deploymentArgs() *appsv1.DeploymentArgs {
	return &appsv1.DeploymentArgs{
		Metadata: s.metadata(),
		Spec: &appsv1.DeploymentSpecArgs{
			Selector: s.selector(),
			Strategy: &appsv1.DeploymentStrategyArgs{
				Type: pulumi.String("RollingUpdate"),
				RollingUpdate: &appsv1.RollingUpdateDeploymentArgs{
					MaxSurge:       intOrString(s.strategy.MaxSurge),
					MaxUnavailable: intOrString(s.strategy.MaxUnavailable),
				},
			},
			// Counted from the last progress, so it covers one replica.
			ProgressDeadlineSeconds: pulumi.Int(int((nodeProvisioning + s.replacement()).Seconds())),
			Template: &corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{
					Labels:      pulumi.ToStringMap(s.podLabels()),
					Annotations: pulumi.ToStringMap(s.annotations()),
				},
				Spec: s.pod(),
			},
		},
	}
}

// timeouts are how long Pulumi waits for the Deployment: on create all replicas
// start at once, on update one batch after the other is replaced.
func (s *server) timeouts() *pulumi.CustomTimeouts {
	create := nodeProvisioning + s.replacement()
	update := nodeProvisioning + time.Duration(s.batches())*s.replacement()
	return &pulumi.CustomTimeouts{Create: create.String(), Update: update.String()}
}

// replacement is how long it takes at most to stop a replica and load the model
// in another.
func (s *server) replacement() time.Duration {
	return time.Duration(s.model.Health.StartupSeconds+s.graceSeconds()) * time.Second
}

// batches is how many steps replace all replicas at the model's maximum.
func (s *server) batches() int {
	replicas := s.model.Scale.Max
	surge, err := intstr.GetScaledValueFromIntOrPercent(&s.strategy.MaxSurge, replicas, true)
	if err != nil || surge < 1 {
		surge = 1
	}
	return (replicas + surge - 1) / surge
}

func intOrString(v intstr.IntOrString) pulumi.Input {
	if v.Type == intstr.String {
		return pulumi.String(v.StrVal)
	}
	return pulumi.Int(int(v.IntVal))
}
