package gke

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestControlPlane_IsPrivateUnlessRangesAreNamed(t *testing.T) {
	private := run(t, dev()).Named(t, "cluster-cluster")
	assert.Equal(t, map[string]any{
		"enablePrivateNodes": true, "enablePrivateEndpoint": true, "masterIpv4CidrBlock": "10.0.255.240/28",
	}, private.Input(t, "privateClusterConfig"))
	assert.Equal(t, []any{map[string]any{"cidrBlock": "10.0.0.0/16", "displayName": "network"}},
		private.Input(t, "masterAuthorizedNetworksConfig.cidrBlocks"), "the API answers inside the network")
	assert.Equal(t, false, private.Input(t, "masterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled"))

	public := run(t, edit(dev(), func(a *Args) { a.Platform.Cluster.PublicAccessCIDRs = []string{"203.0.113.0/24"} })).Named(t, "cluster-cluster")
	assert.Equal(t, true, public.Input(t, "privateClusterConfig.enablePrivateNodes"), "nodes stay private")
	assert.Equal(t, false, public.Input(t, "privateClusterConfig.enablePrivateEndpoint"))
	assert.Equal(t, "203.0.113.0/24", public.Input(t, "masterAuthorizedNetworksConfig.cidrBlocks[1].cidrBlock"))
	assert.Equal(t, false, public.Input(t, "masterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled"),
		"machines of other customers are not let in")
}

func TestControlPlane_Hardening(t *testing.T) {
	control := run(t, dev()).Named(t, "cluster-cluster")
	assert.Equal(t, "gantry-dev", control.Input(t, "name"))
	assert.Equal(t, "us-central1", control.Input(t, "location"), "regional")
	assert.Equal(t, "1.34", control.Input(t, "minMasterVersion"))
	assert.Nil(t, control.Input(t, "nodeVersion"), "nodes follow the release channel")
	assert.Equal(t, "REGULAR", control.Input(t, "releaseChannel.channel"))
	assert.Equal(t, "ADVANCED_DATAPATH", control.Input(t, "datapathProvider"))
	assert.Equal(t, "VPC_NATIVE", control.Input(t, "networkingMode"))
	assert.Equal(t, "CHANNEL_DISABLED", control.Input(t, "gatewayApiConfig.channel"), "the gateway's chart brings the definitions")
	assert.Equal(t, true, control.Input(t, "enableShieldedNodes"))
	assert.Equal(t, false, control.Input(t, "enableLegacyAbac"))
	assert.Equal(t, false, control.Input(t, "masterAuth.clientCertificateConfig.issueClientCertificate"))
	assert.Equal(t, "ml-platform.svc.id.goog", control.Input(t, "workloadIdentityConfig.workloadPool"))
	assert.ElementsMatch(t, []string{"SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "SCHEDULER", "CONTROLLER_MANAGER"},
		control.Strings(t, "loggingConfig.enableComponents"))
	assert.Equal(t, map[string]any{"enabled": false, "autoscalingProfile": "BALANCED"},
		control.Input(t, "clusterAutoscaling"), "no pools beside those of the configuration")
	assert.Equal(t, []string{"us-central1-a", "us-central1-b"}, control.Strings(t, "nodeLocations"))
}

func TestControlPlane_OfTheNetwork(t *testing.T) {
	control := run(t, dev()).Named(t, "cluster-cluster")
	assert.Equal(t, "cluster-vpc-id", control.Input(t, "network"))
	assert.Equal(t, "cluster-nodes-id", control.Input(t, "subnetwork"))
	assert.Equal(t, map[string]any{"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"},
		control.Input(t, "ipAllocationPolicy"))
}

func TestControlPlane_HasNoPoolOfItsOwn(t *testing.T) {
	control := run(t, dev()).Named(t, "cluster-cluster")
	assert.Equal(t, true, control.Input(t, "removeDefaultNodePool"))
	assert.EqualValues(t, 1, control.Input(t, "initialNodeCount"))
	assert.ElementsMatch(t, []string{"nodeConfig", "initialNodeCount"}, control.IgnoreChanges, "they describe a pool that is gone")
	assert.Equal(t, nodesEmail, control.Input(t, "nodeConfig.serviceAccount"), "not even for minutes the default account")
	assert.Equal(t, true, control.Input(t, "nodeConfig.shieldedInstanceConfig.enableSecureBoot"))
}

func TestControlPlane_SecretsAreEncryptedByAKeyThatGKEMayUse(t *testing.T) {
	rec := run(t, dev())
	control, grant := rec.Named(t, "cluster-cluster"), rec.Named(t, "cluster-key-gke")
	assert.Equal(t, map[string]any{"state": "ENCRYPTED", "keyName": "cluster-key-id"}, control.Input(t, "databaseEncryption"))
	assert.Equal(t, "roles/cloudkms.cryptoKeyEncrypterDecrypter", grant.Input(t, "role"))
	assert.Equal(t, "serviceAccount:service-123456789012@container-engine-robot.iam.gserviceaccount.com", grant.Input(t, "member"))
	assert.Equal(t, "cluster-key-id", grant.Input(t, "cryptoKeyId"))
	assert.True(t, rec.DependsOn(control, grant), "GKE tries the key before it makes anything")
	assert.True(t, rec.DependsOn(grant, rec.Named(t, "cluster-api-container")), "which makes GKE's account in the project")

	key := rec.Named(t, "cluster-key")
	assert.Equal(t, "7776000s", key.Input(t, "rotationPeriod"))
	assert.Equal(t, "cluster-keys-id", key.Input(t, "keyRing"))
	assert.Equal(t, "us-central1", rec.Named(t, "cluster-keys").Input(t, "location"), "a cluster takes a key of its own region only")
	assert.Equal(t, key.Input(t, "destroyScheduledDuration"), run(t, prod()).Named(t, "cluster-key").Input(t, "destroyScheduledDuration"),
		"a change would replace the key")
}

func TestControlPlane_MaintenanceWindowIsLongEnoughAndOnAWeekend(t *testing.T) {
	window := run(t, dev()).Named(t, "cluster-cluster")
	assert.Equal(t, "FREQ=WEEKLY;BYDAY=SA,SU", window.Input(t, "maintenancePolicy.recurringWindow.recurrence"))
	start, err := time.Parse(time.RFC3339, window.Input(t, "maintenancePolicy.recurringWindow.startTime").(string))
	require.NoError(t, err)
	end, err := time.Parse(time.RFC3339, window.Input(t, "maintenancePolicy.recurringWindow.endTime").(string))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, end.Sub(start)*8, 48*time.Hour, "GKE wants 48 hours in 32 days, which have 8 days of a weekend or more")
	assert.GreaterOrEqual(t, end.Sub(start), 4*time.Hour, "and 4 hours at a time")
	assert.Equal(t, time.Saturday, start.Weekday(), "the first window is one of the recurrence")
	for _, offset := range []int{-8, 9} { // Los Angeles, Tokyo
		local := time.FixedZone("", offset*3600)
		for _, at := range []time.Time{start, end, start.AddDate(0, 0, 1), end.AddDate(0, 0, 1)} {
			assert.Contains(t, []time.Weekday{time.Saturday, time.Sunday}, at.In(local).Weekday(), "%s at UTC%+d", at, offset)
		}
	}
}

