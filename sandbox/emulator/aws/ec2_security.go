package aws

import (
	"net/netip"
	"regexp"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

var groupNameForm = regexp.MustCompile(`^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}$`)

func (a *Account) securityGroup() emulator.Type {
	return emulator.Type{
		Token:    tokenSecurityGroup,
		Source:   "hashicorp/terraform-provider-aws internal/service/ec2/vpc_security_group.go",
		Replace:  []string{"description", "name", "namePrefix", "vpcId"},
		Sets:     []string{"ingress", "egress"},
		Name:     &emulator.AutoName{Property: "name", Unless: "namePrefix", MaxLength: 255},
		Defaults: emulator.Properties{"description": "Managed by Pulumi", "revokeRulesOnDelete": false},
		Refs:     []emulator.Ref{vpcRef(), securityGroupRef("ingress[].securityGroups[]", true)},
		InUse:    inUse("DependencyViolation", "resource %s has a dependent object"),
		Validate: rules.Matching("name", groupNameForm, "up to 255 characters of a-z, A-Z, 0-9, spaces and ._-:/()#,@[]+=&;{}!$*"),
		Create: func(op *emulator.Op) error {
			o, out := op.Object, op.Out()
			name, vpc := named(op.In(), "name", "namePrefix"), op.In().String("vpcId")
			if vpc == "" {
				return refuse("VPCIdNotSpecified", "No default VPC for this user")
			}
			_, taken := op.Find(tokenSecurityGroup, func(o emulator.Object) bool {
				return o.Outputs.String("name") == name && o.Outputs.String("vpcId") == vpc
			})
			if taken {
				return refuse("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, vpc)
			}
			o.ID = ec2ID("sg")
			out["name"] = name
			out["arn"] = a.arn("ec2", "security-group/"+o.ID)
			out["ownerId"] = accountID
			return nil
		},
	}
}

// ruleSources are what a rule may let in, exactly one of them.
var ruleSources = []string{"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}

func (a *Account) ingressRule() emulator.Type {
	return emulator.Type{
		Token:     tokenIngressRule,
		Source:    "hashicorp/terraform-provider-aws internal/service/ec2/vpc_security_group_ingress_rule.go",
		Replace:   []string{"securityGroupId"},
		ReplaceIf: otherSource,
		Refs: []emulator.Ref{
			securityGroupRef("securityGroupId", false), securityGroupRef("referencedSecurityGroupId", true),
		},
		Validate: rules.All(
			rules.ExactlyOne(ruleSources...), rules.Network("cidrIpv4", 0, 32),
			rules.Between("fromPort", -1, 65535), rules.Between("toPort", -1, 65535), portsOfProtocol, ipv6Network,
		),
		Create: func(op *emulator.Op) error {
			if err := newRule(op); err != nil {
				return err
			}
			o := op.Object
			o.ID = ec2ID("sgr")
			op.Out()["securityGroupRuleId"] = o.ID
			op.Out()["arn"] = a.arn("ec2", "security-group-rule/"+o.ID)
			return nil
		},
		Update: newRule,
	}
}

// otherSource replaces a rule whose kind of source changes.
func otherSource(olds, news emulator.Properties) []string {
	var changed []string
	for _, source := range ruleSources {
		if olds.Has(source) != news.Has(source) {
			changed = append(changed, source)
		}
	}
	return changed
}

func portsOfProtocol(in emulator.Properties) error {
	all := in.String("ipProtocol") == "-1" || in.String("ipProtocol") == "all"
	ports := in.Has("fromPort") || in.Has("toPort")
	switch {
	case all && ports && (in.Int("fromPort") != -1 || in.Int("toPort") != -1):
		return rules.Invalid("fromPort", `and toPort cannot be given with ipProtocol "-1", which means all ports`)
	case !all && in.Known("ipProtocol") && (!in.Has("fromPort") || !in.Has("toPort")):
		return refuse("MissingParameter", "Invalid value '%s' for IP protocol. Must specify both from and to ports.", in.String("ipProtocol"))
	case in.Known("fromPort") && in.Known("toPort") && in.Int("fromPort") > in.Int("toPort"):
		return refuse("InvalidParameterValue", "Invalid TCP port range: from %d to %d", in.Int("fromPort"), in.Int("toPort"))
	}
	return nil
}

func ipv6Network(in emulator.Properties) error {
	given := in.String("cidrIpv6")
	if given == "" {
		return nil
	}
	if prefix, err := netip.ParsePrefix(given); err != nil || !prefix.Addr().Is6() {
		return rules.Invalid("cidrIpv6", "is %q, which is not an IPv6 network such as 2001:db8::/32", given)
	}
	return nil
}

// newRule refuses a rule that the group has already.
func newRule(op *emulator.Op) error {
	same := append([]string{"securityGroupId", "ipProtocol", "fromPort", "toPort"}, ruleSources...)
	_, taken := op.Find(tokenIngressRule, func(o emulator.Object) bool {
		for _, property := range same {
			if o.Inputs.At(property) != op.In().At(property) {
				return false
			}
		}
		return o.ID != op.Object.ID
	})
	if taken {
		return refuse("InvalidPermission.Duplicate", "the specified rule already exists in %s", op.In().String("securityGroupId"))
	}
	return nil
}
