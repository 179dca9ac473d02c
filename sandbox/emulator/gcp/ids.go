package gcp

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"gantry.dev/gantry/sandbox/emulator/random"
)

// host of the Compute Engine API in self-links.
const computeHost = "https://www.googleapis.com/compute/v1/"

// numericID is the number of n digits by which Google knows a resource.
func numericID(n int) string { return random.Of("123456789", 1) + random.Of("0123456789", n-1) }

// digest are eight hexadecimal digits that stand for something longer.
func digest(of string) string {
	sum := sha256.Sum256([]byte(of))
	return hex.EncodeToString(sum[:4])
}

// fingerprint changes with what it is the fingerprint of.
func fingerprint(of any) string {
	sum := sha256.Sum256(fmt.Append(nil, of))
	return base64.URLEncoding.EncodeToString(sum[:8])
}

// etag is the version of an IAM policy.
func etag() string {
	return base64.StdEncoding.EncodeToString(random.Bytes(8))
}

func timestamp() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000-07:00") }
