package spec

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	ruleRow  = regexp.MustCompile(`(?m)^\| (\d+) \| [^|]+ \| ([^|]+) \| (.+) \|$`)
	fileName = regexp.MustCompile("`([a-z0-9_/*]+\\.go)`")
)

// The page about preflight has every rule, and names files that are there.
func TestPreflightPage_NamesEveryRuleAndWhereItIs(t *testing.T) {
	page, err := os.ReadFile("../../docs/preflight.md")
	require.NoError(t, err)

	kinds := map[string]bool{"error": true, "warning": true, "fixed": true, "told": true}
	rows := ruleRow.FindAllStringSubmatch(string(page), -1)
	require.Len(t, rows, 34)
	for i, row := range rows {
		assert.Equal(t, strconv.Itoa(i+1), row[1])
		for kind := range strings.SplitSeq(row[2], ", ") {
			assert.True(t, kinds[kind], "rule %s is %q", row[1], kind)
		}
	}
	files := fileName.FindAllStringSubmatch(string(page), -1)
	assert.Greater(t, len(files), 30)
	for _, file := range files {
		path := file[1]
		if strings.Contains(path, "/") {
			path = filepath.Join("../..", path)
		}
		found, err := filepath.Glob(path)
		require.NoError(t, err)
		assert.NotEmpty(t, found, "%s is not there", file[1])
	}
}
