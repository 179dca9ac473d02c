package versions

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever fills a mirror pulls what the page says.
func TestLock_ThePageToFillAMirrorPullsIt(t *testing.T) {
	page, err := os.ReadFile("../../docs/charts.md")
	require.NoError(t, err)
	for _, chart := range Charts() {
		pull := "helm pull " + chart.Name + " --repo " + chart.Repository + " --version " + chart.Version + "\n"
		if chart.Repository[:6] == "oci://" {
			pull = "helm pull " + chart.Repository + "/" + chart.Name + " --version " + chart.Version + "\n"
		}
		assert.Contains(t, string(page), pull)
	}
}
