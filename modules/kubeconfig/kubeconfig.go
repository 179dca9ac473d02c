// Package kubeconfig renders kubeconfig files whose credentials come from a
// cloud's command-line tool at the moment they are needed: no file holds a
// token.
package kubeconfig

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"

	"sigs.k8s.io/yaml"
)

// ExecAPIVersion is the version of the exec credential protocol that the
// plugins of all three clouds speak.
const ExecAPIVersion = "client.authentication.k8s.io/v1beta1"

// Config is a kubeconfig with one cluster, one user and one context, all of the
// same name.
type Config struct {
	// Name of cluster, user and context.
	Name string
	// Server is the https URL of the Kubernetes API.
	Server string
	// CAData is the certificate authority of the server, PEM in base64.
	CAData string
	// Exec prints the user's credential.
	Exec Exec
}

// Exec is a credential plugin: a command that prints a short-lived credential.
type Exec struct {
	// Command is looked up on PATH.
	Command string
	// Args of the command.
	Args []string
	// InstallHint is shown when the command does not exist.
	InstallHint string
}

// Render returns the kubeconfig as YAML. The error tells every field that is
// missing or malformed.
func Render(c Config) (string, error) {
	if err := c.validate(); err != nil {
		return "", fmt.Errorf("kubeconfig of %s: %w", c.Name, err)
	}
	out, err := yaml.Marshal(c.document())
	if err != nil {
		return "", fmt.Errorf("kubeconfig of %s: %w", c.Name, err)
	}
	return string(out), nil
}

func (c Config) validate() error {
	var problems []error
	if c.Name == "" {
		problems = append(problems, errors.New("the cluster has no name"))
	}
	if server, err := url.Parse(c.Server); err != nil || server.Scheme != "https" || server.Host == "" {
		problems = append(problems, fmt.Errorf("server %q is not an https URL", c.Server))
	}
	if ca, err := base64.StdEncoding.DecodeString(c.CAData); err != nil || len(ca) == 0 {
		problems = append(problems, errors.New("the certificate authority is not base64"))
	}
	if c.Exec.Command == "" {
		problems = append(problems, errors.New("no command prints the credential"))
	}
	return errors.Join(problems...)
}

// document is the file in the shape of the Kubernetes type Config of
// k8s.io/client-go/tools/clientcmd/api/v1.
func (c Config) document() map[string]any {
	return map[string]any{
		"apiVersion":      "v1",
		"kind":            "Config",
		"current-context": c.Name,
		"clusters": []any{map[string]any{
			"name": c.Name,
			"cluster": map[string]any{
				"server":                     c.Server,
				"certificate-authority-data": c.CAData,
			},
		}},
		"contexts": []any{map[string]any{
			"name":    c.Name,
			"context": map[string]any{"cluster": c.Name, "user": c.Name},
		}},
		"users": []any{map[string]any{
			"name": c.Name,
			"user": map[string]any{"exec": map[string]any{
				"apiVersion": ExecAPIVersion,
				"command":    c.Exec.Command,
				"args":       c.Exec.Args,
				// A prompt would hang a program that has no terminal.
				"interactiveMode": "Never",
				"installHint":     c.Exec.InstallHint,
			}},
		}},
	}
}
