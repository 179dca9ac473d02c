package gcp

import (
	"slices"
	"strconv"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// Places of buckets beside the regions, and classes of storage.
// https://cloud.google.com/storage/docs/locations
var (
	bucketPlaces   = []string{"ASIA", "EU", "US", "ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4"}
	storageClasses = []string{"STANDARD", "MULTI_REGIONAL", "REGIONAL", "NEARLINE", "COLDLINE", "ARCHIVE"}
)

// takenBuckets are names that other customers have: those of Google's
// documentation, and what everybody tries first.
var takenBuckets = []string{"example-bucket", "models", "my-bucket", "my-models"}

// defaultSoftDelete is a week, in seconds.
const defaultSoftDelete = 604800

// bucket is the table of buckets. The account holds no objects, so that none
// stands in the way of a deletion.
func (a *Account) bucket() emulator.Type {
	return emulator.Type{
		Token:    tokenBucket,
		Source:   "hashicorp/terraform-provider-google google/services/storage/resource_storage_bucket.go",
		Replace:  []string{"customPlacementConfig", "enableObjectRetention", "location", "name", "project"},
		Sets:     []string{"lifecycleRules"},
		Name:     &emulator.AutoName{Property: "name", MaxLength: 63},
		Defaults: emulator.Properties{"forceDestroy": false, "storageClass": "STANDARD"},
		Validate: rules.All(
			rules.Matching("name", bucketForm, bucketWords), ownNames,
			rules.OneOf("publicAccessPrevention", "enforced", "inherited"), rules.OneOf("storageClass", storageClasses...),
			bucketPlace, softDelete, lifecycleRules,
		),
		Taken: func(emulator.Object) error {
			return conflict("conflict", "Your previous request to create the named bucket succeeded and you already own it.")
		},
		Create: func(op *emulator.Op) error {
			out := op.Out()
			name, project := out.String("name"), out.String("project")
			if slices.Contains(takenBuckets, name) {
				return conflict("conflict", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "+
					"Please select a different name and try again.")
			}
			op.Object.ID = name
			number, err := strconv.Atoi(projectNumber(project))
			if err != nil {
				return err
			}
			out["projectNumber"] = number
			out["url"], out["selfLink"] = "gs://"+name, "https://www.googleapis.com/storage/v1/b/"+name
			return settleBucket(op)
		},
		Update: settleBucket,
		Delete: func(op *emulator.Op) error {
			return drop(op.Tx, membersOf(op.Tx, tokenBucketMember, "b/"+op.Object.ID))
		},
	}
}

const bucketWords = "the name of a bucket: 3 to 63 lower-case letters, digits, '-', '_' and '.'"

// ownNames are Google's own. https://cloud.google.com/storage/docs/buckets#naming
func ownNames(in emulator.Properties) error {
	if name := in.String("name"); strings.HasPrefix(name, "goog") || strings.Contains(name, "google") {
		return badRequest("Invalid bucket name: '%s'", name)
	}
	return nil
}

func bucketPlace(in emulator.Properties) error {
	place := in.String("location")
	if place == "" || isRegion(strings.ToLower(place)) || slices.Contains(bucketPlaces, strings.ToUpper(place)) {
		return nil
	}
	return &APIError{400, "The specified location constraint is not valid.", "invalid"}
}

func softDelete(in emulator.Properties) error {
	const path = "softDeletePolicy.retentionDurationSeconds"
	if seconds := in.Int(path); seconds != 0 && (seconds < defaultSoftDelete || seconds > 7776000) {
		return badRequest("Invalid soft delete policy: retention duration must be 0 or from %d to 7776000 seconds.", defaultSoftDelete)
	}
	return nil
}

func lifecycleRules(in emulator.Properties) error {
	for _, rule := range in.Objects("lifecycleRules") {
		action := rule.String("action.type")
		condition, _ := rule["condition"].(map[string]any)
		switch {
		case action != "" && !slices.Contains([]string{"Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"}, action):
			return rules.Invalid("lifecycleRules[].action.type", "is %q, expected one of Delete, SetStorageClass, AbortIncompleteMultipartUpload", action)
		case (action == "SetStorageClass") != rule.Has("action.storageClass"):
			return badRequest("A lifecycle management rule must have a storage class with the action SetStorageClass, and with no other.")
		case rule.Known("condition") && len(condition) == 0:
			return badRequest("A lifecycle management rule must have a condition.")
		}
	}
	return nil
}

func settleBucket(op *emulator.Op) error {
	in, out := op.In(), op.Out()
	place := strings.ToUpper(in.String("location"))
	if key := in.String("encryption.defaultKmsKeyName"); key != "" {
		if err := keyFits(op.Tx, key, strings.ToLower(place), storageAgent(out.String("project"))); err != nil {
			return err
		}
	}
	out["location"] = place
	out["publicAccessPrevention"] = orDefault(out, "publicAccessPrevention", "inherited")
	out["uniformBucketLevelAccess"] = orDefault(out, "uniformBucketLevelAccess", false)
	out["versioning"] = orDefault(out, "versioning", map[string]any{"enabled": false})
	out["website"] = orDefault(out, "website", map[string]any{})
	out["rpo"] = ""
	if slices.Contains(bucketPlaces, place) {
		out["rpo"] = orDefault(in, "rpo", "DEFAULT")
	}
	if !out.Has("softDeletePolicy.retentionDurationSeconds") {
		out.Set("softDeletePolicy.retentionDurationSeconds", defaultSoftDelete)
	}
	if !out.Has("softDeletePolicy.effectiveTime") {
		out.Set("softDeletePolicy.effectiveTime", timestamp())
	}
	return nil
}

// keyFits refuses a key that is elsewhere than what it encrypts, does not exist, or
// that a service agent may not encrypt with.
func keyFits(tx *emulator.Tx, key, place, agent string) error {
	parts := strings.Split(key, "/")
	if len(parts) > 3 && parts[3] != place {
		return badRequest("Cloud KMS key location '%s' does not match the location '%s' of what it is to encrypt.", parts[3], place)
	}
	return keyUsable(tx, key, agent)
}

// closed refuses to let everyone into a bucket that lets nobody in for good.
func closed(op *emulator.Op) error {
	who := op.In().String("member")
	bucket, own := op.Get(tokenBucket, op.In().String("bucket"))
	if own && bucket.Outputs.String("publicAccessPrevention") == "enforced" && (who == "allUsers" || who == "allAuthenticatedUsers") {
		return &APIError{412, "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced.", "conditionNotMet"}
	}
	return nil
}
