package serving

import (
	autoscalingv2 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/autoscaling/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// How fast replicas come and go: by how many percent at most in a period, and
// only what every recommendation of the window agrees to; both in seconds.
const (
	// Up at once: requests are waiting, and a replica on a new node takes minutes
	// as it is.
	upPercent, upPeriod, upWindow = 100, 30, 0
	// Down slowly: what is given back has to be loaded again.
	downPercent, downPeriod, downWindow = 50, 60, 300
)

// scaler holds the mean use of CPU and memory at the model's targets; the one
// that asks for more replicas wins.
func (s *server) scaler() *autoscalingv2.HorizontalPodAutoscalerArgs {
	return &autoscalingv2.HorizontalPodAutoscalerArgs{
		Metadata: s.metadata(),
		Spec: &autoscalingv2.HorizontalPodAutoscalerSpecArgs{
			ScaleTargetRef: &autoscalingv2.CrossVersionObjectReferenceArgs{
				ApiVersion: pulumi.String("apps/v1"),
				Kind:       pulumi.String("Deployment"),
				Name:       pulumi.String(s.name()),
			},
			MinReplicas: pulumi.Int(s.model.Scale.Least()),
			MaxReplicas: pulumi.Int(s.model.Scale.Max),
			Metrics: autoscalingv2.MetricSpecArray{
				utilization("cpu", s.model.Scale.CPUUtilization),
				utilization("memory", s.model.Scale.MemoryUtilization),
			},
			Behavior: &autoscalingv2.HorizontalPodAutoscalerBehaviorArgs{
				ScaleUp:   byPercent(upPercent, upPeriod, upWindow),
				ScaleDown: byPercent(downPercent, downPeriod, downWindow),
			},
		},
	}
}

// utilization is a target in percent of what the replicas request.
func utilization(resource string, percent int) *autoscalingv2.MetricSpecArgs {
	return &autoscalingv2.MetricSpecArgs{
		Type: pulumi.String("Resource"),
		Resource: &autoscalingv2.ResourceMetricSourceArgs{
			Name: pulumi.String(resource),
			Target: &autoscalingv2.MetricTargetArgs{
				Type:               pulumi.String("Utilization"),
				AverageUtilization: pulumi.Int(percent),
			},
		},
	}
}

// byPercent changes the number of replicas by at most percent in each period,
// and only by what every recommendation of the last window agrees to. Period and
// window are in seconds.
func byPercent(percent, period, window int) *autoscalingv2.HPAScalingRulesArgs {
	return &autoscalingv2.HPAScalingRulesArgs{
		StabilizationWindowSeconds: pulumi.Int(window),
		Policies: autoscalingv2.HPAScalingPolicyArray{autoscalingv2.HPAScalingPolicyArgs{
			Type:          pulumi.String("Percent"),
			Value:         pulumi.Int(percent),
			PeriodSeconds: pulumi.Int(period),
		}},
	}
}
