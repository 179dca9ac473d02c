package aws

import (
	"slices"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/random"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// Services of AWS that a VPC endpoint can lead to: those that EKS nodes and
// add-ons use.
// https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
var (
	gatewayServices   = []string{"s3", "dynamodb"}
	interfaceServices = []string{
		"autoscaling", "ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticfilesystem", "elasticloadbalancing",
		"kms", "logs", "s3", "secretsmanager", "ssm", "ssmmessages", "sts", "xray",
	}
)

// openPolicy lets everybody through, as an endpoint without a policy does.
const openPolicy = `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2008-10-17"}`

// s3PrefixList and its networks are those of us-east-1.
const s3PrefixList = "pl-63a5400a"

var s3Networks = []string{"16.15.192.0/18", "52.216.0.0/15", "54.231.0.0/16", "3.5.0.0/19"}

func (a *Account) vpcEndpoint() emulator.Type {
	return emulator.Type{
		Token:  tokenVPCEndpoint,
		Source: "hashicorp/terraform-provider-aws internal/service/ec2/vpc_endpoint.go",
		Replace: []string{
			"resourceConfigurationArn", "serviceName", "serviceNetworkArn", "serviceRegion", "vpcEndpointType", "vpcId",
		},
		Sets:     []string{"routeTableIds", "securityGroupIds", "subnetIds", "subnetConfigurations"},
		JSON:     []string{"policy"},
		Defaults: emulator.Properties{"vpcEndpointType": "Gateway"},
		Refs: []emulator.Ref{
			vpcRef(), subnetRef("subnetIds[]"), securityGroupRef("securityGroupIds[]", true),
			routeTableRef("routeTableIds[]", false),
		},
		Validate: rules.All(
			rules.OneOf("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer"), document("policy"), endpointShape,
		),
		Create: func(op *emulator.Op) error {
			if err := a.knownService(op.Out()); err != nil {
				return err
			}
			o, out := op.Object, op.Out()
			o.ID = ec2ID("vpce")
			out["arn"] = a.arn("ec2", "vpc-endpoint/"+o.ID)
			out["ownerId"] = accountID
			out["state"] = "available"
			out["serviceRegion"] = a.region()
			out["ipAddressType"] = "ipv4"
			out["cidrBlocks"], out["dnsEntries"], out["networkInterfaceIds"] = []any{}, []any{}, []any{}
			if !out.Has("policy") {
				out["policy"] = openPolicy
			}
			if strings.HasSuffix(out.String("serviceName"), ".s3") {
				out["prefixListId"], out["cidrBlocks"] = s3PrefixList, emulator.Strings(s3Networks...)
			}
			if out.String("vpcEndpointType") == "Interface" {
				a.listInterfaces(o)
			}
			return nil
		},
	}
}

// endpointShape keeps the properties of the two kinds apart.
func endpointShape(in emulator.Properties) error {
	wrong := []string{"subnetIds", "securityGroupIds"}
	if in.String("vpcEndpointType") == "Interface" {
		wrong = []string{"routeTableIds"}
	}
	for _, property := range wrong {
		if in.Has(property) {
			return refuse("InvalidParameter", "%s cannot be used with this type of endpoint", property)
		}
	}
	return nil
}

func (a *Account) knownService(out emulator.Properties) error {
	services := gatewayServices
	if out.String("vpcEndpointType") == "Interface" {
		services = interfaceServices
	}
	name := out.String("serviceName")
	service, ok := strings.CutPrefix(name, "com.amazonaws."+a.region()+".")
	if !ok || !slices.Contains(services, service) {
		return refuse("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", name)
	}
	return nil
}

// listInterfaces gives an interface endpoint its interfaces and DNS name.
func (a *Account) listInterfaces(o *emulator.Object) {
	var interfaces []any
	for range o.Inputs.Strings("subnetIds") {
		interfaces = append(interfaces, ec2ID("eni"))
	}
	o.Outputs["networkInterfaceIds"] = interfaces
	service := strings.TrimPrefix(o.Outputs.String("serviceName"), "com.amazonaws."+a.region()+".")
	o.Outputs["dnsEntries"] = []any{map[string]any{
		"dnsName":      o.ID + "-" + random.Hex(8) + "." + service + "." + a.region() + ".vpce." + a.dnsSuffix(),
		"hostedZoneId": "Z7HUB22UULQXV",
	}}
}
