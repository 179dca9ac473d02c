package aks

import (
	"fmt"

	azidentity "github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
)

// What Workload Identity reads. Source:
// https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html
const (
	// annotationClient of a service account is the identity of its pods.
	annotationClient = "azure.workload.identity/client-id"
	// labelUse makes the webhook of AKS give a pod a token. Its value is true.
	labelUse = "azure.workload.identity/use"
	// audience is what tokens of service accounts are made out to.
	audience = "api://AzureADTokenExchange"
)

// limitIdentity: the name of a managed identity has 128 characters, and that of
// a federated credential 120. Source: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
const limitIdentity naming.Limit = 120

// workloadIdentities binds service accounts through Workload Identity: the
// webhook of AKS gives pods of the account a token, which Entra changes for one
// of a managed identity.
type workloadIdentities struct {
	build *build
	// issuer of the tokens of service accounts.
	issuer pulumi.StringOutput
}

// BindServiceAccount implements cluster.Binder with a managed identity, its
// trust in the tokens of the service account, and the roles of its grants, see
// grants.go.
func (w *workloadIdentities) BindServiceAccount(ctx *pulumi.Context, name string, binding cluster.Binding, opts ...pulumi.ResourceOption) (*cluster.BoundAccount, error) {
	if err := grantable(binding.Grants); err != nil {
		return nil, err
	}
	b := w.build
	options := append(b.with(), opts...)
	called := naming.Bounded(limitIdentity, b.platform.Name, binding.Namespace, binding.ServiceAccount)
	identity, err := azidentity.NewUserAssignedIdentity(ctx, name+"-identity", &azidentity.UserAssignedIdentityArgs{
		ResourceGroupName: b.group.Name,
		ResourceName:      pulumi.String(called),
		Location:          b.location(),
		Tags:              b.tags,
	}, options...)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	trust, err := azidentity.NewFederatedIdentityCredential(ctx, name+"-trust", &azidentity.FederatedIdentityCredentialArgs{
		ResourceGroupName:                       b.group.Name,
		ResourceName:                            identity.Name,
		FederatedIdentityCredentialResourceName: pulumi.String(called),
		Issuer:                                  w.issuer,
		Subject:                                 pulumi.Sprintf("system:serviceaccount:%s:%s", binding.Namespace, binding.ServiceAccount),
		Audiences:                               pulumi.ToStringArray([]string{audience}),
	}, options...)
	if err != nil {
		return nil, fmt.Errorf("trust in %s/%s: %w", binding.Namespace, binding.ServiceAccount, err)
	}
	ready := []pulumi.Resource{trust}
	for i, granted := range binding.Grants {
		for _, right := range rightsOf[granted.Kind] {
			// By its place: what a grant is for is not known at plan time.
			what := fmt.Sprintf("%s-%d%s", granted.Kind, i+1, right.suffix)
			assignment, err := b.assign(name+"-"+what, grant{
				what:      what,
				role:      right.role,
				scope:     right.scope(granted.Resource),
				principal: identity.PrincipalId,
				kind:      servicePrincipal,
			}, options...)
			if err != nil {
				return nil, err
			}
			ready = append(ready, assignment)
		}
	}
	return &cluster.BoundAccount{
		Annotations: pulumi.StringMap{annotationClient: identity.ClientId},
		PodLabels:   map[string]string{labelUse: "true"},
		Ready:       ready,
	}, nil
}