func TestDrivers_OfTheStorageClasses(t *testing.T) {
	control := run(t, dev()).Named(t, "cluster-cluster")
	assert.Equal(t, true, control.Input(t, "addonsConfig.gcePersistentDiskCsiDriverConfig.enabled"))
	assert.Equal(t, true, control.Input(t, "addonsConfig.gcsFuseCsiDriverConfig.enabled"))
	assert.Equal(t, false, control.Input(t, "addonsConfig.gcpFilestoreCsiDriverConfig.enabled"), "no model stores files")
	assert.Equal(t, true, run(t, prod()).Named(t, "cluster-cluster").Input(t, "addonsConfig.gcpFilestoreCsiDriverConfig.enabled"))
}

func TestAdminAccess_DefaultsToWhoeverHasRightsInTheProject(t *testing.T) {
	for _, grant := range run(t, dev()).OfType(typeIAMMember) {
		assert.NotEqual(t, "roles/container.admin", grant.Input(t, "role"))
	}
}

func TestAdminAccess_OfNamedAdminsDoesNotDependOnTheirOrder(t *testing.T) {
	const alice, team = "user:alice@example.com", "group:ml@example.com"
	names := func(admins ...string) map[string]string {
		byMember := map[string]string{}
		rec := run(t, edit(dev(), func(a *Args) { a.Platform.Cluster.Admins = admins }))
		for _, grant := range rec.OfType(typeIAMMember) {
			if grant.Input(t, "role") == "roles/container.admin" {
				assert.Equal(t, project, grant.Input(t, "project"))
				byMember[grant.Input(t, "member").(string)] = grant.Name
			}
		}
		return byMember
	}
	both := names(alice, team)
	require.Len(t, both, 2)
	assert.Equal(t, both[team], names(team)[team])
}
