package eks

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
)

// statement is one statement of an IAM policy. Every grant allows something.
type statement struct {
	Effect    string
	Action    []string
	Resource  []string
	Condition conditions `json:",omitempty"`
}

// conditions of a statement: operator, key, value.
type conditions map[string]map[string]string

// allow is a statement without a condition. "*" is for actions that AWS grants on
// no single thing.
func allow(actions []string, resources ...string) statement {
	return statement{Effect: "Allow", Action: actions, Resource: resources}
}

// when narrows a statement.
func (s statement) when(c conditions) statement {
	s.Condition = c
	return s
}

// facts are what the statements of a grant are made of.
type facts struct {
	build *build
	// resource of the grant, account of the cluster.
	resource, account string
	// bucket is the ARN of the platform's own bucket, key that of what encrypts
	// it; both empty where there is none.
	bucket, key string
}

// arn of something in the cluster's region and account.
func (f facts) arn(service, rest string) string {
	return f.build.arn(fmt.Sprintf("%s:%s:%s:%s", service, f.build.platform.Region, f.account, rest))
}

// statementsOf is what each kind of grant allows.
var statementsOf = map[cluster.GrantKind]func(facts) ([]statement, error){
	cluster.ReadObjects:  objects("s3:GetObject"),
	cluster.WriteObjects: objects("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"),
	cluster.ManageDNS:    manageDNS,
	cluster.WriteMetrics: writeMetrics,
	cluster.MeasureQueue: measureQueue,
	cluster.ScaleNodes:   scaleNodes,
	cluster.BalanceLoads: balanceLoads,
}

// policy is the IAM policy of a grant.
func (p *podIdentities) policy(grant cluster.Grant) pulumi.StringOutput {
	resource := pulumi.String("").ToStringOutput()
	if grant.Resource != nil {
		resource = grant.Resource.ToStringOutput()
	}
	bucket, key := pulumi.String("").ToStringOutput(), pulumi.String("").ToStringOutput()
	if p.models != nil {
		bucket, key = p.models.Resource, p.key.Arn
	}
	return pulumi.All(resource, p.control.Arn, bucket, key).ApplyT(func(values []any) (string, error) {
		f := facts{build: p.build, resource: values[0].(string), bucket: values[2].(string), key: values[3].(string)}
		var err error
		if f.account, err = accountOf(values[1].(string)); err != nil {
			return "", err
		}
		statements, err := statementsOf[grant.Kind](f)
		if err != nil {
			return "", err
		}
		document, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
		return string(document), err
	}).(pulumi.StringOutput)
}

// objects allows some actions on the objects of a bucket, and to list the bucket.
// The objects of the platform's own are encrypted with its key, which the pod may
// use for those and nothing else. Source: Amazon S3 user guide, "Policy actions
// for Amazon S3" and "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys".
func objects(actions ...string) func(facts) ([]statement, error) {
	use := []string{"kms:Decrypt"}
	if len(actions) > 1 {
		use = append(use, "kms:GenerateDataKey")
	}
	return func(f facts) ([]statement, error) {
		if !strings.HasPrefix(f.resource, "arn:") {
			return nil, fmt.Errorf("the bucket %q of a grant is not an ARN, for example arn:aws:s3:::my-bucket", f.resource)
		}
		statements := []statement{
			allow([]string{"s3:ListBucket"}, f.resource),
			allow(actions, f.resource+"/*"),
		}
		if f.resource != f.bucket {
			return statements, nil
		}
		return append(statements, allow(use, f.key).when(conditions{
			"StringLike": {"kms:EncryptionContext:aws:s3:arn": f.bucket + "*"},
		})), nil
	}
}

// hostedZone is the id of a Route 53 zone.
var hostedZone = regexp.MustCompile(`^Z[A-Z0-9]{1,31}$`)

// manageDNS allows what external-dns and cert-manager do in one zone. The ids of
// changes say nothing of the zone, and zones are listed all or not at all. Source:
// Service Authorization Reference, "Actions, resources, and condition keys for
// Amazon Route 53".
func manageDNS(f facts) ([]statement, error) {
	if !hostedZone.MatchString(f.resource) {
		return nil, fmt.Errorf("the DNS zone %q of a grant is not the id of a hosted zone of Route 53, for example Z0123456789ABCDEFGHIJ", f.resource)
	}
	zone := f.build.arn("route53:::hostedzone/" + f.resource)
	return []statement{
		allow([]string{"route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets", "route53:ListTagsForResource"}, zone),
		allow([]string{"route53:GetChange"}, f.build.arn("route53:::change/*")),
		allow([]string{"route53:ListHostedZones"}, "*"),
	}, nil
}

// workspaceID is the id of a workspace of Amazon Managed Service for Prometheus.
var workspaceID = regexp.MustCompile(`^ws-[0-9A-Za-z-]+$`)

// writeMetrics allows to send metrics to one workspace in the cluster's region
// and account.
func writeMetrics(f facts) ([]statement, error) {
	if !workspaceID.MatchString(f.resource) {
		return nil, fmt.Errorf("the workspace %q of a grant is not the id of a workspace of Amazon Managed Service for Prometheus, for example ws-01234567-89ab-cdef-0123-456789abcdef", f.resource)
	}
	return []statement{allow([]string{"aps:RemoteWrite"}, f.arn("aps", "workspace/"+f.resource))}, nil
}

// queueURL is the URL of an SQS queue: region, account, name.
var queueURL = regexp.MustCompile(`^https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(\d{12})/([A-Za-z0-9_.-]+)$`)

// measureQueue allows to ask how many messages a queue has. Source:
// https://keda.sh/docs/latest/scalers/aws-sqs/
func measureQueue(f facts) ([]statement, error) {
	match := queueURL.FindStringSubmatch(f.resource)
	if match == nil {
		return nil, fmt.Errorf("the queue %q of a grant is not the URL of an SQS queue, for example https://sqs.us-east-1.amazonaws.com/123456789012/requests", f.resource)
	}
	return []statement{allow([]string{"sqs:GetQueueAttributes"}, f.build.arn(fmt.Sprintf("sqs:%s:%s:%s", match[1], match[2], match[3])))}, nil
}

// ownedBy is the tag that EKS puts on the Auto Scaling groups and on the security
// group of a cluster.
func ownedBy(name string) string { return "kubernetes.io/cluster/" + name }

// scaleNodes allows Cluster Autoscaler to set the sizes of this cluster's own
// groups. Source: kubernetes/autoscaler,
// cluster-autoscaler/cloudprovider/aws/README.md, "IAM Policy".
func scaleNodes(f facts) ([]statement, error) {
	name := f.build.platform.Name
	return []statement{
		allow([]string{
			"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances",
			"autoscaling:DescribeLaunchConfigurations", "autoscaling:DescribeScalingActivities", "autoscaling:DescribeTags",
			"ec2:DescribeImages", "ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplateVersions",
			"ec2:GetInstanceTypesFromInstanceRequirements",
		}, "*"),
		allow([]string{"eks:DescribeNodegroup"}, f.arn("eks", "nodegroup/"+name+"/*/*")),
		allow([]string{"autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"},
			f.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/*")).
			when(conditions{"StringEquals": {"autoscaling:ResourceTag/" + ownedBy(name): "owned"}}),
	}, nil
}
