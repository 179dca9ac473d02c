package serving

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/components/componenttest/manifest"
)

func TestSecurity_PodsPassRestricted(t *testing.T) {
	for name, model := range variants() {
		t.Run(name, func(t *testing.T) {
			assert.Empty(t, manifest.Violations(t, "restricted", render(t, model).pod()))
		})
	}
}

func TestSecurity_ServersCannotChangeTheirImage(t *testing.T) {
	got := render(t, classifier())
	assert.True(t, *got.server().SecurityContext.ReadOnlyRootFilesystem)
	assert.EqualValues(t, 10001, *got.pod().Spec.SecurityContext.RunAsUser)
	assert.EqualValues(t, 10001, *got.pod().Spec.SecurityContext.FSGroup)
}

func TestSecurity_ServersHoldNoToken(t *testing.T) {
	got := render(t, classifier())
	assert.False(t, *got.account.AutomountServiceAccountToken)
	assert.False(t, *got.pod().Spec.AutomountServiceAccountToken)
	assert.Equal(t, got.account.Name, got.pod().Spec.ServiceAccountName)
}
