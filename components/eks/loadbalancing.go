package eks

// tagLoadBalancer marks what the AWS Load Balancer Controller has made; its value
// is the name of the cluster.
const tagLoadBalancer = "elbv2.k8s.aws/cluster"

// serviceLinkedRole is the role as which Elastic Load Balancing acts in an
// account. The first load balancer makes it.
const serviceLinkedRole = "role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing"

// balanceLoads allows the AWS Load Balancer Controller to make network load
// balancers and their security groups, and to change those of this cluster.
// Upstream's policy also serves application load balancers, certificates, WAF and
// Shield, and asks only whether a tag is there: here it has to name the cluster.
// Source: kubernetes-sigs/aws-load-balancer-controller at v3.5,
// docs/install/iam_policy.json.
func balanceLoads(f facts) ([]statement, error) {
	name := f.build.platform.Name
	balancers, targets := f.arn("elasticloadbalancing", "loadbalancer/net/*/*"), f.arn("elasticloadbalancing", "targetgroup/*/*")
	listeners, groups := f.arn("elasticloadbalancing", "listener/net/*/*/*"), f.arn("ec2", "security-group/*")
	made := conditions{"StringEquals": {"aws:ResourceTag/" + tagLoadBalancer: name}}
	// tagged asks for the tag of the cluster in the request that makes a thing.
	tagged := func(more ...string) conditions {
		equals := map[string]string{"aws:RequestTag/" + tagLoadBalancer: name}
		for i := 0; i < len(more); i += 2 {
			equals[more[i]] = more[i+1]
		}
		return conditions{"StringEquals": equals}
	}
	// retagged lets all tags of what is there be changed but the cluster's own.
	retagged := conditions{
		"StringEquals": {"aws:ResourceTag/" + tagLoadBalancer: name},
		"Null":         {"aws:RequestTag/" + tagLoadBalancer: "true"},
	}
	return []statement{
		allow([]string{
			"ec2:DescribeAccountAttributes", "ec2:DescribeAvailabilityZones", "ec2:DescribeInstances",
			"ec2:DescribeInternetGateways", "ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables",
			"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeTags", "ec2:DescribeVpcs",
			"ec2:GetSecurityGroupsForVpc",
			"elasticloadbalancing:DescribeCapacityReservation", "elasticloadbalancing:DescribeListenerAttributes",
			"elasticloadbalancing:DescribeListenerCertificates", "elasticloadbalancing:DescribeListeners",
			"elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancers",
			"elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags",
			"elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetGroups",
			"elasticloadbalancing:DescribeTargetHealth",
		}, "*"),
		allow([]string{"iam:CreateServiceLinkedRole"}, f.build.arn("iam::"+f.account+":"+serviceLinkedRole)),

		// Security groups of load balancers. A group is made in a VPC, which has
		// no tag of the controller's.
		allow([]string{"ec2:CreateSecurityGroup"}, groups).when(tagged()),
		allow([]string{"ec2:CreateSecurityGroup"}, f.arn("ec2", "vpc/*")),
		allow([]string{"ec2:CreateTags"}, groups).when(tagged("ec2:CreateAction", "CreateSecurityGroup")),
		allow([]string{"ec2:CreateTags", "ec2:DeleteTags"}, groups).when(retagged),
		allow([]string{"ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress", "ec2:DeleteSecurityGroup"}, groups).when(made),
		// The security group of the nodes, which has to let the load balancer in.
		allow([]string{"ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"}, groups).
			when(conditions{"StringEquals": {"aws:ResourceTag/" + ownedBy(name): "owned"}}),

		// Load balancers, listeners and targets.
		allow([]string{"elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"}, balancers, targets).when(tagged()),
		allow([]string{"elasticloadbalancing:AddTags"}, balancers).when(tagged("elasticloadbalancing:CreateAction", "CreateLoadBalancer")),
		allow([]string{"elasticloadbalancing:AddTags"}, targets).when(tagged("elasticloadbalancing:CreateAction", "CreateTargetGroup")),
		allow([]string{"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"}, balancers, targets).when(retagged),
		allow([]string{
			"elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:DeleteTargetGroup",
			"elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:ModifyLoadBalancerAttributes",
			"elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes",
			"elasticloadbalancing:RegisterTargets", "elasticloadbalancing:SetIpAddressType",
			"elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets",
		}, balancers, targets).when(made),
		// Of listeners upstream asks for no tag, because older ones have none.
		allow([]string{"elasticloadbalancing:CreateListener"}, balancers),
		allow([]string{
			"elasticloadbalancing:AddTags", "elasticloadbalancing:DeleteListener", "elasticloadbalancing:ModifyListener",
			"elasticloadbalancing:ModifyListenerAttributes", "elasticloadbalancing:RemoveTags",
		}, listeners),
	}, nil
}
