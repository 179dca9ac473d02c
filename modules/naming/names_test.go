package naming

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBounded(t *testing.T) {
	long := strings.Repeat("platform-", 5)
	for _, test := range []struct {
		name  string
		limit Limit
		parts []string
		want  string
	}{
		{"short names are left alone", 20, []string{"gantry-dev", "node"}, "gantry-dev-node"},
		{"a name of exactly the limit is left alone", 10, []string{"gantry", "dev"}, "gantry-dev"},
		{"one character more is cut", 9, []string{"gantry", "dev"}, "ga-" + Hash("gantry-dev")},
		{"no separator is doubled at the cut", 16, []string{long, "node"}, "platform-" + Hash(long+"-node")},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Bounded(test.limit, test.parts...)
			assert.Equal(t, test.want, got)
			assert.LessOrEqual(t, len(got), int(test.limit))
		})
	}
}

func TestBounded_KeepsCutNamesApart(t *testing.T) {
	long := strings.Repeat("x", 60)
	assert.NotEqual(t, Bounded(LimitRolePrefix, long, "node"), Bounded(LimitRolePrefix, long, "cluster"))
	assert.Equal(t, Bounded(LimitRolePrefix, long, "node"), Bounded(LimitRolePrefix, long, "node"))
}

func TestPrefix_EndsInASeparatorWithinTheLimit(t *testing.T) {
	assert.Equal(t, "gantry-dev-node-", Prefix(LimitRolePrefix, "gantry-dev", "node"))
	cut := Prefix(LimitNodeGroupPrefix, strings.Repeat("x", 63))
	assert.Len(t, cut, int(LimitNodeGroupPrefix))
	assert.True(t, strings.HasSuffix(cut, "-"))
}

func TestTags_GantrysOwnWin(t *testing.T) {
	user := map[string]string{"team": "ml", TagStack: "spoofed"}
	assert.Equal(t, map[string]string{"team": "ml", TagPlatform: "gantry-dev", TagStack: "dev"},
		Tags("gantry-dev", "dev", user))
	assert.Equal(t, "spoofed", user[TagStack], "the argument is not changed")
	assert.Len(t, Tags("gantry-dev", "dev", nil), 2)
}
