package sizing

import (
	"errors"
	"fmt"
	"strings"

	"gantry.dev/gantry/modules/yamledit"
)

// Edit writes figures into a model file and changes nothing else: comments, order
// and layout stay. Keys that are not there are added beside their siblings. What
// stands where it cannot be edited without touching more, such as an alias, is an
// error that says what to write by hand.
func Edit(file []byte, figures []Figure) ([]byte, error) {
	for _, figure := range figures {
		edited, err := yamledit.Set(file, strings.Split(figure.Key, "."), figure.Proposed)
		if errors.Is(err, yamledit.ErrByHand) {
			return nil, fmt.Errorf("%s cannot be edited where it stands: write %s: %s by hand", figure.Key, figure.Key, figure.Proposed)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the model file: %w", err)
		}
		file = edited
	}
	return file, nil
}
