package platform

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"gantry.dev/gantry/components/cluster"
	"gantry.dev/gantry/modules/spec"
)

// Google's build of Prometheus, which sends what it scrapes to Managed Service for
// Prometheus by itself: the documentation of Prometheus says of Google Cloud that
// it takes no remote write. It is a minor behind the chart's own. Sources:
// https://docs.cloud.google.com/stackdriver/docs/managed-prometheus/setup-unmanaged
// and charts/values.global.yaml of GoogleCloudPlatform/prometheus-engine, read in
// August 2026.
const (
	googleRegistry   = "gke.gcr.io"
	googlePrometheus = "prometheus-engine/prometheus"
	googleTag        = "v3.13.0-gmp.1-gke.0"
	googleDigest     = "b8e81d2737a3ca7126b06cbd4bb495b4f9c694e9431e5a280d7d37f289ff2708"
)

// metricsBinding lets Prometheus write to the cloud's managed Prometheus; nil
// where it writes to none.
func metricsBinding(p spec.Platform) *cluster.Binding {
	remote := p.Addons.Monitoring.RemoteWrite
	if !spec.On(remote.Enabled) || p.Cloud == spec.Existing {
		return nil
	}
	return &cluster.Binding{
		Namespace: MonitoringNamespace, ServiceAccount: prometheusAccount,
		// On Google Cloud there is no workspace: it is the project.
		Grants: []cluster.Grant{{Kind: cluster.WriteMetrics, Resource: pulumi.String(remote.Workspace)}},
	}
}

// managed are the values that make Prometheus write to a managed one: those of
// the server, and those beside it.
type managed struct{ server, values pulumi.Map }

func managedPrometheus(in inputs) managed {
	config := in.platform.Addons.Monitoring
	if !spec.On(config.RemoteWrite.Enabled) {
		return managed{}
	}
	switch in.platform.Cloud {
	case spec.AWS:
		return amazonPrometheus(in.platform.Region, config.RemoteWrite.Workspace)
	case spec.Azure:
		return azurePrometheus(config.RemoteWrite.Endpoint)
	case spec.GCP:
		return googleManaged(config.Replicas)
	default:
		return managed{}
	}
}

// amazonPrometheus signs with the identity that EKS gives the pod. Sources:
// https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-onboard-ingest-metrics-existing-Prometheus.html
// and Send-high-availability-data-operator.html there, for the label of replicas.
func amazonPrometheus(region, workspace string) managed {
	url := fmt.Sprintf("https://aps-workspaces.%s.amazonaws.com/workspaces/%s/api/v1/remote_write", region, workspace)
	return managed{server: pulumi.Map{
		"remoteWrite": pulumi.Array{pulumi.Map{
			"url":   pulumi.String(url),
			"sigv4": pulumi.Map{"region": pulumi.String(region)},
		}},
		// With this and the label cluster, Amazon keeps the samples of one replica.
		"replicaExternalLabelName": pulumi.String("__replica__"),
	}}
}

// azurePrometheus takes the identity from what the webhook of AKS puts into the
// pod's environment, so that neither tenant nor client need to be known. Source:
// https://learn.microsoft.com/azure/azure-monitor/metrics/prometheus-remote-write
func azurePrometheus(endpoint string) managed {
	return managed{server: pulumi.Map{
		"remoteWrite": pulumi.Array{pulumi.Map{
			"url":     pulumi.String(endpoint),
			"azureAd": pulumi.Map{"cloud": pulumi.String("AzurePublic"), "sdk": pulumi.Map{}},
		}},
	}}
}

// googleManaged replaces the program. It finds project, location and cluster in
// the metadata of GKE.
func googleManaged(replicas int) managed {
	m := managed{server: pulumi.Map{
		"image": pulumi.Map{
			"registry":   pulumi.String(googleRegistry),
			"repository": pulumi.String(googlePrometheus),
			"tag":        pulumi.String(googleTag),
			"sha":        pulumi.String(googleDigest),
		},
		// Sending costs memory: series are kept once more.
		"resources": requests("1", "4Gi", "8Gi"),
	}}
	if replicas > 1 {
		// One replica sends at a time, whoever holds the lease.
		m.server["additionalArgs"] = pulumi.Array{
			argument("export.ha.backend", "kube"),
			argument("export.ha.kube.namespace", MonitoringNamespace),
			argument("export.ha.kube.name", prometheusAccount),
		}
		m.values = pulumi.Map{"additionalRulesForClusterRole": pulumi.Array{pulumi.Map{
			"apiGroups": pulumi.ToStringArray([]string{"coordination.k8s.io"}),
			"resources": pulumi.ToStringArray([]string{"leases"}),
			"verbs":     pulumi.ToStringArray([]string{"get", "create", "update"}),
		}}}
	}
	return m
}

func argument(name, value string) pulumi.Map {
	return pulumi.Map{"name": pulumi.String(name), "value": pulumi.String(value)}
}
