package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

var dataRules = []Rule{
	{
		ID: "bucket-private", Group: Data, Level: Remediate,
		Says:   "A bucket cannot be made public.",
		Why:    "Model weights and training data are the value of the platform, and one wrong line of a policy gives them away.",
		Fix:    "On AWS add a BucketPublicAccessBlock with all four true; on Google Cloud set publicAccessPrevention to enforced and uniformBucketLevelAccess to true; on Azure set allowBlobPublicAccess to false. On the latter two the pack does so where it is left out.",
		Except: "For data that is published on purpose, in a bucket of its own.",
		Like:   []string{"CKV2_AWS_6", "CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56", "AWS-0086", "AWS-0087", "AWS-0091", "AWS-0093", "AWS-0094", "CKV_GCP_28", "CKV_GCP_29", "CKV_GCP_114", "GCP-0001", "GCP-0002", "CKV_AZURE_59", "CKV_AZURE_190", "AZU-0007"},
		Types:  []string{typeBucketBlock, typeBucketGCP, typeBucketMember, typeBucketBinding, typeStorageAccount, typeBlobContainer},
		Judge:  bucketPrivate, JudgeStack: bucketsBlocked, Mend: mendBucket,
	},
	{
		ID: "bucket-versioned", Group: Data, Level: Mandatory,
		Says:   "A bucket keeps what was overwritten or deleted.",
		Why:    "A job that writes to the wrong prefix, or an intruder, destroys weights that took weeks of GPUs.",
		Fix:    "On AWS add a BucketVersioningV2 with status Enabled, on Google Cloud set versioning.enabled, on Azure isVersioningEnabled in BlobServiceProperties.",
		Except: "For a bucket of caches or scratch data.",
		Like:   []string{"CKV_AWS_21", "AWS-0090", "CKV_GCP_78", "GCP-0078"},
		Types:  []string{typeBucketGCP}, Judge: bucketVersioned, JudgeStack: bucketsVersioned,
	},
	{
		ID: "storage-tls", Group: Data, Level: Remediate,
		Says:   "A storage account takes TLS 1.2 and nothing older.",
		Why:    "Older versions are broken, and plain HTTP shows model and key to everyone on the way.",
		Fix:    "Set minimumTlsVersion to TLS1_2 and enableHttpsTrafficOnly to true. Where they are left out, the pack does so.",
		Except: "enableHttpsTrafficOnly for an account of NFS shares, which has no HTTPS.",
		Like:   []string{"CKV_AZURE_3", "CKV_AZURE_44", "AZU-0008", "AZU-0011"},
		Types:  []string{typeStorageAccount}, Judge: storageTLS, Mend: mendStorageTLS,
	},
	{
		ID: "data-encrypted", Group: Data, Level: Mandatory,
		Says:   "File systems and volumes are encrypted.",
		Why:    "Volumes outlive the pods that wrote to them, and snapshots outlive volumes. Google Cloud and Azure encrypt all of them.",
		Fix:    "On AWS set encrypted to true, in a StorageClass the parameter encrypted: \"true\".",
		Except: "Never: it costs nothing.",
		Like:   []string{"CKV_AWS_3", "AWS-0026", "CKV_AWS_42", "AWS-0037"},
		Types:  []string{typeFileSystem, typeVolume, typeStorageClass}, Judge: dataEncrypted,
	},
	{
		ID: "key-rotation", Group: Data, Level: Mandatory,
		Says:   "Encryption keys are rotated.",
		Why:    "A key that never changes encrypts more every year, and a copy of it is worth more every year.",
		Fix:    "On AWS set enableKeyRotation to true, on Google Cloud rotationPeriod.",
		Except: "For asymmetric keys, which cannot be rotated by themselves.",
		Like:   []string{"CKV_AWS_7", "AWS-0065", "CKV_GCP_43", "GCP-0065"},
		Parameters: []Parameter{
			{Name: "days", Default: 365.0, Says: "Longest time between rotations on Google Cloud, in days."},
		},
		Types: []string{typeKey, typeCryptoKey}, Judge: keyRotation,
	},
	{
		ID: "log-retention", Group: Data, Level: Mandatory,
		Says:   "Logs are kept for a time that somebody chose.",
		Why:    "Without a retention CloudWatch keeps logs for ever and bills them for ever; with too short a one the audit log is gone when it is asked for.",
		Fix:    "Set gantry:cluster.logRetentionDays.",
		Except: "For logs that are also sent elsewhere.",
		Like:   []string{"CKV_AWS_66"},
		Parameters: []Parameter{
			{Name: "days", Default: 90.0, Says: "Least retention, in days."},
		},
		Types: []string{typeLogGroup, typeWorkspace}, Judge: logRetention,
	},
	{
		ID: "data-protected", Group: Data, Level: Mandatory,
		Says:   "What holds data, or is slow to rebuild, refuses to be deleted.",
		Why:    "A renamed resource is a deleted one. The engine refuses that for what is protected, at the preview.",
		Fix:    "Set gantry:protect: true.",
		Except: "For a resource that is about to be removed on purpose.",
		Types:  append([]string{typeKey, typeCryptoKey, typeFileSystem, typeBucketAWS, typeBucketV2, typeBucketGCP, typeStorageAccount, typeLogGroup, typeWorkspace}, clusterTypes...), Judge: protected,
	},
}

