package kubeconfig

import (
	"errors"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// Server is the URL of the Kubernetes API that a context of a kubeconfig leads
// to. The error names the contexts that there are.
func Server(content []byte, context string) (string, error) {
	var file struct {
		Clusters []struct {
			Name    string `json:"name"`
			Cluster struct {
				Server string `json:"server"`
			} `json:"cluster"`
		} `json:"clusters"`
		Contexts []struct {
			Name    string `json:"name"`
			Context struct {
				Cluster string `json:"cluster"`
			} `json:"context"`
		} `json:"contexts"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return "", fmt.Errorf("is not a kubeconfig: %w", err)
	}
	var known []string
	for _, candidate := range file.Contexts {
		known = append(known, candidate.Name)
		if candidate.Name != context {
			continue
		}
		for _, cluster := range file.Clusters {
			if cluster.Name == candidate.Context.Cluster && cluster.Cluster.Server != "" {
				return cluster.Cluster.Server, nil
			}
		}
		return "", fmt.Errorf("has no server for the cluster %q of the context %q", candidate.Context.Cluster, context)
	}
	if len(known) == 0 {
		return "", errors.New("has no context")
	}
	return "", fmt.Errorf("has no context %q: use one of %s", context, strings.Join(known, ", "))
}
