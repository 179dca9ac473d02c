package gcp

import "slices"

// The predefined roles that exist in the account, by what they can be granted on:
// those of GKE, its nodes, and what runs on them. It has no custom roles.
// https://cloud.google.com/iam/docs/roles-permissions
var (
	projectRoles = slices.Concat([]string{
		"artifactregistry.admin", "artifactregistry.reader", "artifactregistry.writer",
		"autoscaling.metricsWriter", "browser", "cloudtrace.agent",
		"cloudkms.admin", "cloudkms.cryptoKeyDecrypter", "cloudkms.cryptoKeyEncrypter", "cloudkms.cryptoKeyEncrypterDecrypter", "cloudkms.viewer",
		"compute.admin", "compute.instanceAdmin.v1", "compute.networkAdmin", "compute.networkUser", "compute.networkViewer",
		"compute.securityAdmin", "compute.viewer",
		"container.admin", "container.clusterAdmin", "container.clusterViewer", "container.defaultNodeServiceAccount",
		"container.developer", "container.hostServiceAgentUser", "container.nodeServiceAccount", "container.serviceAgent", "container.viewer",
		"dns.admin", "dns.reader", "editor", "file.editor", "file.viewer", "gkehub.admin", "gkehub.viewer",
		"logging.admin", "logging.logWriter", "logging.viewer",
		"monitoring.admin", "monitoring.editor", "monitoring.metricWriter", "monitoring.viewer",
		"owner", "run.admin", "run.developer", "run.invoker", "run.viewer",
		"secretmanager.admin", "secretmanager.secretAccessor", "secretmanager.viewer",
		"serviceusage.serviceUsageAdmin", "serviceusage.serviceUsageConsumer", "serviceusage.serviceUsageViewer",
		"stackdriver.resourceMetadata.writer", "telemetry.metricsWriter", "telemetry.tracesWriter", "viewer",
	}, accountRoles, objectRoles)

	// of a repository of Artifact Registry.
	repositoryRoles = []string{
		"artifactregistry.admin", "artifactregistry.reader", "artifactregistry.repoAdmin", "artifactregistry.writer",
	}

	// of a DNS zone.
	zoneRoles = []string{"dns.admin", "dns.reader"}

	accountRoles = []string{
		"iam.serviceAccountAdmin", "iam.serviceAccountKeyAdmin", "iam.serviceAccountOpenIdTokenCreator",
		"iam.serviceAccountTokenCreator", "iam.serviceAccountUser", "iam.workloadIdentityUser",
	}

	keyRoles = []string{
		"cloudkms.admin", "cloudkms.cryptoKeyDecrypter", "cloudkms.cryptoKeyEncrypter", "cloudkms.cryptoKeyEncrypterDecrypter",
		"cloudkms.publicKeyViewer", "cloudkms.signer", "cloudkms.signerVerifier", "cloudkms.verifier", "cloudkms.viewer",
	}

	objectRoles = []string{
		"storage.admin", "storage.bucketViewer", "storage.objectAdmin", "storage.objectCreator", "storage.objectUser", "storage.objectViewer",
	}

	bucketRoles = slices.Concat([]string{
		"storage.legacyBucketOwner", "storage.legacyBucketReader", "storage.legacyBucketWriter",
		"storage.legacyObjectOwner", "storage.legacyObjectReader",
	}, objectRoles)
)
