package eks

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
)

// policyOf is the policy of the only grant of a binding.
func policyOf(t *testing.T, kind cluster.GrantKind, resource pulumi.StringInput) string {
	t.Helper()
	_, rec, err := bind(t, cluster.Grant{Kind: kind, Resource: resource})
	require.NoError(t, err)
	return rec.Named(t, "reader-policy-1").Input(t, "policy").(string)
}

func TestGrants_KnowEveryKind(t *testing.T) {
	for _, kind := range cluster.GrantKinds {
		assert.NotNil(t, statementsOf[kind], kind)
	}
}

func TestGrants_OfTheBucketComeWithItsKey(t *testing.T) {
	for kind, want := range map[cluster.GrantKind]string{
		cluster.ReadObjects:  `["kms:Decrypt"]`,
		cluster.WriteObjects: `["kms:Decrypt","kms:GenerateDataKey"]`,
	} {
		_, rec, err := bindTo(t, stocked(dev()), func(h *cluster.Handle) []cluster.Grant {
			return []cluster.Grant{
				{Kind: kind, Resource: h.Bucket.Resource},
				{Kind: kind, Resource: pulumi.String("arn:aws:s3:::other")},
			}
		})
		require.NoError(t, err)
		own := statements(t, rec.Named(t, "reader-policy-1").Input(t, "policy").(string))
		require.Len(t, own, 3)
		actions, err := json.Marshal(own[2].Action)
		require.NoError(t, err)
		assert.JSONEq(t, want, string(actions))
		assert.Equal(t, []string{"arn:aws:test:us-east-1:111122223333:cluster-key"}, own[2].Resource)
		assert.Equal(t, conditions{"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::cluster-models*"}}, own[2].Condition,
			"secrets and images under the same key are not the pod's")
		assert.Len(t, statements(t, rec.Named(t, "reader-policy-2").Input(t, "policy").(string)), 2, "another bucket has another key or none")
	}
}

func TestGrants_ManageDNS(t *testing.T) {
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["route53:ChangeResourceRecordSets","route53:ListResourceRecordSets","route53:ListTagsForResource"],"Resource":["arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"]},
		{"Effect":"Allow","Action":["route53:GetChange"],"Resource":["arn:aws:route53:::change/*"]},
		{"Effect":"Allow","Action":["route53:ListHostedZones"],"Resource":["*"]}]}`,
		policyOf(t, cluster.ManageDNS, pulumi.String("Z0123456789ABCDEFGHIJ")))
}

func TestGrants_WriteMetrics(t *testing.T) {
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["aps:RemoteWrite"],"Resource":["arn:aws:aps:us-east-1:111122223333:workspace/ws-0123"]}]}`,
		policyOf(t, cluster.WriteMetrics, pulumi.String("ws-0123")))
}

