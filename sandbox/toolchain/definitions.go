package toolchain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// definitions are the custom resource definitions of a chart, as a folder of a
// Go module has them.
type definitions struct {
	// chart is the name of the chart, without its repository.
	chart string
	// module whose version is in the go.mod of definitionsDir.
	module string
	// folder in the module, with the definitions as plain YAML.
	folder string
}

// chartDefinitions are the charts whose definitions a Go module publishes. The
// NVIDIA GPU operator is not among them: the newest version that is a Go module,
// 1.11.1 of 2022, would refuse what its chart of today makes.
var chartDefinitions = []definitions{
	{"cert-manager", "github.com/cert-manager/cert-manager", "deploy/crds"},
	{"flagger", "github.com/fluxcd/flagger", "artifacts/flagger"},
	{"gateway-helm", "github.com/envoyproxy/gateway", "charts/gateway-helm/charts/crds/crds/generated"},
	{"gateway-helm", "sigs.k8s.io/gateway-api", "config/crd/standard"},
	{"keda", "github.com/kedacore/keda/v2", "config/crd/bases"},
	{"kube-prometheus-stack", "github.com/prometheus-operator/prometheus-operator", "example/prometheus-operator-crd"},
	{"kueue", "sigs.k8s.io/kueue", "config/components/crd/bases"},
}

// definitionsDir is the module that pins the versions, below the sandbox folder.
const definitionsDir = "tools/crds"

// definitionKind marks the files that are definitions: such folders also have
// policies and READMEs.
var definitionKind = []byte("\nkind: CustomResourceDefinition\n")

// Definitions is the folder that Collect fills, beside the tools: one folder a
// chart.
func (b *Builder) Definitions() string {
	return filepath.Join(filepath.Dir(b.Bin), "crds")
}

// Collect brings the folder of definitions up to date. Modules that are not on
// this machine yet are downloaded, and checked against the go.sum.
func (b *Builder) Collect(ctx context.Context) error {
	fingerprint := b.definitionsFingerprint()
	stamp := filepath.Join(b.Definitions(), ".stamp")
	if current, err := os.ReadFile(stamp); err == nil && string(current) == fingerprint {
		return nil
	}
	fmt.Fprintln(b.Out, "collecting the custom resource definitions of charts")
	folders, err := b.download(ctx)
	if err != nil {
		return fmt.Errorf("download the definitions of charts: %w", err)
	}
	// What was there of other versions goes, and a stamp is the last to come.
	if err := os.RemoveAll(b.Definitions()); err != nil {
		return fmt.Errorf("clear the definitions of charts: %w", err)
	}
	for _, d := range chartDefinitions {
		if err := copyDefinitions(filepath.Join(b.Definitions(), d.chart), filepath.Join(folders[d.module], d.folder)); err != nil {
			return fmt.Errorf("definitions of chart %s: %w", d.chart, err)
		}
	}
	return os.WriteFile(stamp, []byte(fingerprint), 0o644)
}

func (b *Builder) definitionsFingerprint() string {
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		// A file that cannot be read fails the download, with a better message.
		data, _ := os.ReadFile(filepath.Join(b.Root, definitionsDir, name))
		sum.Write(data)
	}
	fmt.Fprintln(sum, chartDefinitions)
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// download makes sure that the modules are on this machine and returns the
// folder of each.
func (b *Builder) download(ctx context.Context) (map[string]string, error) {
	pinned, err := b.pinned(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{"mod", "download", "-json"}
	for _, d := range chartDefinitions {
		version := pinned[d.module]
		if version == "" {
			return nil, fmt.Errorf("%s/go.mod does not pin %s", definitionsDir, d.module)
		}
		if pin := d.module + "@" + version; !slices.Contains(args, pin) {
			args = append(args, pin)
		}
	}
	// Problems of single modules are in the output, along with the exit code.
	out, runErr := b.goCommand(ctx, args...)
	folders := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var module struct{ Path, Dir, Error string }
		if err := decoder.Decode(&module); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, errors.Join(fmt.Errorf("read what go mod download says: %w", err), runErr)
		}
		if module.Error != "" {
			return nil, errors.New(module.Error)
		}
		folders[module.Path] = module.Dir
	}
	return folders, runErr
}

// pinned reads the versions of the go.mod. Its module graph is not loaded: it
// has a thousand modules that nothing needs.
func (b *Builder) pinned(ctx context.Context) (map[string]string, error) {
	out, err := b.goCommand(ctx, "mod", "edit", "-json")
	if err != nil {
		return nil, err
	}
	var file struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(out, &file); err != nil {
		return nil, fmt.Errorf("read %s/go.mod: %w", definitionsDir, err)
	}
	versions := map[string]string{}
	for _, required := range file.Require {
		versions[required.Path] = required.Version
	}
	return versions, nil
}

// goCommand runs go in the module of the definitions. Along with an error it
// returns what was printed.
func (b *Builder) goCommand(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = filepath.Join(b.Root, definitionsDir)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return out, fmt.Errorf("go %s: %w\n%s", args[0], err, problems.String())
	}
	return out, nil
}

// copyDefinitions copies the definitions of one folder into another. It is an
// error when there are none: the module has moved them.
func copyDefinitions(to, from string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	copied := 0
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".yaml" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(from, entry.Name()))
		if err != nil {
			return err
		}
		if !bytes.Contains(content, definitionKind) {
			continue
		}
		if err := os.WriteFile(filepath.Join(to, entry.Name()), content, 0o644); err != nil {
			return err
		}
		copied++
	}
	if copied == 0 {
		return fmt.Errorf("no definition in %s", from)
	}
	return nil
}
