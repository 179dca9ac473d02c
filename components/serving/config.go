package serving

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/spec"
)

const (
	// configPath is where the files of a model's config are.
	configPath   = "/config"
	configVolume = "config"
	// annotationConfig on pods changes with the files, so that replicas are
	// replaced: a server reads its configuration when it starts.
	annotationConfig = "gantry.dev/config"
)

func (s *server) configName() string { return s.model.Name + "-config" }

// configMap holds the files of the model's config.
func (s *server) configMap() *corev1.ConfigMapArgs {
	metadata := s.metadata()
	metadata.Name = pulumi.String(s.configName())
	return &corev1.ConfigMapArgs{Metadata: metadata, Data: pulumi.ToStringMap(s.model.Config)}
}

// configSum tells one content of the files from another.
func (s *server) configSum() string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s.model.Config)) {
		fmt.Fprintf(sum, "%d:%s%d:%s", len(name), name, len(s.model.Config[name]), s.model.Config[name])
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// secretEnv is the Secret behind the environment variables that are secret. It is
// immutable and has a name of Pulumi's making: another value is another Secret,
// whose name in the pods replaces the replicas one by one, and the old one stays
// until the last of them is gone.
func (s *server) secretEnv(secrets map[string]spec.Secret) *corev1.SecretArgs {
	data := pulumi.StringMap{}
	for variable, name := range s.model.Secrets.Env {
		data[variable] = pulumi.ToSecret(pulumi.String(secrets[name].Reveal())).(pulumi.StringOutput)
	}
	metadata := s.metadata()
	metadata.Name = nil
	return &corev1.SecretArgs{Metadata: metadata, Type: pulumi.String("Opaque"), Immutable: pulumi.Bool(true), StringData: data}
}

// secretVariables are the environment variables that are secret, in the order of
// their names.
func (s *server) secretVariables() corev1.EnvVarArray {
	var variables corev1.EnvVarArray
	for _, variable := range slices.Sorted(maps.Keys(s.model.Secrets.Env)) {
		variables = append(variables, corev1.EnvVarArgs{
			Name: pulumi.String(variable),
			ValueFrom: &corev1.EnvVarSourceArgs{SecretKeyRef: &corev1.SecretKeySelectorArgs{
				Name: s.secret, Key: pulumi.String(variable),
			}},
		})
	}
	return variables
}
