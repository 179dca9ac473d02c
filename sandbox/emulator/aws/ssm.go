package aws

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"

	"gantry.dev/gantry/sandbox/emulator"
)

// ubuntuImages are the public parameters in which Canonical names its images for
// nodes of EKS.
// https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
var ubuntuImages = regexp.MustCompile(`^/aws/service/canonical/ubuntu/eks/(22\.04|24\.04)/([0-9.]+)/stable/current/(amd64|arm64)/hvm/ebs-gp3/ami-id$`)

// getParameter answers ssm.LookupParameter. The account has no parameters of its
// own.
func (a *Account) getParameter(_ context.Context, args emulator.Properties) (emulator.Properties, error) {
	name := args.String("name")
	match := ubuntuImages.FindStringSubmatch(name)
	if match == nil || !slices.Contains(clusterVersions, match[2]) {
		return nil, refuse("ParameterNotFound", "no parameter %s in %s", name, a.region())
	}
	// Every region has an image of its own.
	sum := sha256.Sum256([]byte(a.region() + name))
	image := "ami-0" + hex.EncodeToString(sum[:8])
	return emulator.Properties{
		"id": name, "name": name, "type": "String", "version": 1,
		"arn":   "arn:" + a.partition() + ":ssm:" + a.region() + "::parameter" + name,
		"value": image, "insecureValue": image,
	}, nil
}
