package gcp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDelete_RefusesWhatIsInUse(t *testing.T) {
	p := newPlatform(t)
	p.add(subnetType, "listed", Props{"network": p.by["vpc"].ID, "ipCidrRange": "10.6.0.0/24"})
	p.add(routerType, "second", Props{"network": p.by["vpc"].ID})
	p.add(natType, "listing", Props{
		"router": p.by["second"].ID, "natIpAllocateOption": "AUTO_ONLY", "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
		"subnetworks": []any{Props{"name": p.text("listed", "selfLink"), "sourceIpRangesToNats": []any{"ALL_IP_RANGES"}}},
	})
	for name, want := range map[string]string{
		"vpc":    "googleapi: Error 400: The network resource '" + p.by["vpc"].ID + "' is already being used by '" + p.by["subnet"].ID + "', resourceInUseByAnotherResource",
		"subnet": "The subnetwork resource '" + p.by["subnet"].ID + "' is already being used by 'projects/" + project + "/global/instanceTemplates/gke-dev-",
		"listed": "is already being used by '" + p.by["listing"].ID + "'",
	} {
		assert.ErrorContains(t, p.Delete(p.by[name]), want, name)
	}
	assert.Equal(t, len(p.all), len(p.objects()))

	for _, name := range []string{"key", "keys", "nodes", "key-gke"} {
		require.NoError(t, p.Delete(p.by[name]), "%s can go while it is in use", name)
	}
}

func TestDelete_TakesAlongWhatIsAPart(t *testing.T) {
	p := newNetwork(t)
	p.drop("router")
	read, err := p.Read(p.by["nat"])
	require.NoError(t, err)
	assert.Empty(t, read.ID, "a NAT is a part of its router")
	p.drop("subnet")
	p.drop("vpc")
}

func TestDelete_FollowsTheHoldersOfANetwork(t *testing.T) {
	p := newPlatform(t)
	for _, step := range []struct{ held, by, drop string }{
		{"vpc", p.by["subnet"].ID, "webhooks"},
		{"vpc", p.by["subnet"].ID, "serve"},
		{"subnet", "instanceTemplates/gke-dev-", "cluster"},
		{"vpc", p.by["subnet"].ID, "subnet"},
		{"vpc", p.by["router"].ID, "router"},
	} {
		assert.ErrorContains(t, p.Delete(p.by[step.held]), step.by)
		p.drop(step.drop)
	}
	p.drop("vpc")
}
