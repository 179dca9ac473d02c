package stackfile

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// modelsFolder is where the model files lie in the repository.
const modelsFolder = "stacks/models"

// ModelFiles is the content of the model files in a folder by their path in the
// repository, wherever the folder itself is found. Files that are not YAML are
// passed over.
func ModelFiles(files fs.FS, folder string) (map[string][]byte, error) {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, fmt.Errorf("reading the model files: %w", err)
	}
	models := map[string][]byte{}
	for _, entry := range entries {
		if entry.IsDir() || !slices.Contains([]string{".yaml", ".yml"}, path.Ext(entry.Name())) {
			continue
		}
		content, err := fs.ReadFile(files, path.Join(folder, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading the model files: %w", err)
		}
		models[path.Join(modelsFolder, entry.Name())] = content
	}
	return models, nil
}
