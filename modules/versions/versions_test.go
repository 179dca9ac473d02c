package versions

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pinned is one exact version: no range, no wildcard, no word such as latest.
var pinned = regexp.MustCompile(`^v?\d+\.\d+\.\d+([-+.][0-9A-Za-z.-]+)?$`)

// unpinned names what a lock leaves open.
func unpinned(l lock) []string {
	var open []string
	check := func(at, version string) {
		if !pinned.MatchString(version) {
			open = append(open, at+" "+version)
		}
	}
	for name, chart := range l.Charts {
		check(name+".version", chart.Version)
		if len(chart.Apps) == 0 {
			check(name+".app", chart.App)
		}
		for minor, app := range chart.Apps {
			check(name+".apps."+minor, app)
		}
	}
	for minor, addons := range l.EKSAddons {
		for addon, version := range addons {
			check(minor+"."+addon, version)
		}
	}
	return open
}

func TestLock_PinsEverything(t *testing.T) {
	assert.Empty(t, unpinned(locked))
	for _, chart := range Charts() {
		assert.Regexp(t, `^(https|oci)://`, chart.Repository, chart.Name)
	}
}

func TestLock_UnpinnedVersionsAreFound(t *testing.T) {
	for _, version := range []string{"", "latest", "1.2", "^1.2.3", ">=1.2.3", "1.x.x", "1.2.3 || 2.0.0"} {
		l, err := read([]byte("charts: {c: {repository: 'https://example.com', version: '" + version + "', app: 1.0.0}}"))
		require.NoError(t, err)
		assert.Equal(t, []string{"c.version " + version}, unpinned(l))
	}
}

func TestLock_KnowsTheSameMinorsEverywhere(t *testing.T) {
	for _, chart := range Charts() {
		if len(chart.Apps) == 0 {
			continue
		}
		for _, minor := range EKSMinors() {
			app, err := chart.AppFor(minor)
			require.NoError(t, err)
			assert.Contains(t, app, minor+".", "%s is bound to the minor", chart.Name)
		}
	}
}

func TestLookups_NameWhatIsMissing(t *testing.T) {
	_, err := Of("no-such-chart")
	assert.ErrorContains(t, err, "no-such-chart is not in modules/versions/lock.yaml")
	_, err = EKSAddon("1.20", "coredns")
	assert.ErrorContains(t, err, "pinned for Kubernetes 1.20, only for 1.33")
	_, err = EKSAddon("1.34", "no-such-addon")
	assert.ErrorContains(t, err, "no-such-addon is not in")
	chart, err := Of("cluster-autoscaler")
	require.NoError(t, err)
	_, err = chart.AppFor("1.20")
	assert.ErrorContains(t, err, "cluster-autoscaler is pinned for Kubernetes 1.20")
}

func TestEKSAddon_OwnVersionOfAMinorComesFirst(t *testing.T) {
	proxy, err := EKSAddon("1.35", "kube-proxy")
	require.NoError(t, err)
	assert.Equal(t, "v1.35.3-eksbuild.21", proxy)
	cni, err := EKSAddon("1.35", "vpc-cni")
	require.NoError(t, err)
	assert.Equal(t, locked.EKSAddons[allMinors]["vpc-cni"], cni)
}
