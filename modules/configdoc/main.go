// Command configdoc writes what is derived from the configuration types: the
// reference docs/configuration.md and the JSON schemas with which editors check
// and complete configuration files. It is run at the root of the repository:
//
//	go run ./modules/configdoc
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "configdoc:", err)
		os.Exit(1)
	}
}

// run writes all files under the root of the repository.
func run(root string) error {
	files, err := generate(root)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(root, name), content, 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	return nil
}

// generate is the content of each derived file by its path in the repository.
func generate(root string) (map[string][]byte, error) {
	docs, err := readComments(root)
	if err != nil {
		return nil, err
	}
	reference, err := reference(root, docs)
	if err != nil {
		return nil, err
	}
	stack, err := stackSchema(docs)
	if err != nil {
		return nil, err
	}
	model, err := modelSchema(docs)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"docs/configuration.md":   reference,
		"docs/gantry.schema.json": stack,
		"docs/model.schema.json":  model,
	}, nil
}
