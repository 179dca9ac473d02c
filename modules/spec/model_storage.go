package spec

// ModelStorage is where model files come from, beside the image. At most one of
// models, bucket and image.
type ModelStorage struct {
	// Models is the size of a volume that all replicas share, for example 10Gi.
	// Default: none.
	Models string `json:"models" jsonschema:"example=10Gi"`
	// Access is how many nodes may do what with that volume. ReadWriteMany: a pod of
	// yours in the cluster puts the files there. ReadOnlyMany: no pod can, and they
	// are put there from outside, through the file system's own network. Replicas
	// mount it read-only either way. It cannot be changed later. Default:
	// ReadWriteMany.
	Access VolumeAccess `json:"access"`
	// Bucket is a folder of the platform's model bucket, for example
	// image-classifier/v1, mounted read-only through the cloud's CSI driver with the
	// model's own identity. On Google Cloud and Azure. Default: none.
	Bucket string `json:"bucket" jsonschema:"example=image-classifier/v1"`
	// Image is an OCI image with nothing but files, mounted read-only as a volume,
	// with a tag other than latest, or a digest. Needs Kubernetes 1.35 or later.
	// Default: none.
	Image string `json:"image" jsonschema:"example=registry.example.com/image-classifier-files:v1"`
	// MountPath is where replicas see the files, an absolute path. Default:
	// /models.
	MountPath string `json:"mountPath" jsonschema:"example=/models"`
}

// VolumeAccess is how many nodes may do what with a volume, as Kubernetes spells it.
type VolumeAccess string

// The accepted values of VolumeAccess.
const (
	ReadWriteMany VolumeAccess = "ReadWriteMany"
	ReadOnlyMany  VolumeAccess = "ReadOnlyMany"
)

// VolumeAccesses lists every accepted value of VolumeAccess.
var VolumeAccesses = []VolumeAccess{ReadWriteMany, ReadOnlyMany}

// ModelSecrets is what a server gets to know that nobody else may.
type ModelSecrets struct {
	// Env are environment variables by the names of secrets in gantry:secrets.
	// Default: none.
	Env map[string]string `json:"env" jsonschema:"example={API_TOKEN: classifierToken}"`
}

// ModelSLO is what the users of a model are promised, over thirty days.
type ModelSLO struct {
	// Availability is the share of requests that succeed, in percent with up to
	// three decimals, for example 99.9. Default: no promise; 99 beside p95.
	Availability Decimal `json:"availability" jsonschema:"example=99.9"`
	// P95 is the latency that 95 of 100 requests stay below, for example 250ms.
	// Default: no promise.
	P95 string `json:"p95" jsonschema:"example=250ms"`
}
