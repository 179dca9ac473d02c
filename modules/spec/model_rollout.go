package spec

// ModelRollout serves a second version of a model beside the stable one, which is
// the model as it stands outside rollout. Neither starting, shifting, promoting
// nor rolling back touches a pod of the stable version. At most one of analysis,
// canary, blueGreen and shadow.
type ModelRollout struct {
	// Analysis lets every new version of the model in step by step, and takes it
	// back when it does not do well.
	Analysis ModelAnalysis `json:"analysis"`

	// Canary gets a share of the requests.
	Canary ModelCanary `json:"canary"`
	// BlueGreen has two whole versions, of which one gets all requests.
	BlueGreen ModelBlueGreen `json:"blueGreen"`
	// Shadow gets copies of requests, and its answers are thrown away.
	Shadow ModelShadow `json:"shadow"`
}

// ModelCanary is a version that gets a share of the requests.
type ModelCanary struct {
	// Image of the version. Default: no canary.
	Image string `json:"image" jsonschema:"example=registry.example.com/image-classifier:v2"`
	// Weight is its share of the requests in percent, 1 to 100; 100 is all of
	// them. Required with image. Default: none.
	Weight int `json:"weight" jsonschema:"minimum=1,maximum=100,example=5"`
	// Min is its least number of replicas, at least what its weight needs of the
	// stable version's: min * weight / 100, rounded up. It is there before the
	// weight moves. Default: scale.min.
	Min int `json:"min" jsonschema:"minimum=1"`
}

// ModelAnalysis is when a new version does well. Every change of the model's
// image, settings or resources is one: Flagger starts it beside the version that
// serves, judges it by its metrics, and makes it the version that serves or takes
// it away. Needs gantry:addons.monitoring.
type ModelAnalysis struct {
	// MaxErrorRate is the greatest share of failed requests, in percent.
	// Default: no analysis.
	MaxErrorRate int `json:"maxErrorRate" jsonschema:"minimum=1,maximum=100,example=1"`
	// MaxP95 is the latency that 95 of 100 requests stay below, for example
	// 300ms. Default: latency is not judged.
	MaxP95 string `json:"maxP95" jsonschema:"example=300ms"`
	// IntervalSeconds is the time between two judgements, in seconds, 30 to
	// 3600. Default: 60.
	IntervalSeconds int `json:"intervalSeconds" jsonschema:"minimum=30,maximum=3600"`
	// Steps are the shares of the requests in percent that the new version gets
	// one after the other, rising, 1 to 100 each.
	// Default: 5, 20, 50.
	Steps []int `json:"steps"`
	// MaxFailures is after how many failed judgements the new version is taken
	// back, 1 to 20. One without any requests has failed. Default: 3.
	MaxFailures int `json:"maxFailures" jsonschema:"minimum=1,maximum=20"`
}

// ModelBlueGreen is two whole versions: the model's own image is blue.
type ModelBlueGreen struct {
	// Green is the image of the other version. Default: no second version.
	Green string `json:"green" jsonschema:"example=registry.example.com/image-classifier:v2"`
	// Active gets all requests: blue or green. Default: blue.
	Active Color `json:"active"`
}

// Color is one of the two versions of a blue-green rollout.
type Color string

// The accepted values of Color.
const (
	Blue  Color = "blue"
	Green Color = "green"
)

// Colors lists every accepted value of Color.
var Colors = []Color{Blue, Green}

// ModelShadow is a version that gets copies of requests.
type ModelShadow struct {
	// Image of the version. Default: no shadow.
	Image string `json:"image" jsonschema:"example=registry.example.com/image-classifier:v2"`
	// Percent of the requests that are copied, 1 to 100. Default: 10.
	Percent int `json:"percent" jsonschema:"minimum=1,maximum=100"`
	// Replicas of the version; it does not scale. Default: 1.
	Replicas int `json:"replicas" jsonschema:"minimum=1"`
}