func bucketPrivate(r Resource, _ Values) []string {
	var problems []string
	switch r.Type {
	case typeBucketBlock:
		for _, field := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
			if r.At(field).NotTrue() {
				problems = append(problems, field+" is not true")
			}
		}
	case typeBucketGCP:
		if r.At("publicAccessPrevention").IsNot("enforced") {
			problems = append(problems, "publicAccessPrevention is not enforced")
		}
		if r.At("uniformBucketLevelAccess").NotTrue() {
			problems = append(problems, "uniformBucketLevelAccess is not true")
		}
	case typeBucketMember, typeBucketBinding:
		for _, member := range append(r.At("members").Texts(), r.At("member").Text()) {
			if member == "allUsers" || member == "allAuthenticatedUsers" {
				problems = append(problems, "grants access to "+member)
			}
		}
	case typeStorageAccount:
		if r.At("allowBlobPublicAccess").NotFalse() {
			problems = append(problems, "allowBlobPublicAccess is not false")
		}
	case typeBlobContainer:
		if access := r.At("publicAccess"); access.Is("Blob") || access.Is("Container") {
			problems = append(problems, "publicAccess is "+access.Text())
		}
	}
	return problems
}

// bucketsBlocked asks for a block beside every bucket of AWS. Which bucket a
// block belongs to is an id that a preview does not know: then the numbers have
// to agree.
func bucketsBlocked(s Stack, _ Values) []Finding {
	return beside(s, typeBucketBlock, func(Resource) bool { return true }, "no BucketPublicAccessBlock belongs to it")
}

func bucketsVersioned(s Stack, _ Values) []Finding {
	findings := beside(s, typeBucketVersioning, func(r Resource) bool {
		return !r.At("versioningConfiguration", "status").IsNot("Enabled")
	}, "versioning is not enabled")
	versioned := slices.ContainsFunc(s.Of(typeBlobServices), func(r Resource) bool {
		return !r.At("isVersioningEnabled").NotTrue()
	})
	for _, account := range s.Of(typeStorageAccount) {
		// Shares have no versions.
		if kind := account.At("kind"); !versioned && !kind.Unknown() && !kind.Is("FileStorage") {
			findings = append(findings, Finding{account.URN, "no BlobServiceProperties of the stack has isVersioningEnabled"})
		}
	}
	return findings
}

// beside finds the buckets of AWS without a resource of a type that is right.
func beside(s Stack, kind string, right func(Resource) bool, fact string) []Finding {
	named, spare := map[string]bool{}, 0
	for _, r := range s.Of(kind) {
		if right(r) {
			spare++
			named[r.At("bucket").Text()] = true
		}
	}
	var findings []Finding
	for _, bucket := range s.Of(typeBucketAWS, typeBucketV2) {
		name := bucket.At("bucket")
		switch {
		case kind == typeBucketVersioning && !bucket.At("versioning", "enabled").NotTrue():
		case name.Text() != "" && named[name.Text()] || spare > 0 && (named[""] || name.Text() == ""):
			spare--
		default:
			findings = append(findings, Finding{bucket.URN, fact})
		}
	}
	return findings
}

