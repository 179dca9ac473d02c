package spec

// ModelStorage is where model files come from, beside the image. At most one of
// models, bucket and image.
type ModelStorage struct {
	// Models is the size of a volume that all replicas share, for example 10Gi.
	// Default: none.
	Models string `json:"models" jsonschema:"example=10Gi"`
	// Bucket is a folder of the platform's model bucket, for example
	// image-classifier/v1, mounted through the cloud's CSI driver with the
	// model's own identity, or copied to the node where cache is set. Default:
	// none.
	Bucket string `json:"bucket" jsonschema:"example=image-classifier/v1"`
	// Image is an OCI image with nothing but files, mounted as a volume. Needs
	// Kubernetes 1.35 or later. Default: none.
	Image string `json:"image" jsonschema:"example=registry.example.com/image-classifier-files:v1"`
	// MountPath is where replicas see the files, an absolute path. Default:
	// /models.
	MountPath string `json:"mountPath" jsonschema:"example=/models"`
	// Cache keeps the files of bucket on the disks of nodes.
	Cache ModelCache `json:"cache"`
}

// ModelCache is a copy of the model's files on each node that runs it, fetched
// once, checked, and shared by all replicas there.
type ModelCache struct {
	// Files of the bucket folder with their SHA-256 sums, in hexadecimal; only
	// these are fetched. Default: no cache.
	Files map[string]string `json:"files" jsonschema:"example={weights.bin: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}"`
	// Size of all files together, for example 8Gi. Required with files. Default:
	// none.
	Size string `json:"size" jsonschema:"example=8Gi"`
	// Prewarm fetches the files to every node of the model's pools when the node
	// starts, before a replica comes. Default: false.
	Prewarm bool `json:"prewarm"`
}

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