func TestGrants_MeasureQueue(t *testing.T) {
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["sqs:GetQueueAttributes"],"Resource":["arn:aws:sqs:eu-west-1:444455556666:requests.fifo"]}]}`,
		policyOf(t, cluster.MeasureQueue, pulumi.String("https://sqs.eu-west-1.amazonaws.com/444455556666/requests.fifo")))
}

func TestGrants_ScaleNodesOfThisClusterOnly(t *testing.T) {
	var changes []statement
	for _, s := range statements(t, policyOf(t, cluster.ScaleNodes, nil)) {
		if !slices.ContainsFunc(s.Action, func(action string) bool {
			return !strings.Contains(action, ":Describe") && !strings.Contains(action, ":Get")
		}) {
			continue
		}
		changes = append(changes, s)
	}
	require.Len(t, changes, 1)
	assert.Equal(t, []string{"autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"}, changes[0].Action)
	assert.Equal(t, conditions{"StringEquals": {"autoscaling:ResourceTag/kubernetes.io/cluster/gantry-dev": "owned"}}, changes[0].Condition)
	assert.Equal(t, []string{"arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:*:autoScalingGroupName/*"}, changes[0].Resource)
}

// Whatever changes something that is there, and whatever makes something that
// others could be charged with, has to name the cluster by a tag.
func TestGrants_BalanceLoadsOfThisClusterOnly(t *testing.T) {
	free := []string{
		// In a VPC: the group itself is asked for a tag.
		"ec2:CreateSecurityGroup",
		// One role of AWS's own.
		"iam:CreateServiceLinkedRole",
		// Of listeners, upstream asks for no tag.
		"elasticloadbalancing:CreateListener", "elasticloadbalancing:DeleteListener", "elasticloadbalancing:ModifyListener",
		"elasticloadbalancing:ModifyListenerAttributes", "elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags",
	}
	policy := policyOf(t, cluster.BalanceLoads, nil)
	for _, s := range statements(t, policy) {
		for _, action := range s.Action {
			_, verb, _ := strings.Cut(action, ":")
			if strings.HasPrefix(verb, "Describe") || strings.HasPrefix(verb, "Get") {
				continue
			}
			assert.NotContains(t, s.Resource, "*", action)
			if s.Condition == nil {
				assert.Contains(t, free, action)
				continue
			}
			var named bool
			for _, value := range s.Condition["StringEquals"] {
				named = named || value == "gantry-dev"
			}
			assert.True(t, named || s.Condition["StringEquals"]["aws:ResourceTag/kubernetes.io/cluster/gantry-dev"] == "owned", "%s of another cluster", action)
		}
	}
	assert.NotContains(t, policy, "loadbalancer/app", "application load balancers are not made")
	assert.Less(t, len(policy), 10240, "the size of a policy of IAM")
}

func TestGrants_ChangeNothingInGeneral(t *testing.T) {
	for kind, resource := range map[cluster.GrantKind]pulumi.StringInput{
		cluster.ReadObjects: pulumi.String("arn:aws:s3:::models"), cluster.WriteObjects: pulumi.String("arn:aws:s3:::models"),
		cluster.ManageDNS: pulumi.String("Z0123"), cluster.WriteMetrics: pulumi.String("ws-0123"),
		cluster.MeasureQueue: pulumi.String("https://sqs.us-east-1.amazonaws.com/123456789012/a"), cluster.ScaleNodes: nil, cluster.BalanceLoads: nil,
	} {
		for _, s := range statements(t, policyOf(t, kind, resource)) {
			for _, action := range s.Action {
				assert.NotContains(t, action, "*", kind)
				if slices.Contains(s.Resource, "*") {
					assert.Regexp(t, `^[a-z0-9-]+:(Describe|Get|List)`, action, "%s allows it on everything", kind)
				}
			}
		}
	}
}

func TestGrants_RefuseWhatTheyAreNotFor(t *testing.T) {
	for _, test := range []struct {
		kind           cluster.GrantKind
		resource, want string
	}{
		{cluster.ManageDNS, "ml.example.com", `the DNS zone "ml.example.com" of a grant is not the id of a hosted zone`},
		{cluster.ManageDNS, "/hostedzone/Z0123", "is not the id of a hosted zone"},
		{cluster.MeasureQueue, "arn:aws:sqs:us-east-1:123456789012:requests", "is not the URL of an SQS queue"},
		{cluster.MeasureQueue, "https://sqs.us-east-1.amazonaws.com/123456789012/*", "is not the URL of an SQS queue"},
		{cluster.WriteMetrics, "arn:aws:aps:us-east-1:1:workspace/ws-0", "is not the id of a workspace"},
	} {
		_, _, err := bind(t, cluster.Grant{Kind: test.kind, Resource: pulumi.String(test.resource)})
		assert.ErrorContains(t, err, test.want)
	}
}

func statements(t *testing.T, policy string) []statement {
	t.Helper()
	var document struct{ Statement []statement }
	require.NoError(t, json.Unmarshal([]byte(policy), &document))
	return document.Statement
}
