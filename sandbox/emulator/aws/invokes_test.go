package aws_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator/emulatortest"
)

const unknown = emulatortest.Unknown

const getZones = "aws:index/getAvailabilityZones:getAvailabilityZones"

func TestGetAvailabilityZones(t *testing.T) {
	a := newAccount(t)
	found, err := a.Invoke(getZones, Props{
		"state": "available", "excludeZoneIds": []any{"use1-az3"},
		"filters": []any{Props{"name": "opt-in-status", "values": []any{"opt-in-not-required"}}},
	})
	require.NoError(t, err)
	assert.Equal(t, []any{"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1f"}, found["names"],
		"us-east-1e is the zone that EKS cannot use")
	assert.Equal(t, "us-east-1", found["id"])

	found, err = a.Invoke(getZones, Props{"filters": []any{Props{"name": "opt-in-status", "values": []any{"opted-in"}}}})
	require.NoError(t, err)
	assert.Empty(t, found["names"], "the account has no local zones")

	_, err = a.Invoke(getZones, Props{"filters": []any{Props{"name": "colour", "values": []any{"red"}}}})
	assert.ErrorContains(t, err, "The filter 'colour' is invalid")

	require.NoError(t, a.Configure(Props{"region": "eu-central-1"}))
	found, err = a.Invoke(getZones, Props{})
	require.NoError(t, err)
	assert.Equal(t, []any{"euc1-az1", "euc1-az2", "euc1-az3"}, found["zoneIds"])
}

func TestIdentity(t *testing.T) {
	p := newCluster(t)
	caller, err := p.Invoke("aws:index/getCallerIdentity:getCallerIdentity", Props{})
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:iam::111122223333:user/sandbox", caller["arn"])

	const context = "aws:iam/getSessionContext:getSessionContext"
	user, err := p.Invoke(context, Props{"arn": caller["arn"]})
	require.NoError(t, err)
	assert.Equal(t, caller["arn"], user["issuerArn"], "a user is behind itself")

	role := p.By["control"]
	session, err := p.Invoke(context, Props{"arn": "arn:aws:sts::111122223333:assumed-role/" + role.ID + "/ci"})
	require.NoError(t, err)
	assert.Equal(t, role.Outputs["arn"], session["issuerArn"], "a role is behind its sessions")
	assert.Equal(t, "ci", session["sessionName"])

	_, err = p.Invoke(context, Props{"arn": "arn:aws:sts::111122223333:assumed-role/nobody/ci"})
	assert.ErrorContains(t, err, "NoSuchEntity")
}

func TestPartition_FollowsTheRegion(t *testing.T) {
	a := newAccount(t)
	for region, want := range map[string][]any{
		"us-east-1": {"aws", "amazonaws.com"}, "cn-north-1": {"aws-cn", "amazonaws.com.cn"}, "us-gov-west-1": {"aws-us-gov", "amazonaws.com"},
	} {
		require.NoError(t, a.Configure(Props{"region": region}))
		found, err := a.Invoke("aws:index/getPartition:getPartition", Props{})
		require.NoError(t, err)
		assert.Equal(t, want, []any{found["partition"], found["dnsSuffix"]})
	}
}

func TestConfigure_NeedsARegion(t *testing.T) {
	a := newAccount(t)
	assert.ErrorContains(t, a.Configure(Props{}), "missing region configuration: set aws:region")
	assert.ErrorContains(t, a.Configure(Props{"region": "Virginia"}), "invalid AWS Region: Virginia")
}
