package gke

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/components/cluster"
)

func TestGrants_ManageDNSInOneZone(t *testing.T) {
	_, rec, err := bind(t, cluster.Grant{Kind: cluster.ManageDNS, Resource: pulumi.String("ml-example-com")})
	require.NoError(t, err)
	zone, list := rec.Named(t, "reader-grant-1"), rec.Named(t, "reader-grant-1-list")
	assert.Equal(t, "gcp:dns/dnsManagedZoneIamMember:DnsManagedZoneIamMember", zone.Type)
	assert.Equal(t, "ml-example-com", zone.Input(t, "managedZone"))
	assert.Equal(t, "roles/dns.admin", zone.Input(t, "role"))
	assert.Equal(t, "roles/dns.reader", list.Input(t, "role"), "of the project, whose zones are listed")
	for _, member := range []string{"reader-grant-1", "reader-grant-1-list"} {
		assert.Equal(t, "serviceAccount:reader-account@ml-platform.iam.gserviceaccount.com", rec.Named(t, member).Input(t, "member"))
		assert.True(t, rec.DependsOn(rec.Named(t, "probe"), rec.Named(t, member)), member)
	}
}

func TestGrants_WriteMetricsOfTheProject(t *testing.T) {
	_, rec, err := bind(t, cluster.Grant{Kind: cluster.WriteMetrics, Resource: pulumi.String("")})
	require.NoError(t, err)
	member := rec.Named(t, "reader-grant-1")
	assert.Equal(t, typeIAMMember, member.Type)
	assert.Equal(t, "roles/monitoring.metricWriter", member.Input(t, "role"))
	assert.Equal(t, "ml-platform", member.Input(t, "project"))
}

func TestGrants_MeasureQueueByTheProjectsMetrics(t *testing.T) {
	_, rec, err := bind(t, cluster.Grant{Kind: cluster.MeasureQueue, Resource: pulumi.String("requests")})
	require.NoError(t, err)
	member := rec.Named(t, "reader-grant-1")
	assert.Equal(t, typeIAMMember, member.Type)
	assert.Equal(t, "roles/monitoring.viewer", member.Input(t, "role"))
	assert.Equal(t, "ml-platform", member.Input(t, "project"))
}

func TestGrants_RefuseWhatTheyAreNotFor(t *testing.T) {
	for _, test := range []struct {
		grant cluster.Grant
		want  string
	}{
		{cluster.Grant{Kind: cluster.ManageDNS, Resource: pulumi.String("ml.example.com")}, `the DNS zone "ml.example.com" of a grant is not the name of a managed zone`},
		{cluster.Grant{Kind: cluster.ScaleNodes}, "grant 0 is of kind scale-nodes, which no pod needs here: GKE scales its nodes"},
		{cluster.Grant{Kind: cluster.BalanceLoads}, "grant 0 is of kind balance-loads"},
	} {
		_, rec, err := bind(t, test.grant)
		assert.ErrorContains(t, err, test.want)
		if test.grant.Resource == nil {
			for _, account := range rec.OfType(typeAccount) {
				assert.NotEqual(t, "reader-account", account.Name, "nothing is registered")
			}
		}
	}
}
