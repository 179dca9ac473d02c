package sizing

import (
	"strings"

	"github.com/pmezard/go-difflib/difflib"
)

// Diff is the unified diff of a file of the repository, which git apply takes;
// empty where nothing changes.
func Diff(path string, before, after []byte) (string, error) {
	return difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(before), B: lines(after),
		FromFile: "a/" + path, ToFile: "b/" + path,
		Context: 3,
	})
}

// lines are those of a file with their ends. A last line without one says so.
func lines(file []byte) []string {
	all := strings.SplitAfter(string(file), "\n")
	last := len(all) - 1
	if all[last] == "" {
		return all[:last]
	}
	all[last] += "\n\\ No newline at end of file\n"
	return all
}
