package emulatortest

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/sandbox/emulator"
)

// Refusal is a resource that the cloud does not create, and what it says. Nil
// takes a property away.
type Refusal struct {
	Token string
	Props Props
	Want  string
}

// Refuses creates each resource and expects its refusal, and that the account is
// as it was. R is Refusal under a name of the caller's, whose tables may leave
// out the names of its fields.
func Refuses[C emulator.Upkeep, R ~struct {
	Token string
	Props Props
	Want  string
}](t *testing.T, a *Account[C], tests map[string]R) {
	t.Helper()
	before := len(a.Objects())
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test := Refusal(test)
			_, err := a.Create(test.Token, "refused", Compact(test.Props))
			require.Error(t, err)
			assert.Contains(t, err.Error(), test.Want)
			assert.Equal(t, before, len(a.Objects()), "the account is as it was")
		})
	}
}

// Replaces compares a resource with other props, which are to make a difference:
// for these properties it takes a replacement, or an update when there is none.
func (a *Account[C]) Replaces(t *testing.T, r Resource, props Props, properties []string, deleteFirst bool) {
	t.Helper()
	diff, err := a.Diff(r, props)
	require.NoError(t, err)
	assert.Equal(t, pulumirpc.DiffResponse_DIFF_SOME, diff.GetChanges())
	assert.Equal(t, properties, diff.GetReplaces())
	assert.Equal(t, deleteFirst, diff.GetDeleteBeforeReplace())
}
