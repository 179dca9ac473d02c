package aws

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"gantry.dev/gantry/sandbox/emulator/random"
)

// ec2ID is a resource id of EC2 and EFS: a prefix and 17 hexadecimal digits.
func ec2ID(prefix string) string { return prefix + "-0" + random.Hex(16) }

// uniqueID is a principal id of IAM: a prefix such as AROA and 17 characters of
// the base32 alphabet.
func uniqueID(prefix string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	return prefix + random.Of(alphabet, 17)
}

// associationID is an id of EKS Pod Identity: a- and 17 characters.
func associationID() string {
	return "a-" + random.Of("abcdefghijklmnopqrstuvwxyz0123456789", 17)
}

func newUUID() string { return uuid.NewString() }

var suffixes atomic.Uint32

// suffixed completes a name from a prefix the way Terraform does: the time to
// the tenth of a millisecond, and a counter of eight hexadecimal digits.
func suffixed(prefix string) string {
	stamp := strings.ReplaceAll(time.Now().UTC().Format("20060102150405.0000"), ".", "")
	return fmt.Sprintf("%s%s%08x", prefix, stamp, suffixes.Add(1))
}

// suffixLength is the length of what suffixed appends.
const suffixLength = 26

func timestamp() string { return time.Now().UTC().Format(time.RFC3339) }
