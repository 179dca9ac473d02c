package eks

import (
	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/modules/kubeconfig"
)

// kubeconfig asks the AWS CLI for a credential of whoever runs it. It is a
// secret because it tells where the cluster is and what to attack.
func (b *build) kubeconfig(control *awseks.Cluster) pulumi.StringOutput {
	rendered := pulumi.All(control.Endpoint, control.CertificateAuthority.Data().Elem()).ApplyT(
		func(values []any) (string, error) {
			server, ca := values[0].(string), values[1].(string)
			return kubeconfig.Render(kubeconfig.Config{
				Name:   b.platform.Name,
				Server: server,
				CAData: ca,
				Exec: kubeconfig.Exec{
					Command: "aws",
					Args: []string{
						"eks", "get-token",
						"--cluster-name", b.platform.Name,
						"--region", b.platform.Region,
						"--output", "json",
					},
					InstallHint: "The AWS CLI, version 2, has to be installed and on PATH.",
				},
			})
		}).(pulumi.StringOutput)
	return pulumi.ToSecret(rendered).(pulumi.StringOutput)
}
