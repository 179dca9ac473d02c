package aws

import (
	"net/netip"
	"regexp"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// bucketForm, and what a name must neither begin nor end with:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var (
	bucketForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	notAtTheStart = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	notAtTheEnd   = []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}
)

// bucketZones are the hosted zones of the websites of S3, by region.
// https://docs.aws.amazon.com/general/latest/gr/s3.html
var bucketZones = map[string]string{
	"us-east-1": "Z3AQBSTGFJSTF", "us-east-2": "Z2O1EMRO9K5GLX", "us-west-1": "Z2F56UZL2M1ACD", "us-west-2": "Z3BJ6K6RIION7M",
	"eu-west-1": "Z1BKCTXD74EZPE", "eu-west-2": "Z3GKZC51ZF0DB4", "eu-west-3": "Z3R1K369G5AVDG", "eu-central-1": "Z21DNDUVLTQW6Q",
	"ap-south-1": "Z11RGJOFQNVJUP", "ap-southeast-1": "Z3O0J2DXBE1FTB", "ap-southeast-2": "Z1WCIGYICN2BYD", "ap-northeast-1": "Z2M4EHUR26P7ZW",
}

// takenBuckets are names that other customers have: those of AWS's documentation,
// and what everybody tries first.
var takenBuckets = []string{"my-bucket", "examplebucket", "amzn-s3-demo-bucket", "models"}

// bucketParts are the settings that belong to a bucket and go with it.
var bucketParts = []string{
	tokenPublicAccessBlock, tokenOwnershipControls, tokenBucketEncryption, tokenBucketVersioning, tokenBucketLifecycle, tokenBucketPolicy,
}

// bucket is the table of S3 buckets. The account holds no objects, so that none
// stands in the way of a deletion. The settings that have resources of their own
// are taken there and nowhere else.
func (a *Account) bucket() emulator.Type {
	return emulator.Type{
		Token:    tokenBucket,
		Source:   "hashicorp/terraform-provider-aws internal/service/s3/bucket.go",
		Replace:  []string{"bucket", "bucketPrefix", "objectLockEnabled"},
		Name:     &emulator.AutoName{Property: "bucket", Unless: "bucketPrefix", MaxLength: 63},
		Defaults: emulator.Properties{"forceDestroy": false},
		Validate: rules.All(bucketName, prefixFits("bucketPrefix", 63), settingsElsewhere),
		Taken: func(o emulator.Object) error {
			return refuse("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it: %s", o.ID)
		},
		Create: func(op *emulator.Op) error {
			o, out := op.Object, op.Out()
			o.ID = named(op.In(), "bucket", "bucketPrefix")
			for _, name := range takenBuckets {
				if name == o.ID {
					return refuse("BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "+
						"Please select a different name and try again.")
				}
			}
			if err := bucketName(emulator.Properties{"bucket": o.ID}); err != nil {
				return err
			}
			out["bucket"] = o.ID
			out["arn"] = "arn:" + a.partition() + ":s3:::" + o.ID
			out["region"], out["hostedZoneId"] = a.region(), bucketZones[a.region()]
			out["bucketDomainName"] = o.ID + ".s3." + a.dnsSuffix()
			out["bucketRegionalDomainName"] = o.ID + ".s3." + a.region() + "." + a.dnsSuffix()
			out["requestPayer"] = "BucketOwner"
			out["objectLockEnabled"] = op.In().Bool("objectLockEnabled")
			return nil
		},
		Delete: func(op *emulator.Op) error { return dropAll(op.Tx, op.Object.ID, "bucket", bucketParts...) },
	}
}

func bucketName(in emulator.Properties) error {
	name := in.String("bucket")
	if name == "" {
		return nil
	}
	bad := !bucketForm.MatchString(name) || strings.Contains(name, "..")
	if _, err := netip.ParseAddr(name); err == nil {
		bad = true
	}
	for _, start := range notAtTheStart {
		bad = bad || strings.HasPrefix(name, start)
	}
	for _, end := range notAtTheEnd {
		bad = bad || strings.HasSuffix(name, end)
	}
	if bad {
		return refuse("InvalidBucketName", "The specified bucket is not valid: %s", name)
	}
	return nil
}

// settingsElsewhere points to the resources that have taken the place of
// properties of a bucket, which terraform-provider-aws calls deprecated.
func settingsElsewhere(in emulator.Properties) error {
	for property, instead := range map[string]string{
		"acl": "BucketAclV2", "grants": "BucketAclV2", "versionings": "BucketVersioningV2", "policy": "BucketPolicy",
		"serverSideEncryptionConfigurations": "BucketServerSideEncryptionConfigurationV2", "lifecycleRules": "BucketLifecycleConfigurationV2",
		"loggings": "BucketLoggingV2", "corsRules": "BucketCorsConfigurationV2", "websites": "BucketWebsiteConfigurationV2",
		"replicationConfigurations": "BucketReplicationConfig",
	} {
		if in.Has(property) {
			return rules.Invalid(property, "is deprecated: use an aws.s3.%s of its own", instead)
		}
	}
	return nil
}
