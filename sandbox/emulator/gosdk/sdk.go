package gosdk

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// SDK is a Pulumi Go SDK in the module cache.
type SDK struct {
	// From is a folder inside the Go module that requires the SDK, and so
	// fixes its version.
	From string
	// Module is the SDK's module path.
	Module string
	// Packages is the folder inside the SDK that holds its packages, for
	// example go/aws.
	Packages string
}

// Generate writes the schema of the resources in tokens, which are separated by
// white space, as JSON.
func (s SDK) Generate(tokens string) ([]byte, error) {
	version, dir, err := s.locate()
	if err != nil {
		return nil, fmt.Errorf("finding module %s: %w", s.Module, err)
	}
	schema, err := Read(filepath.Join(dir, filepath.FromSlash(s.Packages)), strings.Fields(tokens))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", s.Module, err)
	}
	schema.Module, schema.Version = s.Module, version
	data, err := json.MarshalIndent(schema, "", "  ")
	return append(data, '\n'), err
}

func (s SDK) locate() (version, dir string, err error) {
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", s.Module)
	cmd.Dir = s.From
	out, err := cmd.Output()
	if err != nil {
		return "", "", err
	}
	version, dir, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
	if dir == "" {
		return "", "", fmt.Errorf("it is not in the module cache; run `go mod download %s` in %s", s.Module, s.From)
	}
	return version, dir, nil
}
