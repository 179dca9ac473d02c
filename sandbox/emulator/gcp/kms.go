package gcp

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

// keyNameForm is that of key rings and keys.
var keyNameForm = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,63}$`)

const keyNameWords = "1 to 63 letters, digits, '-' and '_'"

// keyPlaces are the locations of keys beside the regions.
var keyPlaces = []string{"global", "us", "eu", "europe", "asia"}

// leastRotation is a day, in seconds.
const leastRotation = 86400

// keyRing is the table of key rings. Google Cloud cannot delete one: Terraform
// only forgets it, and its name is taken for ever. The account drops it, so that
// a destroyed stack leaves nothing; a program whose names are chosen for it, as
// Gantry's are, sees no difference.
func (a *Account) keyRing() emulator.Type {
	return emulator.Type{
		Token:    tokenKeyRing,
		Source:   "hashicorp/terraform-provider-google google/services/kms/resource_kms_key_ring.go",
		Replace:  []string{"location", "name", "project"},
		Name:     &emulator.AutoName{Property: "name", MaxLength: 255},
		Validate: rules.All(rules.Matching("name", keyNameForm, keyNameWords), knownKeyPlace),
		Taken: func(o emulator.Object) error {
			return conflict("alreadyExists", "KeyRing %s already exists.", o.ID)
		},
		Create: func(op *emulator.Op) error {
			out := op.Out()
			op.Object.ID = "projects/" + out.String("project") + "/locations/" + out.String("location") + "/keyRings/" + out.String("name")
			return nil
		},
	}
}

func knownKeyPlace(in emulator.Properties) error {
	if place := in.String("location"); place != "" && !isRegion(place) && !slices.Contains(keyPlaces, place) {
		return notFound("The request concerns location '%s' but was sent to location 'global'. Either Cloud KMS is not available in '%s' or the request was misrouted.",
			place, place)
	}
	return nil
}

// cryptoKey is the table of keys. Google Cloud cannot delete one either:
// Terraform destroys its versions and forgets it. The account drops it, as it
// does key rings.
func (a *Account) cryptoKey() emulator.Type {
	return emulator.Type{
		Token:  tokenCryptoKey,
		Source: "hashicorp/terraform-provider-google google/services/kms/resource_kms_crypto_key.go",
		Replace: []string{
			"cryptoKeyBackend", "destroyScheduledDuration", "importOnly", "keyRing", "name", "purpose", "skipInitialVersionCreation",
			"versionTemplate.protectionLevel",
		},
		Name:     &emulator.AutoName{Property: "name", MaxLength: 255},
		Defaults: emulator.Properties{"purpose": "ENCRYPT_DECRYPT"},
		Refs: []emulator.Ref{{
			Path: "keyRing", To: []emulator.Target{{Token: tokenKeyRing}},
			Missing: func(value string) error { return notFound("KeyRing %s not found.", value) },
		}},
		Validate: rules.All(
			rules.Matching("name", keyNameForm, keyNameWords),
			rules.OneOf("purpose", "ENCRYPT_DECRYPT", "ASYMMETRIC_SIGN", "ASYMMETRIC_DECRYPT", "MAC"),
			rules.OneOf("versionTemplate.protectionLevel", "SOFTWARE", "HSM", "EXTERNAL", "EXTERNAL_VPC"),
			rotation,
		),
		Taken: func(o emulator.Object) error {
			return conflict("alreadyExists", "CryptoKey %s already exists.", o.ID)
		},
		Create: func(op *emulator.Op) error {
			o, out := op.Object, op.Out()
			o.ID = out.String("keyRing") + "/cryptoKeys/" + out.String("name")
			if !op.In().Bool("skipInitialVersionCreation") {
				out["primaries"] = []any{map[string]any{"name": o.ID + "/cryptoKeyVersions/1", "state": "ENABLED"}}
			}
			return settleKey(op)
		},
		Update: settleKey,
	}
}

func settleKey(op *emulator.Op) error {
	out := op.Out()
	out["destroyScheduledDuration"] = orDefault(out, "destroyScheduledDuration", "2592000s")
	out["importOnly"] = orDefault(out, "importOnly", false)
	if !out.Has("versionTemplate.algorithm") {
		out.Set("versionTemplate.algorithm", "GOOGLE_SYMMETRIC_ENCRYPTION")
	}
	if !out.Has("versionTemplate.protectionLevel") {
		out.Set("versionTemplate.protectionLevel", "SOFTWARE")
	}
	return nil
}

func rotation(in emulator.Properties) error {
	period := in.String("rotationPeriod")
	if period == "" {
		return nil
	}
	seconds, err := strconv.Atoi(strings.TrimSuffix(period, "s"))
	switch {
	case err != nil || !strings.HasSuffix(period, "s"):
		return rules.Invalid("rotationPeriod", "is %q, expected a number of seconds such as 7776000s", period)
	case seconds < leastRotation:
		return rules.Invalid("rotationPeriod", "is %s, expected at least %ds", period, leastRotation)
	case in.Known("purpose") && in.Has("purpose") && in.String("purpose") != "ENCRYPT_DECRYPT":
		return badRequest("Automatic rotation is not supported for keys with purpose %s.", in.String("purpose"))
	}
	return nil
}

// keyUsable refuses a key that does not exist or that a service agent may not
// encrypt with.
func keyUsable(tx *emulator.Tx, key, agent string) error {
	const role = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
	if _, exists := tx.Get(tokenCryptoKey, key); exists && granted(tx, key, role, agent) {
		return nil
	}
	return badRequest("Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource '%s' (or it may not exist). "+
		"Grant %s on it to %s.", key, role, agent)
}

// granted tells whether a member has a role on a key, or on the key's project.
func granted(tx *emulator.Tx, key, role, member string) bool {
	_, onKey := tx.Find(tokenCryptoKeyMember, func(o emulator.Object) bool {
		return o.Inputs.String("cryptoKeyId") == key && o.Inputs.String("role") == role && o.Inputs.String("member") == member
	})
	_, onProject := tx.Find(tokenProjectMember, func(o emulator.Object) bool {
		return strings.HasPrefix(key, "projects/"+o.Inputs.String("project")+"/") &&
			o.Inputs.String("role") == role && o.Inputs.String("member") == member
	})
	return onKey || onProject
}
