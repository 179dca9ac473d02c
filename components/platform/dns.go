package platform

import (
	"encoding/json"
	"strings"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/spec"
)

const (
	dnsName = "external-dns"
	// azureConfig is the ConfigMap with the file that external-dns reads on
	// Azure.
	azureConfig = "external-dns-azure"
)

// dnsAddon is external-dns, which writes the gateway's name into a zone.
var dnsAddon = addon{
	name:      dnsName,
	chart:     "external-dns",
	namespace: DNSNamespace,
	when:      func(in inputs) bool { return in.platform.Addons.DNS.Zone != "" },
	after:     []string{monitoringName, gatewayAddonName}, // it does not start without the Gateway API
	account: func(p spec.Platform) *cluster.Binding {
		if p.Addons.DNS.Zone == "" {
			return nil
		}
		return &cluster.Binding{
			Namespace: DNSNamespace, ServiceAccount: dnsName,
			Grants: []cluster.Grant{{Kind: cluster.ManageDNS, Resource: pulumi.String(p.Addons.DNS.Zone)}},
		}
	},
	values: dnsValues,
	before: func(in inputs, m *maker) ([]pulumi.Resource, error) {
		if in.platform.Cloud != spec.Azure {
			return nil, nil
		}
		file, err := newAzureConfig(m, in.platform)
		return []pulumi.Resource{file}, err
	},
}

// dnsProvider is what external-dns has to be told of a cloud.
type dnsProvider struct {
	name string
	// values beside those of every cloud; args are among them.
	args func(p spec.Platform) pulumi.Map
	more func(p spec.Platform) (pulumi.Map, error)
}

// dnsProviders by cloud. Each is bound to the one zone, as its identity is.
var dnsProviders = map[spec.Cloud]dnsProvider{
	spec.AWS: {
		name: "aws",
		args: func(p spec.Platform) pulumi.Map {
			return pulumi.Map{"zone-id-filter": pulumi.String(p.Addons.DNS.Zone)}
		},
		more: func(p spec.Platform) (pulumi.Map, error) {
			// Nodes let no pod ask for their metadata.
			return pulumi.Map{"env": pulumi.Array{
				pulumi.Map{"name": pulumi.String("AWS_DEFAULT_REGION"), "value": pulumi.String(p.Region)},
			}}, nil
		},
	},
	spec.GCP: {
		name: "google",
		args: func(p spec.Platform) pulumi.Map {
			return pulumi.Map{
				"zone-id-filter": pulumi.String(p.Addons.DNS.Zone), // matches names too
				"google-project": pulumi.String(p.Account),
			}
		},
	},
	spec.Azure: {
		name: "azure",
		args: func(p spec.Platform) pulumi.Map {
			// By the end of its id, the name: Azure writes ids in another case
			// than its own console, and the filter tells case apart.
			return pulumi.Map{"zone-id-filter": pulumi.String("/" + parseAzureZone(p.Addons.DNS.Zone).name)}
		},
		more: azureConfigValues,
	},
}

func dnsValues(in inputs) (pulumi.Map, error) {
	p, account := in.platform, in.account(dnsName)
	provider := dnsProviders[p.Cloud]
	args := provider.args(p)
	args["gateway-name"] = pulumi.String(GatewayName)
	values := pulumi.Map{
		"provider":         pulumi.Map{"name": pulumi.String(provider.name)},
		"sources":          pulumi.ToStringArray([]string{"gateway-httproute"}),
		"gatewayNamespace": pulumi.String(GatewayNamespace),
		"domainFilters":    pulumi.ToStringArray([]string{p.Addons.DNS.Domain}),
		// Records go with their routes, but only those that a TXT record beside
		// them says are this platform's.
		"policy":             pulumi.String("sync"),
		"registry":           pulumi.String("txt"),
		"txtOwnerId":         pulumi.String(p.Name),
		"triggerLoopOnEvent": pulumi.Bool(true), // a new name need not wait a minute
		"extraArgs":          args,
		"serviceAccount":     accountValues(dnsName, account.Annotations),
		"podLabels":          pulumi.ToStringMap(account.PodLabels),
		"resources":          requests("10m", "64Mi", "256Mi"),
		"nodeSelector":       systemSelector(in),
		"tolerations":        systemTolerations(in),
		"serviceMonitor":     serviceMonitor(in),
	}
	if provider.more == nil {
		return values, nil
	}
	more, err := provider.more(p)
	for key, value := range more {
		values[key] = value
	}
	return values, err
}

// azureZone is a public DNS zone of Azure.
type azureZone struct{ subscription, group, name string }

// parseAzureZone reads the resource id of a zone, which has passed validation:
// /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Network/dnsZones/<name>.
func parseAzureZone(id string) azureZone {
	parts := strings.Split(id, "/")
	if len(parts) < 9 {
		return azureZone{}
	}
	return azureZone{subscription: parts[2], group: parts[4], name: strings.ToLower(parts[8])}
}

// azureFile tells external-dns where the zone is. It holds no secret: who it is
// and its tenant come from Workload Identity.
func azureFile(p spec.Platform) (string, error) {
	zone := parseAzureZone(p.Addons.DNS.Zone)
	file, err := json.Marshal(map[string]any{
		"subscriptionId":               zone.subscription,
		"resourceGroup":                zone.group,
		"useWorkloadIdentityExtension": true,
	})
	return string(file), err
}

func newAzureConfig(m *maker, p spec.Platform) (*corev1.ConfigMap, error) {
	file, err := azureFile(p)
	if err != nil {
		return nil, err
	}
	return corev1.NewConfigMap(m.ctx, m.child("dns-azure"), &corev1.ConfigMapArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:      pulumi.String(azureConfig),
			Namespace: pulumi.String(DNSNamespace),
			Labels:    pulumi.ToStringMap(naming.AppLabels(azureConfig, "dns")),
		},
		Data: pulumi.StringMap{"azure.json": pulumi.String(file)},
	}, m.opts...)
}

// azureConfigValues mount the file where external-dns looks for it. It is read at
// the start only: its hash starts a new pod when it changes.
func azureConfigValues(p spec.Platform) (pulumi.Map, error) {
	const volume = "azure"
	file, err := azureFile(p)
	return pulumi.Map{
		"extraVolumes": pulumi.Array{pulumi.Map{
			"name": pulumi.String(volume), "configMap": pulumi.Map{"name": pulumi.String(azureConfig)},
		}},
		"extraVolumeMounts": pulumi.Array{pulumi.Map{
			"name": pulumi.String(volume), "mountPath": pulumi.String("/etc/kubernetes"), "readOnly": pulumi.Bool(true),
		}},
		"podAnnotations": pulumi.StringMap{"gantry.dev/azure-config": pulumi.String(naming.Hash(file))},
	}, err
}
