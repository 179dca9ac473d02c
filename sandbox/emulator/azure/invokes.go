package azure

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/authority"
	"gantry.dev/gantry/sandbox/emulator/random"
)

// invokes are the functions that the account answers.
func (a *Account) invokes() map[string]emulator.Invoke {
	return map[string]emulator.Invoke{
		"azure-native:authorization:getClientConfig":     a.getClientConfig,
		moduleAKS + ":getManagedCluster":                 a.getCluster,
		moduleAKS + ":listManagedClusterUserCredentials": a.listUserCredentials,
	}
}

// getClientConfig tells who calls the account.
func (a *Account) getClientConfig(context.Context, emulator.Properties) (emulator.Properties, error) {
	set := a.settings()
	return emulator.Properties{
		"clientId": callerApp, "objectId": callerID, "subscriptionId": set.subscription, "tenantId": set.tenant,
	}, nil
}

// lookup is the cluster that an invoke names.
func (a *Account) lookup(args emulator.Properties) (emulator.Object, error) {
	group, name := args.String("resourceGroupName"), args.String("resourceName")
	objects, err := a.store.Objects()
	if err != nil {
		return emulator.Object{}, err
	}
	groups := 0
	for _, o := range objects {
		switch {
		case o.Token == tokenCluster && inside(o.ID, a.clusterID(group, name)):
			return o, nil
		case o.Token == tokenResourceGroup && strings.EqualFold(o.ID, a.groupID(group)):
			groups++
		}
	}
	if groups == 0 {
		return emulator.Object{}, groupNotFound(group)
	}
	return emulator.Object{}, refuse("ResourceNotFound", "The Resource '%s/%s' under resource group '%s' was not found. "+
		"For more details please go to https://aka.ms/ARMResourceNotFoundFix", kindCluster, name, group)
}

// getCluster answers containerservice.LookupManagedCluster.
func (a *Account) getCluster(_ context.Context, args emulator.Properties) (emulator.Properties, error) {
	o, err := a.lookup(args)
	if err != nil {
		return nil, err
	}
	result := o.Outputs.Clone()
	result["id"] = o.ID
	return result, nil
}

// listUserCredentials answers containerservice.ListManagedClusterUserCredentials.
func (a *Account) listUserCredentials(_ context.Context, args emulator.Properties) (emulator.Properties, error) {
	o, err := a.lookup(args)
	if err != nil {
		return nil, err
	}
	user, err := a.userOf(o)
	if err != nil {
		return nil, err
	}
	name := lastOf(o.ID)
	login := "clusterUser_" + groupOf(o.ID) + "_" + name
	file, err := yaml.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config", "preferences": map[string]any{}, "current-context": name,
		"clusters": []any{map[string]any{"name": name, "cluster": map[string]any{
			"server": server(o, args.String("serverFqdn")), "certificate-authority-data": o.State.String("authority"),
		}}},
		"contexts": []any{map[string]any{"name": name, "context": map[string]any{"cluster": name, "user": login}}},
		"users":    []any{map[string]any{"name": login, "user": user}},
	})
	if err != nil {
		return nil, fmt.Errorf("kubeconfig of %s: %w", o.ID, err)
	}
	return emulator.Properties{"kubeconfigs": []any{map[string]any{
		"name": "clusterUser", "value": base64.StdEncoding.EncodeToString(file),
	}}}, nil
}

// server is the URL of a cluster's API: the private one of a private cluster,
// unless the public name is asked for.
func server(cluster emulator.Object, kind string) string {
	host := cluster.Outputs.String("privateFQDN")
	if public := cluster.Outputs.String("fqdn"); host == "" || kind == "public" && public != "" {
		host = public
	}
	return "https://" + host + apiPort
}

// Applications of AKS in every directory.
// https://azure.github.io/kubelogin/concepts/aks.html
const (
	serverApp = "6dae42f8-4368-4678-94ff-3960e28e3630"
	clientApp = "80faf920-1908-4b52-b5ef-a8e7bedfc67a"
)

// userOf is the user in a kubeconfig: kubelogin on a cluster with Azure AD, a
// local account with a certificate on others.
func (a *Account) userOf(cluster emulator.Object) (map[string]any, error) {
	if !cluster.Outputs.Bool("aadProfile.managed") {
		certificate, err := authority.New("ca") // a certificate that clients can parse
		return map[string]any{"client-certificate-data": certificate, "token": random.Hex(128)}, err
	}
	return map[string]any{"exec": map[string]any{
		"apiVersion": "client.authentication.k8s.io/v1beta1",
		"command":    "kubelogin",
		"args": []any{
			"get-token", "--environment", "AzurePublicCloud", "--server-id", serverApp, "--client-id", clientApp,
			"--tenant-id", a.settings().tenant, "--login", "devicecode",
		},
		"installHint": "kubelogin is not installed which is required to connect to AAD enabled cluster. " +
			"To learn more, please go to https://aka.ms/aks/kubelogin",
		"provideClusterInfo": false,
	}}, nil
}
