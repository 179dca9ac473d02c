package serving

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
)

// account gives the pods an identity of their own and no token: a model server
// has no business with the Kubernetes API. Of the cloud it has one where it reads
// the model bucket.
func (s *server) account() *corev1.ServiceAccountArgs {
	metadata := s.metadata()
	metadata.Annotations = s.accountAnnotations()
	return &corev1.ServiceAccountArgs{
		Metadata:                     metadata,
		AutomountServiceAccountToken: pulumi.Bool(false),
	}
}

// podSecurity and containerSecurity meet the Pod Security level `restricted`,
// see https://kubernetes.io/docs/concepts/security/pod-security-standards/,
// and make the image's file system read-only besides.
func podSecurity() *corev1.PodSecurityContextArgs {
	return &corev1.PodSecurityContextArgs{
		RunAsNonRoot: pulumi.Bool(true),
		RunAsUser:    pulumi.Int(cluster.PodUser),
		RunAsGroup:   pulumi.Int(cluster.PodUser),
		FsGroup:      pulumi.Int(cluster.PodUser),
		// Without it every start walks through all files of a volume.
		FsGroupChangePolicy: pulumi.String("OnRootMismatch"),
		SeccompProfile:      &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
	}
}

func containerSecurity() *corev1.SecurityContextArgs {
	return &corev1.SecurityContextArgs{
		AllowPrivilegeEscalation: pulumi.Bool(false),
		ReadOnlyRootFilesystem:   pulumi.Bool(true),
		Capabilities:             &corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
	}
}
