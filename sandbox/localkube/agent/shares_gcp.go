package agent

import (
	"fmt"
	"hash/fnv"
	"strings"

	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// Parameters of Filestore.
const (
	filestoreTier    = "tier"
	filestoreNetwork = "network"
	filestoreConnect = "connect-mode"
	filestoreKey     = "instance-encryption-kms-key"
)

// filestore makes an instance for each volume.
// https://github.com/kubernetes-sigs/gcp-filestore-csi-driver/blob/master/README.md#storageclass-parameters
var filestore = share{
	driver: "filestore.csi.storage.gke.io",
	parameters: []string{
		filestoreTier, filestoreNetwork, filestoreConnect, filestoreKey, "reserved-ipv4-cidr", "reserved-ip-range",
		"labels", "nfs-export-options-on-create",
	},
	unknown: "invalid parameter %q",
	check:   checkFilestore,
	size: func(n int64, p parameters) (int64, error) {
		tier := tierOf(p)
		if n > tier.most {
			return 0, invalidArgument("request bytes %vTiB is more than maximum instance size bytes %vTiB for tier %s",
				tebibytes(n), tebibytes(tier.most), tierName(p))
		}
		return max(wholeGibibytes(n), tier.least), nil
	},
	round: wholeGibibytes,
	handle: func(o controller.ProvisionOptions, at place, p parameters) (string, map[string]string) {
		location := at.zone
		if tierOf(p).regional {
			location = at.region
		}
		return "modeInstance/" + location + "/" + o.PVName + "/vol1",
			map[string]string{"ip": instanceAddress(o.PVName), "volume": "vol1"}
	},
}

// tier of Filestore instances.
type tier struct {
	// api is what the API calls the tier.
	api string
	// least and most bytes of an instance.
	least, most int64
	regional    bool
	// keys tells that instances can have a customer's key.
	keys bool
}

// tiers by the names that the driver knows.
// https://cloud.google.com/filestore/docs/service-tiers
var tiers = map[string]tier{
	"standard":       {api: "BASIC_HDD", least: tebibyte, most: 639 * tebibyte / 10},
	"basic_hdd":      {api: "BASIC_HDD", least: tebibyte, most: 639 * tebibyte / 10},
	"premium":        {api: "BASIC_SSD", least: 25 * tebibyte / 10, most: 639 * tebibyte / 10},
	"basic_ssd":      {api: "BASIC_SSD", least: 25 * tebibyte / 10, most: 639 * tebibyte / 10},
	"high_scale_ssd": {api: "HIGH_SCALE_SSD", least: 10 * tebibyte, most: 100 * tebibyte, keys: true},
	"zonal":          {api: "ZONAL", least: tebibyte, most: 100 * tebibyte, keys: true},
	"regional":       {api: "REGIONAL", least: tebibyte, most: 100 * tebibyte, regional: true, keys: true},
	"enterprise":     {api: "ENTERPRISE", least: tebibyte, most: 10 * tebibyte, regional: true, keys: true},
}

func tierName(p parameters) string {
	if name := p[filestoreTier]; name != "" {
		return strings.ToLower(name)
	}
	return "standard"
}

func tierOf(p parameters) tier { return tiers[tierName(p)] }

func checkFilestore(p parameters) error {
	tier, known := tiers[tierName(p)]
	if !known {
		return invalidArgument("googleapi: Error 400: Invalid value at 'instance.tier' (type.googleapis.com/google.cloud.filestore.v1.Instance.Tier), %q, badRequest", p[filestoreTier])
	}
	if p[filestoreKey] != "" && !tier.keys {
		return invalidArgument("googleapi: Error 400: tier %s does not support KMS encryption., badRequest", tier.api)
	}
	if !oneOf(p[filestoreConnect], "DIRECT_PEERING", "PRIVATE_SERVICE_ACCESS") {
		return invalidArgument(`connect mode can only be one of "DIRECT_PEERING" or "PRIVATE_SERVICE_ACCESS"`)
	}
	return nil
}

func tebibytes(n int64) float64 { return float64(n) / tebibyte }

// instanceAddress is the first one in the /29 that an instance gets.
func instanceAddress(name string) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name))
	sum := hash.Sum32()
	return fmt.Sprintf("10.%d.%d.%d", byte(sum>>16), byte(sum>>8), byte(sum)&^7+2)
}
