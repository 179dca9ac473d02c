package stacks

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// modelFiles are the models that all stacks share. They are part of the program,
// because it does not run in the folder that they lie in.
//
//go:embed all:models
var modelFiles embed.FS

// ModelFiles is the content of the model files of this program by their path in
// the repository.
func ModelFiles() (map[string][]byte, error) { return readModels(modelFiles) }

// readModels is the content of the model files by their path in the repository.
// Files that are not YAML are passed over.
func readModels(files fs.FS) (map[string][]byte, error) {
	entries, err := fs.ReadDir(files, "models")
	if err != nil {
		return nil, fmt.Errorf("reading the model files: %w", err)
	}
	models := map[string][]byte{}
	for _, entry := range entries {
		if entry.IsDir() || !slices.Contains([]string{".yaml", ".yml"}, path.Ext(entry.Name())) {
			continue
		}
		content, err := fs.ReadFile(files, "models/"+entry.Name())
		if err != nil {
			return nil, fmt.Errorf("reading the model files: %w", err)
		}
		models["stacks/models/"+entry.Name()] = content
	}
	return models, nil
}
