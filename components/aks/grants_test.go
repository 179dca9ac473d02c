package aks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/components/componenttest"
)

const (
	dnsGroup = "/subscriptions/s/resourceGroups/dns"
	dns      = dnsGroup + "/providers/Microsoft.Network/dnsZones/ml.example.com"
	queue    = "/subscriptions/s/resourceGroups/m/providers/Microsoft.ServiceBus/namespaces/ml/queues/requests"
	rule     = "/subscriptions/s/resourceGroups/m/providers/Microsoft.Insights/dataCollectionRules/ml"
)

func TestGrants_OfAddons(t *testing.T) {
	rec, _, _ := bind(t, dev(), cluster.Binding{Namespace: "dns", ServiceAccount: "external-dns", Grants: []cluster.Grant{
		{Kind: cluster.ManageDNS, Resource: pulumi.String(dns)},
		{Kind: cluster.WriteMetrics, Resource: pulumi.String(rule)},
		{Kind: cluster.MeasureQueue, Resource: pulumi.String(queue)},
	}})
	assert.Equal(t, map[any]string{
		dns:      "befefa01-2a29-4197-83a8-272ff33ce314",
		dnsGroup: "acdd72a7-3385-48ef-bd42-f606fba81ae7", // zones are listed by their group
		queue:    "090c5cfd-751d-490a-894a-3ce6f1109419",
		rule:     "3913510d-42f4-4e42-8a64-420c390055eb",
	}, grants(t, rec, "loader-identity-principal"))
	for _, name := range []string{"loader-manage-dns-1", "loader-manage-dns-1-list", "loader-write-metrics-2"} {
		assert.True(t, rec.DependsOn(rec.Named(t, "probe"), rec.Named(t, name)), name)
	}
}

func TestGrants_RefuseWhatTheyAreNotFor(t *testing.T) {
	for _, test := range []struct {
		grant cluster.Grant
		want  string
	}{
		{cluster.Grant{Kind: cluster.ManageDNS, Resource: pulumi.String("ml.example.com")}, `the DNS zone "ml.example.com" of a grant is not the resource id of an Azure DNS zone`},
		{cluster.Grant{Kind: cluster.WriteMetrics, Resource: pulumi.String("ws-0123")}, "is not the resource id of a data collection rule"},
		{cluster.Grant{Kind: cluster.MeasureQueue, Resource: pulumi.String("requests")}, "is not the resource id of a queue of Service Bus"},
		{cluster.Grant{Kind: cluster.ScaleNodes}, "grant 0 is of kind scale-nodes, which no pod needs here: AKS scales its nodes"},
		{cluster.Grant{Kind: cluster.BalanceLoads}, "grant 0 is of kind balance-loads"},
	} {
		rec := &componenttest.Recorder{Outputs: outputs, Invoke: account}
		err := rec.Run(func(ctx *pulumi.Context) error {
			c, err := New(ctx, "cluster", dev())
			if err != nil {
				return err
			}
			_, err = c.Handle.BindServiceAccount(ctx, "loader", cluster.Binding{Namespace: "n", ServiceAccount: "s", Grants: []cluster.Grant{test.grant}})
			return err
		})
		assert.ErrorContains(t, err, test.want)
	}
}
