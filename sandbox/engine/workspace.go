package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/yaml"
)

// project is the name of the Pulumi project, as in Pulumi.yaml.
const project = "gantry"

// sealed stands in for a value that only the holder of a real stack's key can
// read: the sandbox is not asked for that key.
const sealed = "sandbox"

// secretsKey is the key below which the program takes secrets.
const secretsKey = "gantry:secrets"

// selectStack prepares a workspace for the stack and selects it, or makes it.
func (s *Sandbox) selectStack(ctx context.Context) (auto.Stack, error) {
	dir, err := s.prepareWorkspace()
	if err != nil {
		return auto.Stack{}, err
	}
	backend := s.path("state")
	if err := os.MkdirAll(backend, 0o700); err != nil {
		return auto.Stack{}, fmt.Errorf("make the folder of the engine's state: %w", err)
	}
	command, err := s.pulumi()
	if err != nil {
		return auto.Stack{}, err
	}
	stack, err := auto.UpsertStackInlineSource(ctx, s.options.Stack, project, s.options.Program,
		auto.WorkDir(dir),
		auto.Pulumi(command),
		auto.PulumiHome(s.path("pulumi")),
		auto.EnvVars(map[string]string{
			// Without attribute files: one cut short by a kill makes the state
			// beside it unreadable.
			"PULUMI_BACKEND_URL":       "file://" + backend + "?metadata=skip",
			"PULUMI_CONFIG_PASSPHRASE": sealed,
			"PULUMI_DEBUG_PROVIDERS":   s.providers.debugProviders(),
			"PULUMI_SKIP_UPDATE_CHECK": "true",
			// Nothing may be looked for outside this machine.
			"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
		}))
	if err != nil {
		return auto.Stack{}, fmt.Errorf("select the stack %s: %w", s.options.Stack, err)
	}
	return stack, s.setSecrets(ctx, &stack)
}

// setSecrets gives the secrets of a real stack, which only the holder of its key
// can read, values of the sandbox. They are encrypted: the program takes no
// others.
func (s *Sandbox) setSecrets(ctx context.Context, stack *auto.Stack) error {
	names, err := s.secretNames()
	if err != nil || len(names) == 0 {
		return err
	}
	values := auto.ConfigMap{}
	for _, name := range names {
		values[secretsKey+"."+name] = auto.ConfigValue{Value: sealed + "-" + name, Secret: true}
	}
	if err := stack.SetAllConfigWithOptions(ctx, values, &auto.ConfigOptions{Path: true}); err != nil {
		return fmt.Errorf("set the secrets of the stack %s: %w", s.options.Stack, err)
	}
	return nil
}

// secretNames are the names below gantry:secrets that have an encrypted value.
func (s *Sandbox) secretNames() ([]string, error) {
	stack, err := readYAML(filepath.Join(s.options.Project, "Pulumi."+s.options.Stack+".yaml"))
	if err != nil {
		return nil, fmt.Errorf("read the configuration of the stack: %w", err)
	}
	config, _ := stack["config"].(map[string]any)
	secrets, _ := config[secretsKey].(map[string]any)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		if isSealed(secrets[name]) {
			names = append(names, name)
		}
	}
	return names, nil
}

// isSealed tells whether a value is written as Pulumi writes encrypted ones.
func isSealed(value any) bool {
	written, isMap := value.(map[string]any)
	_, secure := written["secure"]
	return isMap && secure && len(written) == 1
}

// pulumi is the CLI that the toolchain built, or the one on PATH.
func (s *Sandbox) pulumi() (auto.PulumiCommand, error) {
	options := &auto.PulumiCommandOptions{}
	if _, err := os.Stat(filepath.Join(s.options.Bin, "pulumi")); err == nil {
		// The option names the folder above bin.
		options.Root = filepath.Dir(s.options.Bin)
	}
	command, err := auto.NewPulumiCommand(options)
	if err != nil {
		return nil, fmt.Errorf("find the Pulumi CLI (make build brings it): %w", err)
	}
	return command, nil
}

