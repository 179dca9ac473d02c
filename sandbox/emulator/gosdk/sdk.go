package gosdk

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
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
	// Split is the module path of one package, with * in place of its name,
	// for an SDK whose packages are Go modules of their own. Module then
	// holds the provider, and Packages is empty.
	Split string
}

// Generate writes the schema of the resources in tokens, which are separated by
// white space, as JSON.
func (s SDK) Generate(tokens string) ([]byte, error) {
	version, dir, err := s.locate(s.Module)
	if err != nil {
		return nil, err
	}
	schema, err := s.read(dir, strings.Fields(tokens))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", s.Module, err)
	}
	schema.Module, schema.Version = s.Module, version
	data, err := json.MarshalIndent(schema, "", "  ")
	return append(data, '\n'), err
}

func (s SDK) read(dir string, tokens []string) (emulator.Schema, error) {
	if s.Split == "" {
		return Read(filepath.Join(dir, filepath.FromSlash(s.Packages)), tokens)
	}
	return ReadSplit(func(pkg string) (string, error) {
		if pkg == "" {
			return dir, nil
		}
		_, own, err := s.locate(strings.Replace(s.Split, "*", pkg, 1))
		return own, err
	}, tokens)
}

// locate finds a module in the module cache.
func (s SDK) locate(module string) (version, dir string, err error) {
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", module)
	cmd.Dir = s.From
	out, err := cmd.Output()
	if err != nil {
		return "", "", fmt.Errorf("finding module %s: %w", module, err)
	}
	version, dir, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
	if dir == "" {
		return "", "", fmt.Errorf("finding module %s: it is not in the module cache; run `go mod download %s` in %s", module, module, s.From)
	}
	return version, dir, nil
}
