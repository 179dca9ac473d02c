package aws

import (
	"fmt"
	"hash/crc32"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// anywhere is the destination of a default route.
const anywhere = "0.0.0.0/0"

var (
	gatewayTargets = []emulator.Target{{Token: tokenInternetGateway}}
	natTargets     = []emulator.Target{{Token: tokenNAT}}
)

func gatewayRef(path string) emulator.Ref {
	return emulator.Ref{
		Path: path, To: gatewayTargets,
		Missing: missing("InvalidGatewayID.NotFound", "The gateway ID '%s' does not exist"),
	}
}

func natRef(path string) emulator.Ref {
	return emulator.Ref{
		Path: path, To: natTargets,
		Missing: missing("InvalidNatGatewayID.NotFound", "The natGateway ID '%s' does not exist"),
	}
}

func (a *Account) routeTable() emulator.Type {
	return emulator.Type{
		Token:   tokenRouteTable,
		Source:  "hashicorp/terraform-provider-aws internal/service/ec2/vpc_route_table.go",
		Replace: []string{"vpcId"},
		Sets:    []string{"propagatingVgws", "routes"},
		Refs: []emulator.Ref{
			vpcRef(), gatewayRef("routes[].gatewayId"), natRef("routes[].natGatewayId"),
		},
		InUse: inUse("DependencyViolation", "The routeTable '%s' has dependencies and cannot be deleted."),
		Create: func(op *emulator.Op) error {
			op.Object.ID = ec2ID("rtb")
			op.Out()["arn"] = a.arn("ec2", "route-table/"+op.Object.ID)
			op.Out()["ownerId"] = accountID
			return nil
		},
	}
}

// destinations and targets of a route, of each exactly one.
var (
	routeDestinations = []string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"}
	routeTargets      = []string{
		"carrierGatewayId", "coreNetworkArn", "egressOnlyGatewayId", "gatewayId", "localGatewayId", "natGatewayId",
		"networkInterfaceId", "transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId",
	}
)

func (a *Account) route() emulator.Type {
	return emulator.Type{
		Token:   tokenRoute,
		Source:  "hashicorp/terraform-provider-aws internal/service/ec2/vpc_route.go",
		Replace: append([]string{"routeTableId"}, routeDestinations...),
		Refs: []emulator.Ref{
			routeTableRef("routeTableId", false), gatewayRef("gatewayId"), natRef("natGatewayId"),
		},
		Validate: rules.All(
			rules.ExactlyOne(routeDestinations...), rules.ExactlyOne(routeTargets...),
			rules.Network("destinationCidrBlock", 0, 32),
		),
		Taken: func(o emulator.Object) error {
			return refuse("RouteAlreadyExists", "The route identified by %s already exists.", destination(o.Inputs))
		},
		Create: func(op *emulator.Op) error {
			in, out := op.In(), op.Out()
			// The id that terraform-provider-aws makes up: the API has none.
			op.Object.ID = fmt.Sprintf("r-%s%d", in.String("routeTableId"), crc32.ChecksumIEEE([]byte(destination(in))))
			out["origin"], out["state"] = "CreateRoute", "active"
			return sameNetwork(op)
		},
		Update: sameNetwork,
	}
}

func destination(in emulator.Properties) string {
	var found string
	for _, name := range routeDestinations {
		found += in.String(name)
	}
	return found
}

// sameNetwork refuses a route out of a VPC through the gateway of another.
func sameNetwork(op *emulator.Op) error {
	table, gateway := op.In().String("routeTableId"), op.In().String("gatewayId")
	if gateway == "" {
		return nil
	}
	if vpcOfTable(op.Tx, table) != get(op.Tx, tokenInternetGateway, gateway).Inputs.String("vpcId") {
		return refuse("InvalidParameterValue", "route table %s and network gateway %s belong to different networks", table, gateway)
	}
	return nil
}

// vpcOfTable is the VPC of a route table, its main one included.
func vpcOfTable(tx *emulator.Tx, id string) string {
	if table, ok := tx.Get(tokenRouteTable, id); ok {
		return table.Inputs.String("vpcId")
	}
	vpc, _ := tx.Find(tokenVPC, func(o emulator.Object) bool { return o.Outputs.String("mainRouteTableId") == id })
	return vpc.ID
}

func (a *Account) routeTableAssociation() emulator.Type {
	return emulator.Type{
		Token:   tokenRouteTableAssociation,
		Source:  "hashicorp/terraform-provider-aws internal/service/ec2/vpc_route_table_association.go",
		Replace: []string{"gatewayId", "subnetId"},
		Refs: []emulator.Ref{
			routeTableRef("routeTableId", true), gatewayRef("gatewayId"),
			{
				Path: "subnetId", To: []emulator.Target{{Token: tokenSubnet}},
				Missing: missing("InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist"),
			},
		},
		Validate: rules.ExactlyOne("subnetId", "gatewayId"),
		Create: func(op *emulator.Op) error {
			op.Object.ID = ec2ID("rtbassoc")
			return oneTablePerSubnet(op)
		},
		Update: oneTablePerSubnet,
	}
}

func oneTablePerSubnet(op *emulator.Op) error {
	table, subnet := op.In().String("routeTableId"), op.In().String("subnetId")
	if subnet == "" {
		return nil
	}
	_, taken := op.Find(tokenRouteTableAssociation, func(o emulator.Object) bool {
		return o.ID != op.Object.ID && o.Inputs.String("subnetId") == subnet
	})
	if taken {
		return refuse("Resource.AlreadyAssociated",
			"the specified association for route table %s conflicts with an existing association", table)
	}
	if vpcOfTable(op.Tx, table) != get(op.Tx, tokenSubnet, subnet).Inputs.String("vpcId") {
		return refuse("InvalidParameterValue", "Route table %s and subnet %s belong to different networks", table, subnet)
	}
	return nil
}

// way is how traffic for the internet leaves a subnet.
type way struct{ gateway, nat string }

// wayOut follows the default route of a subnet. Without an association the main
// route table of the VPC counts.
func wayOut(tx *emulator.Tx, subnet emulator.Object) way {
	vpc := get(tx, tokenVPC, subnet.Inputs.String("vpcId"))
	table := vpc.Outputs.String("mainRouteTableId")
	association, ok := tx.Find(tokenRouteTableAssociation, func(o emulator.Object) bool {
		return o.Inputs.String("subnetId") == subnet.ID
	})
	if ok {
		table = association.Inputs.String("routeTableId")
	}
	for _, route := range tx.Of(tokenRoute) {
		if route.Inputs.String("routeTableId") == table && route.Inputs.String("destinationCidrBlock") == anywhere {
			return way{route.Inputs.String("gatewayId"), route.Inputs.String("natGatewayId")}
		}
	}
	for _, route := range get(tx, tokenRouteTable, table).Inputs.Objects("routes") {
		if route.String("cidrBlock") == anywhere {
			return way{route.String("gatewayId"), route.String("natGatewayId")}
		}
	}
	return way{}
}
