package stacks

import (
	"embed"
	"io/fs"

	"gantry.dev/gantry/modules/stackfile"
)

// modelFiles are the models that all stacks share. They are part of the program,
// because it does not run in the folder that they lie in.
//
//go:embed all:models
var modelFiles embed.FS

// ModelFiles is the content of the model files of this program by their path in
// the repository.
func ModelFiles() (map[string][]byte, error) { return readModels(modelFiles) }

// readModels is the content of the model files below a folder.
func readModels(files fs.FS) (map[string][]byte, error) { return stackfile.ModelFiles(files, "models") }
