package gke

import (
	"crypto/sha256"
	"fmt"

	gcpcontainer "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/kubeconfig"
)

// serverURL is where the Kubernetes API answers: the private address of a
// private cluster, the public one where ranges of the internet are named. The
// name that GKE also gives a control plane cannot be opened with the pinned SDK
// (controlPlaneEndpointsConfig came with its next major).
func serverURL(control *gcpcontainer.Cluster) pulumi.StringOutput {
	return pulumi.Sprintf("https://%s", control.Endpoint)
}

// identifier tells one cluster from the next of the same name by the certificate
// authority, which GKE makes anew for each. Nothing else that the pinned SDK
// knows of a cluster is new every time: not its id, its link, nor, behind a
// private endpoint, its address. The price: a rotation of the cluster's
// credentials, which people start by hand, looks like a new cluster. The
// fingerprint of a certificate is no secret.
func identifier(control *gcpcontainer.Cluster) pulumi.StringOutput {
	tag := pulumi.All(control.ID().ToStringOutput(), authority(control)).ApplyT(func(values []any) string {
		return fmt.Sprintf("%s#%.8x", values[0], sha256.Sum256([]byte(values[1].(string))))
	})
	return pulumi.Unsecret(tag).(pulumi.StringOutput)
}

// authority is the certificate authority of the cluster, PEM in base64.
func authority(control *gcpcontainer.Cluster) pulumi.StringOutput {
	return control.MasterAuth.ClusterCaCertificate().Elem()
}

// kubeconfig asks GKE's credential plugin for a credential of whoever runs it,
// out of the same application default credentials as the Google Cloud provider
// uses. It is a secret because it tells where the cluster is and what to attack.
func (b *build) kubeconfig(control *gcpcontainer.Cluster, endpoint pulumi.StringOutput) pulumi.StringOutput {
	rendered := pulumi.All(endpoint, authority(control)).ApplyT(
		func(values []any) (string, error) {
			server, ca := values[0].(string), values[1].(string)
			return kubeconfig.Render(kubeconfig.Config{
				Name:   b.platform.Name,
				Server: server,
				CAData: ca,
				Exec: kubeconfig.Exec{
					Command: "gke-gcloud-auth-plugin",
					Args:    []string{"--use_application_default_credentials"},
					InstallHint: "GKE's credential plugin has to be installed and on PATH, " +
						"for example by `gcloud components install gke-gcloud-auth-plugin`.",
				},
			})
		}).(pulumi.StringOutput)
	return pulumi.ToSecret(rendered).(pulumi.StringOutput)
}
