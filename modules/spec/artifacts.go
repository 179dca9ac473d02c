package spec

// Registry holds container images: Amazon ECR, Artifact Registry or Azure
// Container Registry, private, scanned, readable by the nodes.
type Registry struct {
	// Enabled makes the registry. Default: true; false in an existing cluster.
	Enabled *bool `json:"enabled"`
	// KeepImages is how many images of each name are kept when newer ones are
	// pushed, 5 to 1000. Default: 50.
	KeepImages int `json:"keepImages" jsonschema:"minimum=5,maximum=1000"`
	// UntaggedDays is when images that no tag names any more are removed, in
	// days, 1 to 365. Default: 14.
	UntaggedDays int `json:"untaggedDays" jsonschema:"minimum=1,maximum=365"`
}

// ModelBucket holds model files: S3, Cloud Storage or Blob Storage, private,
// versioned, encrypted, readable by models with workload identity.
type ModelBucket struct {
	// Enabled makes the bucket. Default: true; false in an existing cluster.
	Enabled *bool `json:"enabled"`
	// OldVersionDays is how long a replaced or deleted file can be brought
	// back, in days, 1 to 365. Default: 30.
	OldVersionDays int `json:"oldVersionDays" jsonschema:"minimum=1,maximum=365"`
}