// prepareWorkspace copies the project and the stack's configuration into a
// folder that the engine may write to: it adds an encryption salt to the stack
// file, and a user's file must not change because the sandbox ran.
func (s *Sandbox) prepareWorkspace() (string, error) {
	dir := s.path("workspaces", s.options.Stack)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the workspace: %w", err)
	}
	settings, err := readYAML(filepath.Join(s.options.Project, "Pulumi.yaml"))
	if err != nil {
		return "", fmt.Errorf("read the project: %w", err)
	}
	// The program is compiled into this process; its folder is not needed.
	delete(settings, "main")
	if err := writeYAML(filepath.Join(dir, "Pulumi.yaml"), settings); err != nil {
		return "", err
	}

	name := "Pulumi." + s.options.Stack + ".yaml"
	stack, err := readYAML(filepath.Join(s.options.Project, name))
	if os.IsNotExist(err) {
		return "", fmt.Errorf("there is no stack %q: %s has no %s; copy Pulumi.dev.yaml to begin one", s.options.Stack, s.options.Project, name)
	}
	if err != nil {
		return "", fmt.Errorf("read the configuration of the stack: %w", err)
	}
	unseal(stack)
	if s.options.Cloud != "" {
		override(stack, "gantry:cloud", s.options.Cloud)
	}
	if before, err := readYAML(filepath.Join(dir, name)); err == nil {
		stack["encryptionsalt"] = before["encryptionsalt"]
	}
	if stack["encryptionsalt"] == nil {
		delete(stack, "encryptionsalt")
	}
	if err := publishConfig(stack); err != nil {
		return "", err
	}
	if err := s.publishRoot(); err != nil {
		return "", err
	}
	return dir, writeYAML(filepath.Join(dir, name), stack)
}

// override sets a key of a stack's configuration.
func override(stack map[string]any, key string, value any) {
	config, isMap := stack["config"].(map[string]any)
	if !isMap {
		config = map[string]any{}
		stack["config"] = config
	}
	config[key] = value
}

// unseal removes the key settings of a real stack, and puts a stand-in where it
// has an encrypted value.
func unseal(stack map[string]any) {
	for _, key := range []string{"encryptionsalt", "encryptedkey", "secretsprovider"} {
		delete(stack, key)
	}
	stack["config"] = withoutSecrets(stack["config"])
}

func withoutSecrets(value any) any {
	if isSealed(value) {
		return sealed
	}
	switch value := value.(type) {
	case map[string]any:
		for key, item := range value {
			value[key] = withoutSecrets(item)
		}
	case []any:
		for i, item := range value {
			value[i] = withoutSecrets(item)
		}
	}
	return value
}

// publishConfig sets the variable in which the language host of the CLI tells
// the program which keys a stack has. The Automation API does not.
func publishConfig(stack map[string]any) error {
	keys := map[string]string{}
	config, _ := stack["config"].(map[string]any)
	for key, value := range config {
		text, isText := value.(string)
		if !isText {
			encoded, err := json.Marshal(value)
			if err != nil {
				return fmt.Errorf("config key %s: %w", key, err)
			}
			text = string(encoded)
		}
		keys[key] = text
	}
	encoded, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	return os.Setenv(pulumi.EnvConfig, string(encoded))
}

// publishRoot sets the variable in which the language host of the CLI tells the
// program where the project lies. The Automation API does not.
func (s *Sandbox) publishRoot() error {
	root, err := filepath.Abs(s.options.Project)
	if err != nil {
		return fmt.Errorf("the folder of the project: %w", err)
	}
	return os.Setenv(pulumi.EnvPulumiRootDirectory, root)
}

func readYAML(file string) (map[string]any, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	content := map[string]any{}
	if err := yaml.Unmarshal(data, &content); err != nil {
		return nil, fmt.Errorf("%s is not valid YAML: %w", filepath.Base(file), err)
	}
	return content, nil
}

func writeYAML(file string, content map[string]any) error {
	data, err := yaml.Marshal(content)
	if err != nil {
		return fmt.Errorf("encode %s: %w", filepath.Base(file), err)
	}
	return os.WriteFile(file, data, 0o600)
}
