package naming

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Limit is the greatest length of one kind of name, in characters. All names
// are ASCII.
type Limit int

// awsSuffix is the length of what the AWS provider appends to a name prefix to
// make it unique. Source: terraform-plugin-sdk, helper/id, UniqueIDSuffixLength.
const awsSuffix = 26

// Limits of names and name prefixes in AWS. Sources: IAM and EC2 quotas in the
// AWS documentation; validation in terraform-provider-aws.
const (
	// LimitRolePrefix: the name of an IAM role has 64 characters.
	LimitRolePrefix Limit = 64 - awsSuffix
	// LimitNodeGroupPrefix: the name of an EKS node group has 63 characters.
	LimitNodeGroupPrefix Limit = 63 - awsSuffix
	// LimitLaunchTemplatePrefix: the name of a launch template has 128
	// characters.
	LimitLaunchTemplatePrefix Limit = 128 - awsSuffix
	// LimitSecurityGroupPrefix: the name of a security group has 255
	// characters.
	LimitSecurityGroupPrefix Limit = 255 - awsSuffix
	// LimitBucketPrefix: the name of an S3 bucket has 63 characters.
	LimitBucketPrefix Limit = 63 - awsSuffix
	// LimitClusterName: the name of an EKS cluster has 100 characters.
	LimitClusterName Limit = 100
)

// AgentPool is the name of a node pool in AKS, which takes no '-'.
func AgentPool(pool string) string { return strings.ReplaceAll(pool, "-", "") }

// gcpSuffix is the length of what Pulumi's provider of Google Cloud appends to
// the Pulumi name of a resource that is given no name: '-' and seven digits.
// Source: pulumi-gcp, provider/resources.go, SetAutonaming.
const gcpSuffix = 8

// Limits of names in Google Cloud. Sources: the references of the GKE, IAM and
// Resource Manager APIs.
const (
	// LimitGKEName: the name of a GKE cluster has 40 characters.
	LimitGKEName Limit = 40
	// LimitNodePoolName: the name of a GKE node pool has 40 characters.
	LimitNodePoolName Limit = 40 - gcpSuffix
	// LimitServiceAccountID: the id of a Google service account has 30
	// characters.
	LimitServiceAccountID Limit = 30
	// LimitLabel: keys and values of labels have 63 characters.
	LimitLabel Limit = 63
)

// hashLength is enough that two names of one account that were cut at the same
// place do not meet: one chance in 16 million for a pair.
const hashLength = 6

// Bounded joins the parts with '-'. A result longer than the limit is cut and
// ends in a hash of the whole, so that different names stay different and the
// same name is always cut the same way. The limit has to leave room for the
// hash, '-' and one character.
func Bounded(limit Limit, parts ...string) string {
	name := strings.Join(parts, "-")
	if len(name) <= int(limit) {
		return name
	}
	keep := max(int(limit)-hashLength-1, 1)
	return strings.TrimRight(name[:keep], "-./_") + "-" + Hash(name)
}

// Prefix is Bounded for a name that the cloud completes: it ends in '-'.
func Prefix(limit Limit, parts ...string) string {
	return Bounded(limit-1, parts...) + "-"
}

// Hash is a short, stable stand-in for a name, in lower-case hexadecimal digits.
func Hash(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])[:hashLength]
}