func mendBucket(r Resource, _ Values) (property.Map, bool) {
	switch r.Type {
	case typeBucketGCP:
		return fillIn(r, map[string]property.Value{
			"publicAccessPrevention": property.New("enforced"), "uniformBucketLevelAccess": property.New(true),
		})
	case typeStorageAccount:
		return fillIn(r, map[string]property.Value{"allowBlobPublicAccess": property.New(false)})
	default:
		return property.Map{}, false
	}
}

// fillIn sets the properties that the program left out.
func fillIn(r Resource, wanted map[string]property.Value) (property.Map, bool) {
	if !r.Properties.v.IsMap() {
		return property.Map{}, false
	}
	properties, changed := r.Map(), false
	for key, value := range wanted {
		if r.At(key).Missing() {
			properties, changed = properties.Set(key, value), true
		}
	}
	return properties, changed
}

func bucketVersioned(r Resource, _ Values) []string {
	if r.At("versioning", "enabled").NotTrue() {
		return []string{"versioning.enabled is not true"}
	}
	return nil
}

func storageTLS(r Resource, _ Values) []string {
	var problems []string
	if version := r.At("minimumTlsVersion"); version.IsNot("TLS1_2") && version.IsNot("TLS1_3") {
		problems = append(problems, "minimumTlsVersion is below TLS1_2")
	}
	if r.At("enableHttpsTrafficOnly").NotTrue() {
		problems = append(problems, "enableHttpsTrafficOnly is not true")
	}
	return problems
}

func mendStorageTLS(r Resource, _ Values) (property.Map, bool) {
	return fillIn(r, map[string]property.Value{
		"minimumTlsVersion": property.New("TLS1_2"), "enableHttpsTrafficOnly": property.New(true),
	})
}

func dataEncrypted(r Resource, _ Values) []string {
	if r.Type == typeStorageClass {
		if r.At("provisioner").Is("ebs.csi.aws.com") && r.At("parameters", "encrypted").NotTrue() {
			return []string{"the parameter encrypted is not true"}
		}
		return nil
	}
	if r.At("encrypted").NotTrue() {
		return []string{"encrypted is not true"}
	}
	return nil
}

func keyRotation(r Resource, v Values) []string {
	if r.Type == typeKey {
		if usage := r.At("customerMasterKeySpec"); !usage.Missing() && !usage.Is("SYMMETRIC_DEFAULT") {
			return nil
		}
		if r.At("enableKeyRotation").NotTrue() {
			return []string{"enableKeyRotation is not true"}
		}
		return nil
	}
	if purpose := r.At("purpose"); !purpose.Missing() && !purpose.Is("ENCRYPT_DECRYPT") {
		return nil
	}
	period := r.At("rotationPeriod")
	if period.Unknown() {
		return nil
	}
	seconds, err := strconv.ParseFloat(strings.TrimSuffix(period.Text(), "s"), 64)
	if err != nil {
		return []string{"rotationPeriod is missing"}
	}
	if days := seconds / (24 * 60 * 60); days > v.Number("days") {
		return []string{fmt.Sprintf("rotationPeriod is %g days, above %g", days, v.Number("days"))}
	}
	return nil
}

func logRetention(r Resource, v Values) []string {
	retention := r.At("retentionInDays")
	if retention.Unknown() {
		return nil
	}
	days, ok := retention.Number()
	switch {
	case !ok || days == 0:
		return []string{"retentionInDays is not set"}
	case days < v.Number("days"):
		return []string{fmt.Sprintf("retentionInDays is %g, below %g", days, v.Number("days"))}
	default:
		return nil
	}
}

func protected(r Resource, _ Values) []string {
	if r.Protect {
		return nil
	}
	return []string{"is not protected"}
}
