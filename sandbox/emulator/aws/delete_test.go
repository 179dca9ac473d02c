package aws_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDelete_RefusesWhatIsInUse(t *testing.T) {
	p := newPlatform(t)
	for name, want := range map[string]string{
		"vpc":            "DependencyViolation: The vpc '" + p.By["vpc"].ID + "' has dependencies and cannot be deleted.",
		"private-1":      "DependencyViolation: The subnet '" + p.By["private-1"].ID + "' has dependencies",
		"public":         "DependencyViolation: The subnet",
		"nat-ip":         "InvalidIPAddress.InUse",
		"private-routes": "DependencyViolation: The routeTable",
		"files-sg":       "DependencyViolation: resource " + p.By["files-sg"].ID + " has a dependent object",
		"cluster":        "ResourceInUseException: Cluster dev has nodegroups attached",
		"files":          "FileSystemInUse",
		"control":        "DeleteConflict: Cannot delete entity, must de",
	} {
		assert.ErrorContains(t, p.Delete(p.By[name]), want, name)
	}
	assert.Len(t, p.Objects(), len(p.All))
	require.NoError(t, p.Delete(p.By["key"]), "a key can be scheduled for deletion while it is in use")
}

func TestDelete_RetainsLogsThatAreToStay(t *testing.T) {
	a := newAccount(t)
	logs := a.Must(logType, "logs", Props{"name": "kept", "skipDestroy": true})
	require.NoError(t, a.Delete(logs))
	require.Len(t, a.Objects(), 1)
	assert.Empty(t, a.Objects()[0].URN)
}

func TestDelete_ForceDetachesPolicies(t *testing.T) {
	a := newAccount(t)
	role := a.Must(roleType, "role", Props{"assumeRolePolicy": trust("ec2.amazonaws.com"), "forceDetachPolicies": true})
	a.Must(attachmentType, "a", Props{"role": role.ID, "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"})
	require.NoError(t, a.Delete(role))
	assert.Empty(t, a.Objects())
}
