package stacks

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

// namespace is the prefix of Gantry's configuration keys.
const namespace = "gantry:"

// load reads the configuration of the stack and the model files. Its error is
// spec.Problems and names every problem at once.
func load(ctx *pulumi.Context, below *lower) (spec.Platform, []spec.PoolPlan, error) {
	raw, err := rawConfig(ctx)
	if err != nil {
		return spec.Platform{}, nil, err
	}
	if below != nil {
		raw.Handed = &below.facts
	}
	return spec.Load(raw)
}

// rawConfig gathers what spec.Load reads.
func rawConfig(ctx *pulumi.Context) (spec.Raw, error) {
	files, err := readModels(modelFiles)
	if err != nil {
		return spec.Raw{}, err
	}
	keys, err := configKeys()
	if err != nil {
		return spec.Raw{}, err
	}
	raw := spec.Raw{
		Project:    ctx.Project(),
		Stack:      ctx.Stack(),
		Config:     map[string]string{},
		ModelFiles: files,
	}
	for key := range keys {
		value, ok := ctx.GetConfig(namespace + key)
		if !ok {
			continue
		}
		raw.Config[key] = value
		if ctx.IsConfigSecret(namespace + key) {
			raw.Secrets = append(raw.Secrets, key)
		}
	}
	regionKey, accountKey := cmp.Or(spec.Cloud(raw.Config["cloud"]), spec.AWS).ProviderKeys()
	raw.Region, _ = ctx.GetConfig(regionKey)
	raw.Account, _ = ctx.GetConfig(accountKey)
	return raw, nil
}

// projectRoot is the folder of Pulumi.yaml, from which relative paths in the
// configuration start. The Automation API does not tell the program; then the
// environment does, as with the keys.
func projectRoot(ctx *pulumi.Context) string {
	return cmp.Or(ctx.RootDirectory(), os.Getenv(pulumi.EnvPulumiRootDirectory))
}

// configKeys are the keys to ask for: all that Gantry knows, and all that the
// stack has. The SDK can only be asked for keys by name, so that a misspelt one
// would be passed over; the environment from which it reads them has all.
func configKeys() (map[string]bool, error) {
	keys := map[string]bool{}
	for _, field := range spec.Fields(reflect.TypeFor[spec.Platform]()) {
		keys[field.Key] = true
	}
	var values map[string]string
	if text := os.Getenv(pulumi.EnvConfig); text != "" {
		if err := json.Unmarshal([]byte(text), &values); err != nil {
			return nil, fmt.Errorf("reading the configuration in %s: %w", pulumi.EnvConfig, err)
		}
	}
	for name := range values {
		if key, ok := strings.CutPrefix(name, namespace); ok {
			keys[key] = true
		}
	}
	return keys, nil
}
