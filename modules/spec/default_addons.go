package spec

import (
	"maps"
	"slices"
)

// letsEncrypt is the directory of Let's Encrypt. Source:
// https://letsencrypt.org/docs/acme-protocol-updates/
const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// defaultAddons completes the add-ons. A cluster that Gantry makes gets
// everything; one that is there already may have an add-on of the same kind, and
// two of them fight.
func defaultAddons(a Addons, cloud Cloud, protect bool) Addons {
	own := cloud != Existing
	setDefault(&a.Autoscaler.Enabled, new(true))
	if len(a.Autoscaler.Expanders) == 0 {
		a.Autoscaler.Expanders = slices.Clone(Expanders)
	}
	setDefault(&a.Autoscaler.ScaleDownMinutes, 10)
	setDefault(&a.Autoscaler.ScaleDownUtilization, 50)
	setDefault(&a.Autoscaler.BalanceZones, new(true))
	setDefault(&a.MetricsServer.Enabled, new(true))
	setDefault(&a.GPUOperator.Enabled, new(own))
	setDefault(&a.DevicePlugin.Enabled, new(!On(a.GPUOperator.Enabled) && !advertisesGPUs(cloud)))
	a.Monitoring = defaultMonitoring(a.Monitoring, own, protect)
	setDefault(&a.Certificates.Enabled, new(own))
	a.Gateway = defaultGateway(a.Gateway, own)
	setDefault(&a.EventScaling.Enabled, new(own))
	a.Charts = maps.Clone(a.Charts)
	for name, chart := range a.Charts {
		setDefault(&chart.Namespace, name)
		setDefault(&chart.PodSecurity, PodSecurityRestricted)
		a.Charts[name] = chart
	}
	return a
}

func defaultMonitoring(m Monitoring, own, protect bool) Monitoring {
	setDefault(&m.Enabled, new(own))
	setDefault(&m.RetentionDays, 15)
	setDefault(&m.Storage, "50Gi")
	replicas := 1
	if protect {
		replicas = 2
	}
	setDefault(&m.Replicas, replicas)
	setDefault(&m.RemoteWrite.Enabled, new(false))
	return m
}

func defaultGateway(g Gateway, own bool) Gateway {
	setDefault(&g.Enabled, new(own))
	setDefault(&g.Public, new(false))
	if len(g.AllowedCIDRs) == 0 && On(g.Public) {
		g.AllowedCIDRs = []string{"0.0.0.0/0"}
	}
	if g.Certificate.ACMEEmail != "" {
		setDefault(&g.Certificate.ACMEServer, letsEncrypt)
	}
	return g
}

func defaultRegistry(r Registry, cloud Cloud) Registry {
	setDefault(&r.Enabled, new(cloud != Existing))
	setDefault(&r.KeepImages, 50)
	setDefault(&r.UntaggedDays, 14)
	return r
}

func defaultModelBucket(b ModelBucket, cloud Cloud) ModelBucket {
	setDefault(&b.Enabled, new(cloud != Existing))
	setDefault(&b.OldVersionDays, 30)
	return b
}

// advertisesGPUs is whether something in the cluster advertises accelerators
// already: GKE runs a device plugin of its own on every GPU node that is not
// told otherwise, and an existing cluster with GPUs has whatever its makers
// chose. Two advertisers on a node hand the same device out twice. EKS and AKS
// leave the plugin to the user.
func advertisesGPUs(cloud Cloud) bool { return cloud == GCP || cloud == Existing }
