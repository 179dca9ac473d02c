package azure

import (
	"net/url"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

func (a *Account) identity() emulator.Type {
	return emulator.Type{
		Token:    tokenIdentity,
		Source:   "specification/msi/resource-manager/Microsoft.ManagedIdentity/stable/2023-01-31/ManagedIdentity.json",
		Replace:  []string{"location", "resourceGroupName", "resourceName"},
		Name:     named("resourceName"),
		Refs:     []emulator.Ref{groupRef()},
		Validate: rules.All(matching("resourceName", identityForm), located(kindIdentity), tagRules),
		Create: func(op *emulator.Op) error {
			in, out := op.In(), op.Out()
			out["name"], out["type"] = in.String("resourceName"), kindIdentity
			out["principalId"], out["clientId"] = newGUID(), newGUID()
			out["tenantId"] = a.settings().tenant
			return claim(op, a.id(in.String("resourceGroupName"), kindIdentity, in.String("resourceName")))
		},
		Delete: func(op *emulator.Op) error { return dropInside(op.Tx, op.Object.ID) },
	}
}

// maxFederated is how many federated credentials an identity takes.
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
const maxFederated = 20

func (a *Account) federatedCredential() emulator.Type {
	return emulator.Type{
		Token:    tokenFederated,
		Source:   "specification/msi/resource-manager/Microsoft.ManagedIdentity/stable/2023-01-31/ManagedIdentity.json",
		Replace:  []string{"federatedIdentityCredentialResourceName", "resourceGroupName", "resourceName"},
		Name:     namedAlike("federatedIdentityCredentialResourceName"),
		Refs:     []emulator.Ref{groupRef()},
		Validate: rules.All(matching("federatedIdentityCredentialResourceName", federatedForm), federationRules),
		Create: func(op *emulator.Op) error {
			in := op.In()
			name := in.String("federatedIdentityCredentialResourceName")
			identity, err := parent(op.Tx, tokenIdentity,
				a.id(in.String("resourceGroupName"), kindIdentity, in.String("resourceName")), kindFederated)
			if err != nil {
				return err
			}
			op.Out()["name"], op.Out()["type"] = name, kindFederated
			if err := claim(op, identity.ID+"/federatedIdentityCredentials/"+name); err != nil {
				return err
			}
			return federatedOnce(op)
		},
		Update: federatedOnce,
	}
}

func federationRules(in emulator.Properties) error {
	issuer := in.String("issuer")
	if u, err := url.Parse(issuer); in.Known("issuer") && (err != nil || u.Scheme != "https" || u.Host == "" || strings.TrimSpace(issuer) != issuer) {
		return refuse("BadRequest", "Issuer %q is not valid: it must be an https URL.", issuer)
	}
	if audiences, ok := in["audiences"].([]any); ok && len(audiences) != 1 {
		return refuse("BadRequest", "Exactly one audience must be specified; the request has %d.", len(audiences))
	}
	if in.Known("subject") && in.String("subject") == "" {
		return refuse("BadRequest", "Subject must not be empty.")
	}
	return nil
}

// federatedOnce refuses a second credential of an identity for the same issuer
// and subject, and one too many.
func federatedOnce(op *emulator.Op) error {
	count := 1
	for _, o := range op.Of(tokenFederated) {
		if o.ID == op.Object.ID || parentOf(o.ID) != parentOf(op.Object.ID) {
			continue
		}
		count++
		if o.Inputs.String("issuer") == op.In().String("issuer") && o.Inputs.String("subject") == op.In().String("subject") {
			return refuse("BadRequest", "Issuer and subject combination already exists for this Managed Identity.")
		}
	}
	if count > maxFederated {
		return refuse("BadRequest", "Too many Federated Identity Credentials have been configured for this Managed Identity; the maximum is %d.", maxFederated)
	}
	return nil
}
