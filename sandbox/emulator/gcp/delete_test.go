package gcp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDelete_RefusesWhatIsInUse(t *testing.T) {
	p := newPlatform(t)
	p.Add(subnetType, "listed", Props{"network": p.By["vpc"].ID, "ipCidrRange": "10.6.0.0/24"})
	p.Add(routerType, "second", Props{"network": p.By["vpc"].ID})
	p.Add(natType, "listing", Props{
		"router": p.By["second"].ID, "natIpAllocateOption": "AUTO_ONLY", "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
		"subnetworks": []any{Props{"name": p.Text("listed", "selfLink"), "sourceIpRangesToNats": []any{"ALL_IP_RANGES"}}},
	})
	for name, want := range map[string]string{
		"vpc":    "googleapi: Error 400: The network resource '" + p.By["vpc"].ID + "' is already being used by '" + p.By["subnet"].ID + "', resourceInUseByAnotherResource",
		"subnet": "The subnetwork resource '" + p.By["subnet"].ID + "' is already being used by 'projects/" + project + "/global/instanceTemplates/gke-dev-",
		"listed": "is already being used by '" + p.By["listing"].ID + "'",
	} {
		assert.ErrorContains(t, p.Delete(p.By[name]), want, name)
	}
	assert.Equal(t, len(p.All), len(p.Objects()))

	for _, name := range []string{"key", "keys", "nodes", "key-gke"} {
		require.NoError(t, p.Delete(p.By[name]), "%s can go while it is in use", name)
	}
}

func TestDelete_TakesAlongWhatIsAPart(t *testing.T) {
	p := newNetwork(t)
	p.Drop("router")
	read, err := p.Read(p.By["nat"])
	require.NoError(t, err)
	assert.Empty(t, read.ID, "a NAT is a part of its router")
	p.Drop("subnet")
	p.Drop("vpc")
}

func TestDelete_FollowsTheHoldersOfANetwork(t *testing.T) {
	p := newPlatform(t)
	for _, step := range []struct{ held, by, drop string }{
		{"vpc", p.By["subnet"].ID, "webhooks"},
		{"vpc", p.By["subnet"].ID, "serve"},
		{"subnet", "instanceTemplates/gke-dev-", "cluster"},
		{"vpc", p.By["subnet"].ID, "subnet"},
		{"vpc", p.By["router"].ID, "router"},
	} {
		assert.ErrorContains(t, p.Delete(p.By[step.held]), step.by)
		p.Drop(step.drop)
	}
	p.Drop("vpc")
}
