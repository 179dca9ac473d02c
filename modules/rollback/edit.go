package rollback

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gantry.dev/gantry/modules/yamledit"
)

// modelsKey is the key of the models in a stack's configuration.
const modelsKey = "gantry:models"

// Edit makes the changes of a step in the content of Pulumi.<stack>.yaml, and
// returns what it did, a line each, for people.
func (s Step) Edit(file []byte) (edited []byte, lines []string, err error) {
	for _, change := range s.Changes {
		path := slices.Concat([]string{"config", modelsKey, s.Model}, change.Path)
		key := strings.Join(path[1:], ".")
		line := key + ": " + change.Value
		switch {
		case change.Value != "":
			edited, err = yamledit.Set(file, path, change.Value)
		case !yamledit.Has(file, path):
			continue
		default:
			line = key + " removed"
			edited, err = yamledit.Remove(file, path)
		}
		if errors.Is(err, yamledit.ErrByHand) {
			return nil, nil, fmt.Errorf("%s cannot be edited where it stands: make it %q by hand, and run make up", key, line)
		}
		if err != nil {
			return nil, nil, err
		}
		file, lines = edited, append(lines, line)
	}
	return file, lines, nil
}
