package aks

import (
	"encoding/base64"
	"errors"
	"fmt"

	azcontainers "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20241001"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/modules/kubeconfig"
)

// serverAKS is the application of Entra that tokens for the Kubernetes API of
// every AKS cluster are made out to. Source:
// https://azure.github.io/kubelogin/concepts/aks.html
const serverAKS = "6dae42f8-4368-4678-94ff-3960e28e3630"

// api is where the Kubernetes API of the cluster answers.
type api struct {
	// server is an https URL, ca the certificate authority, PEM in base64.
	server, ca pulumi.StringOutput
}

// once is the name of the cluster as soon as it exists. Lookups ask for it, and
// not for outputs of the cluster: a preview of any change to a cluster knows
// none of its outputs but the id, and everything in Kubernetes would be planned
// anew. Source: pulumi-azure-native, provider/pkg/provider/provider.go, Update.
func (b *build) once(control *azcontainers.ManagedCluster) pulumi.StringOutput {
	return control.ID().ApplyT(func(pulumi.ID) string { return b.platform.Name }).(pulumi.StringOutput)
}

// issuer is the URL that the cluster issues tokens of service accounts as. It
// ends in a random GUID that AKS makes for every new cluster and never changes.
// Source: https://learn.microsoft.com/azure/aks/workload-identity-deploy-cluster
func (b *build) issuer(control *azcontainers.ManagedCluster) pulumi.StringOutput {
	found := azcontainers.LookupManagedClusterOutput(b.ctx, azcontainers.LookupManagedClusterOutputArgs{
		ResourceGroupName: pulumi.String(b.platform.Name),
		ResourceName:      b.once(control),
	}, b.invokeOptions()...)
	return found.OidcIssuerProfile().IssuerURL().Elem()
}

// credentials asks AKS how to reach the API. What AKS returns holds no
// credential, because the cluster has no local accounts.
func (b *build) credentials(control *azcontainers.ManagedCluster) api {
	found := azcontainers.ListManagedClusterUserCredentialsOutput(b.ctx, azcontainers.ListManagedClusterUserCredentialsOutputArgs{
		ResourceGroupName: pulumi.String(b.platform.Name),
		ResourceName:      b.once(control),
		Format:            pulumi.String("exec"),
	}, b.invokeOptions()...)
	read := found.Kubeconfigs().ApplyT(readCredentials).(pulumi.StringArrayOutput)
	return api{
		// No more secret than the name of the cluster.
		server: pulumi.Unsecret(read.Index(pulumi.Int(0))).(pulumi.StringOutput),
		ca:     read.Index(pulumi.Int(1)),
	}
}

// readCredentials takes server and certificate authority out of the kubeconfig
// that AKS returns.
func readCredentials(returned []azcontainers.CredentialResultResponse) ([]string, error) {
	if len(returned) == 0 {
		return nil, errors.New("AKS returns no kubeconfig of the cluster")
	}
	content, err := base64.StdEncoding.DecodeString(returned[0].Value)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig that AKS returns: %w", err)
	}
	var file struct {
		Clusters []struct {
			Cluster struct {
				Server string `json:"server"`
				CA     string `json:"certificate-authority-data"`
			} `json:"cluster"`
		} `json:"clusters"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return nil, fmt.Errorf("kubeconfig that AKS returns: %w", err)
	}
	if len(file.Clusters) == 0 {
		return nil, errors.New("kubeconfig that AKS returns has no cluster")
	}
	return []string{file.Clusters[0].Cluster.Server, file.Clusters[0].Cluster.CA}, nil
}

// kubeconfig asks kubelogin for a credential of whoever is signed in to the
// Azure CLI; the variable AAD_LOGIN_METHOD chooses another way, for example
// workloadidentity in CI. It is a secret because it tells where the cluster is
// and what to attack.
func (b *build) kubeconfig(at api) pulumi.StringOutput {
	rendered := pulumi.All(at.server, at.ca).ApplyT(func(values []any) (string, error) {
		server, ca := values[0].(string), values[1].(string)
		return kubeconfig.Render(kubeconfig.Config{
			Name:   b.platform.Name,
			Server: server,
			CAData: ca,
			Exec: kubeconfig.Exec{
				Command:     "kubelogin",
				Args:        []string{"get-token", "--login", "azurecli", "--server-id", serverAKS},
				InstallHint: "kubelogin has to be installed and on PATH (https://azure.github.io/kubelogin), and the Azure CLI signed in.",
			},
		})
	}).(pulumi.StringOutput)
	return pulumi.ToSecret(rendered).(pulumi.StringOutput)
}
