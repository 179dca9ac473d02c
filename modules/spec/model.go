package spec

// Model is one served model: a container that answers HTTP.
type Model struct {
	// Name of the model: lower-case letters, digits and '-', beginning with a
	// letter, at most 40 characters. Service, Deployment and all other
	// objects of the model carry it. Default: the name of the file, or the
	// key in gantry:models; it must not differ from that.
	Name string `json:"name" jsonschema:"example=image-classifier"`
	// Enabled is false to leave a model out, for example in one stack.
	// Default: true.
	Enabled *bool `json:"enabled"`
	// Image of the server, with a tag other than latest, or a digest.
	Image string `json:"image" jsonschema:"required,example=registry.example.com/image-classifier:v1"`
	// Port that the server listens on, 1 to 65535. Default: 8000.
	Port int `json:"port" jsonschema:"minimum=1,maximum=65535"`
	// Command replaces the entry point of the image. Default: the image's.
	Command []string `json:"command"`
	// Args replaces the arguments of the image. Default: the image's.
	Args []string `json:"args"`
	// Env are environment variables in the clear. Never put a secret here.
	// Default: none.
	Env map[string]string `json:"env"`
	// Config are files of text by their names, mounted read-only at /config.
	// Never put a secret here. Default: none.
	Config map[string]string `json:"config"`
	// Secrets that the server gets, from gantry:secrets or from the cloud's own
	// store.
	Secrets ModelSecrets `json:"secrets"`
	// GPU that each replica needs. Left out: the model runs on CPU.
	GPU ModelGPU `json:"gpu"`
	// Resources that each replica needs beside the GPU.
	Resources ModelResources `json:"resources"`
	// Pool names the pool to run on. Default: every on-demand inference pool
	// that has what the model needs, and the system pools for a model
	// without a GPU when there is no such pool. Pools with taints of their own
	// are only used when named.
	Pool string `json:"pool" jsonschema:"example=serve"`
	// SpotTolerant lets replicas run on spot pools of role inference as well,
	// from which they may be taken at short notice. Default: false.
	SpotTolerant bool `json:"spotTolerant"`
	// Scale is how many replicas there are and what decides it.
	Scale ModelScale `json:"scale"`
	// Route is the path by which the gateway reaches the model, for example
	// /classifier/v1, which the server does not see. Left out: the model is
	// reached from inside the cluster only. Default: none.
	Route string `json:"route" jsonschema:"example=/classifier/v1"`
	// Traffic is how requests of the route are treated.
	Traffic ModelTraffic `json:"traffic"`
	// Rollout serves two versions at once.
	Rollout ModelRollout `json:"rollout"`
	// Storage for model files.
	Storage ModelStorage `json:"storage"`
	// Health is how the server tells that it is ready.
	Health ModelHealth `json:"health"`
	// Metrics is where Prometheus reads the server's metrics.
	Metrics ModelMetrics `json:"metrics"`
	// SLO is what the users of the model are promised; alerts follow from it.
	SLO ModelSLO `json:"slo"`
	// Clients are namespaces whose pods may call the model, beside the models
	// themselves and, with a route, the gateway. Default: none.
	Clients []string `json:"clients" jsonschema:"example=shop"`
	// Egress are ranges that the server may open connections to, beside DNS.
	// Default: none.
	Egress []string `json:"egress" jsonschema:"example=10.20.0.0/16"`
	// DrainSeconds is how long a replica may finish open requests after it
	// was told to stop, in seconds, 0 to 600. Default: 30.
	DrainSeconds *int `json:"drainSeconds" jsonschema:"minimum=0,maximum=600"`
}

// ModelGPU is the accelerator that each replica of a model needs.
type ModelGPU struct {
	// Type is the accelerator model, for example l4. Default: none.
	Type string `json:"type" jsonschema:"example=l4"`
	// Alternatives are accelerator models that serve as well, in order of
	// preference, where no pool has type. Default: none.
	Alternatives []string `json:"alternatives" jsonschema:"example=t4"`
	// Count is the number of whole accelerators. Default: 1 when type is
	// set.
	Count int `json:"count" jsonschema:"minimum=1"`
}

// ModelResources are requests of one replica. The CPU has no limit unless it is
// given one, because a throttled server is slow and not safer; memory is limited.
type ModelResources struct {
	// CPU request in cores, for example 500m or "2". Default: 500m.
	CPU string `json:"cpu" jsonschema:"example=500m"`
	// CPULimit is how much CPU a replica gets at most, in cores, at least the
	// request. A replica that reaches it waits while its node may be idle, so it
	// is for servers that would start a thread for each core they see. Default:
	// no limit.
	CPULimit string `json:"cpuLimit" jsonschema:"example=2000m"`
	// Memory request, for example 2Gi. Default: 1Gi.
	Memory string `json:"memory" jsonschema:"example=2Gi"`
	// MemoryLimit is where the replica is stopped, at most 2.5 times the
	// request. Default: the request.
	MemoryLimit string `json:"memoryLimit" jsonschema:"example=4Gi"`
}

// ModelHealth is how the server tells that it is ready.
type ModelHealth struct {
	// Path answers 200 when the model is loaded. Default: /health.
	Path string `json:"path" jsonschema:"example=/health"`
	// StartupSeconds is how long loading may take before a replica is
	// restarted, in seconds, 10 to 3600. Default: 300.
	StartupSeconds int `json:"startupSeconds" jsonschema:"minimum=10,maximum=3600"`
	// Readiness is when a replica gets requests. Default: every 5 s, out after 2
	// failures of 3 s each.
	Readiness ModelProbe `json:"readiness"`
	// Liveness is when a replica is restarted, which must take longer than to be
	// left without requests. Default: every 10 s, restarted after 6 failures of 5
	// s each.
	Liveness ModelProbe `json:"liveness"`
}

// ModelProbe is how often a replica is looked at. The first look of both probes
// waits until the model is loaded, see startupSeconds.
type ModelProbe struct {
	// InitialDelaySeconds is the time from the start of the server to the first
	// look, in seconds, 0 to 3600. Default: 0.
	InitialDelaySeconds int `json:"initialDelaySeconds" jsonschema:"minimum=0,maximum=3600,example=10"`
	// PeriodSeconds is the time between two looks, in seconds, 1 to 300. Default:
	// 5 of readiness, 10 of liveness.
	PeriodSeconds int `json:"periodSeconds" jsonschema:"minimum=1,maximum=300"`
	// TimeoutSeconds is how long an answer may take, in seconds, 1 to 300.
	// Default: 3 of readiness, 5 of liveness.
	TimeoutSeconds int `json:"timeoutSeconds" jsonschema:"minimum=1,maximum=300"`
	// FailureThreshold is how many looks in a row must fail, 1 to 100. Default: 2
	// of readiness, 6 of liveness.
	FailureThreshold int `json:"failureThreshold" jsonschema:"minimum=1,maximum=100"`
}

// ModelMetrics is where Prometheus reads the server's metrics.
type ModelMetrics struct {
	// Path of the metrics. Default: /metrics.
	Path string `json:"path" jsonschema:"example=/metrics"`
}
