package agent

import (
	"fmt"
	"hash/fnv"
	"maps"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// disk is what differs between the drivers of network disks. A disk is in one
// zone and on one node at a time, and comes in whole GiB.
type disk struct {
	// driver is the name that StorageClasses call it by.
	driver string
	// zoneLabels are the labels of nodes that bind a disk to its zone.
	zoneLabels []string
	// zoneless tells that the cloud has disks for machines outside of zones.
	zoneless bool
	// parameters that the driver knows, and how it refuses others.
	parameters []string
	unknown    string
	// access says how the driver refuses an access mode; empty: it does not.
	access func(mode corev1.PersistentVolumeAccessMode, p parameters) string
	// check is the driver's, and its cloud's, opinion of the parameters.
	check func(name string, at place, p parameters) error
	// everywhere tells whether a disk with these parameters is in all zones.
	everywhere func(p parameters) bool
	// handle of a disk.
	handle func(name string, at place) string
}

// disks are the drivers of network disks, by the names of their add-ons.
var disks = map[string]disk{
	// https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md
	AddonEBS: {
		driver:     "ebs.csi.aws.com",
		zoneLabels: []string{corev1.LabelTopologyZone},
		parameters: []string{
			fsTypeParameter, "type", "iopspergb", "allowautoiopspergbincrease", "iops", "throughput", "encrypted", "kmskeyid",
			"blockexpress", "blocksize", "inodesize", "bytesperinode", "numberofinodes", "ext4bigalloc", "ext4clustersize",
			"ext4encryptionsupport", "volumeinitializationrate", "tagspecification_*",
		},
		unknown: "Invalid parameter key %s for CreateVolume",
		access: func(mode corev1.PersistentVolumeAccessMode, _ parameters) string {
			if onOneNode(mode) {
				return ""
			}
			return "Volume capabilities " + capabilities[mode] + " not supported. Only AccessModes[ReadWriteOnce] supported."
		},
		handle: func(name string, _ place) string { return "vol-0" + id(name) },
	},
	// https://github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver/blob/master/README.md#storageclass-parameters
	AddonPD: {
		driver:     "pd.csi.storage.gke.io",
		zoneLabels: []string{"topology.gke.io/zone"},
		parameters: []string{
			fsTypeParameter, pdType, pdReplication, pdKey, "labels", "resource-tags", "availability-class",
			"provisioned-iops-on-create", "provisioned-throughput-on-create", "enable-confidential-storage", "storage-pools",
			"data-cache-size", "data-cache-mode", "use-allowed-disk-topology",
		},
		unknown: "failed to extract parameters: parameters contains invalid option %q",
		access:  accessOfPD,
		check:   checkPD,
		handle: func(name string, at place) string {
			return "projects/" + at.project() + "/zones/" + at.zone + "/disks/" + name
		},
	},
	// https://github.com/kubernetes-sigs/azuredisk-csi-driver/blob/master/docs/driver-parameters.md
	AddonAzureDisk: {
		driver:     "disk.csi.azure.com",
		zoneLabels: []string{"topology.disk.csi.azure.com/zone", corev1.LabelTopologyZone},
		zoneless:   true,
		parameters: []string{
			fsTypeParameter, azureSKU, azureSKUAlias, azureCaching, "kind", "location", "subscriptionid", "resourcegroup",
			"diskiopsreadwrite", "diskmbpsreadwrite", "logicalsectorsize", "diskname", "diskencryptionsetid", "diskencryptiontype",
			"tags", "tagvaluedelimiter", "writeacceleratorenabled", "maxshares", "perfprofile", "networkaccesspolicy",
			"publicnetworkaccess", "diskaccessid", "enablebursting", "useragent", "enableasyncattach", "zoned",
			"enableperformanceplus", "attachdiskinitialdelay", "device-setting/*",
		},
		unknown: "Failed parsing disk parameters: invalid parameter %s in storage class",
		access: func(mode corev1.PersistentVolumeAccessMode, _ parameters) string {
			if onOneNode(mode) {
				return ""
			}
			return "Volume capability not supported"
		},
		check:      checkAzureDisk,
		everywhere: func(p parameters) bool { return strings.HasSuffix(azureSKUOf(p), "_ZRS") },
		handle: func(name string, at place) string {
			return at.resourceGroup() + "/providers/Microsoft.Compute/disks/" + name
		},
	},
}

// capabilities are what CSI calls the access modes.
// https://github.com/kubernetes-csi/external-provisioner/blob/master/pkg/controller/controller.go
var capabilities = map[corev1.PersistentVolumeAccessMode]string{
	corev1.ReadWriteOnce:    "SINGLE_NODE_WRITER",
	corev1.ReadWriteOncePod: "SINGLE_NODE_SINGLE_WRITER",
	corev1.ReadOnlyMany:     "MULTI_NODE_READER_ONLY",
	corev1.ReadWriteMany:    "MULTI_NODE_MULTI_WRITER",
}

func onOneNode(mode corev1.PersistentVolumeAccessMode) bool {
	return mode == corev1.ReadWriteOnce || mode == corev1.ReadWriteOncePod
}

// Parameters of persistent disks.
const (
	pdType        = "type"
	pdReplication = "replication-type"
	pdKey         = "disk-encryption-kms-key"
	hyperdiskML   = "hyperdisk-ml"
)

// pdTypes are the types of disks that Compute Engine has.
// https://cloud.google.com/compute/docs/disks
var pdTypes = []string{
	"pd-standard", "pd-balanced", "pd-ssd", "pd-extreme",
	"hyperdisk-balanced", "hyperdisk-balanced-high-availability", "hyperdisk-extreme", hyperdiskML, "hyperdisk-throughput",
}

var cryptoKeyForm = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+(/cryptoKeyVersions/[^/]+)?$`)

func accessOfPD(mode corev1.PersistentVolumeAccessMode, p parameters) string {
	switch {
	case mode == corev1.ReadWriteMany:
		return "VolumeCapabilities is invalid: specified multi writer with mount access type"
	case mode == corev1.ReadOnlyMany && strings.ToLower(p[pdType]) != hyperdiskML:
		return "VolumeContentSource must be provided when AccessMode is set to read only"
	}
	return ""
}

// checkPD checks what the driver leaves to Compute Engine, and words it as its
// API does.
func checkPD(name string, at place, p parameters) error {
	api := func(format string, args ...any) error {
		return invalidArgument("CreateVolume failed to create single zonal disk %s: failed to insert zonal disk: "+
			"unknown Insert disk error: googleapi: Error 400: %s, invalid", name, fmt.Sprintf(format, args...))
	}
	if kind := strings.ToLower(p[pdType]); kind != "" && !slices.Contains(pdTypes, kind) {
		return api("Invalid value for field 'resource.type': 'projects/%s/zones/%s/diskTypes/%s'. "+
			"The referenced diskType resource cannot be found.", at.project(), at.zone, kind)
	}
	if key := p[pdKey]; key != "" && !cryptoKeyForm.MatchString(key) {
		return api("Invalid value for field 'resource.diskEncryptionKey.kmsKeyName': '%s'. The URL is malformed.", key)
	}
	switch replication := strings.ToLower(p[pdReplication]); replication {
	case "", "none":
		return nil
	case "regional-pd":
		return invalidArgument("replication type '%s' is not available in the sandbox, whose disks are in one zone", replication)
	default:
		return invalidArgument("CreateVolume replication type '%s' is not supported", replication)
	}
}

// Parameters of Azure's disks; the first two are one.
const (
	azureSKU      = "skuname"
	azureSKUAlias = "storageaccounttype"
	azureCaching  = "cachingmode"
)

// What the driver accepts for them.
var (
	azureDiskSKUs = []string{
		"Premium_LRS", "PremiumV2_LRS", "Premium_ZRS", "Standard_LRS", "StandardSSD_LRS", "StandardSSD_ZRS", "UltraSSD_LRS",
	}
	azureCachingModes = []string{"None", "ReadOnly", "ReadWrite"}
)

func azureSKUOf(p parameters) string {
	if sku := p[azureSKU]; sku != "" {
		return sku
	}
	return p[azureSKUAlias]
}

func checkAzureDisk(_ string, _ place, p parameters) error {
	if sku := azureSKUOf(p); sku != "" && !slices.Contains(azureDiskSKUs, sku) {
		return invalidArgument("azureDisk - %s is not supported sku/storageaccounttype. Supported values are %s", sku, azureDiskSKUs)
	}
	if mode := p[azureCaching]; mode != "" && !slices.Contains(azureCachingModes, mode) {
		return invalidArgument("azureDisk - %s is not supported cachingmode. Supported values are %s", mode, azureCachingModes)
	}
	return nil
}

// diskDriver makes the disks of one driver.
type diskDriver struct {
	disk
	nodes listersv1.NodeLister
}

func (d diskDriver) name() string { return d.driver }

func (diskDriver) round(n int64) int64 { return wholeGibibytes(n) }

func (d diskDriver) create(o controller.ProvisionOptions) (volume, controller.ProvisioningState, error) {
	p := parametersOf(o.StorageClass, false)
	if err := d.suits(o.PVC, p); err != nil {
		return volume{}, controller.ProvisioningFinished, err
	}
	at, state, err := d.place(o)
	if err != nil {
		return volume{}, state, err
	}
	if d.check != nil {
		if err := d.check(o.PVName, at, p); err != nil {
			return volume{}, controller.ProvisioningFinished, err
		}
	}
	made := volume{handle: d.handle(o.PVName, at), fsType: fsType(o.StorageClass), bytes: d.round(requested(o))}
	if d.everywhere == nil || !d.everywhere(p) {
		made.nodes = d.binding(at.zone)
	}
	return made, controller.ProvisioningFinished, nil
}

// suits checks what a claim and its class ask of a disk.
func (d diskDriver) suits(claim *corev1.PersistentVolumeClaim, p parameters) error {
	if name, found := p.unknown(d.parameters); found {
		return invalidArgument(d.unknown, name)
	}
	for _, mode := range claim.Spec.AccessModes {
		if refused := d.access(mode, p); refused != "" {
			return invalidArgument("%s (%s is not supported: a disk is on one node at a time, ask for %s, "+
				"or for a class of a shared file system)", refused, mode, corev1.ReadWriteOnce)
		}
	}
	return nil
}

// place is that of the node which the scheduler has chosen for the first pod.
// For a class that does not wait for one, it is in any zone the class allows.
func (d diskDriver) place(o controller.ProvisionOptions) (place, controller.ProvisioningState, error) {
	if o.SelectedNodeName != "" {
		node, err := d.nodes.Get(o.SelectedNodeName)
		if err != nil {
			// The node has gone: the scheduler has to choose another one.
			return place{}, controller.ProvisioningReschedule, fmt.Errorf("node chosen for the volume: %w", err)
		}
		at := placeOf(node)
		if at.zone == "" && !d.zoneless {
			return place{}, controller.ProvisioningReschedule, fmt.Errorf("node %s has no label %s", node.Name, corev1.LabelTopologyZone)
		}
		return at, controller.ProvisioningFinished, nil
	}
	nodes, err := d.nodes.List(labels.Everything())
	if err != nil {
		return place{}, controller.ProvisioningFinished, err
	}
	zones := d.allowedZones(o.StorageClass)
	if len(zones) == 0 {
		zones = zonesOf(nodes)
	}
	at := anyPlace(nodes)
	if len(zones) == 0 {
		if d.zoneless {
			return at, controller.ProvisioningFinished, nil
		}
		return place{}, controller.ProvisioningFinished, fmt.Errorf("no node has a label %s to tell a zone for the volume", corev1.LabelTopologyZone)
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(o.PVName))
	at.zone = zones[hash.Sum32()%uint32(len(zones))]
	return at, controller.ProvisioningFinished, nil
}

func (d diskDriver) allowedZones(class *storagev1.StorageClass) []string {
	var zones []string
	for _, term := range class.AllowedTopologies {
		for _, match := range term.MatchLabelExpressions {
			if match.Key == corev1.LabelTopologyZone || slices.Contains(d.zoneLabels, match.Key) {
				zones = append(zones, match.Values...)
			}
		}
	}
	return zones
}

// binding are the labels of the nodes that a disk in the zone can be attached
// to. Outside of zones only the driver's own label tells them.
func (d diskDriver) binding(zone string) map[string]string {
	if zone == "" {
		return map[string]string{d.zoneLabels[0]: ""}
	}
	binding := map[string]string{}
	for _, label := range d.zoneLabels {
		binding[label] = zone
	}
	return binding
}

func zonesOf(nodes []*corev1.Node) []string {
	zones := map[string]bool{}
	for _, node := range nodes {
		if zone := placeOf(node).zone; zone != "" {
			zones[zone] = true
		}
	}
	return slices.Sorted(maps.Keys(zones))
}
