package previewreport

// event is one line of an event log. Exactly one field is set; events that the
// report has no use for have none. The names are those of the engine:
// pulumi/sdk/v3 go/common/apitype/events.go.
type event struct {
	Before      *stepEvent        `json:"resourcePreEvent"`
	After       *stepEvent        `json:"resOutputsEvent"`
	Diagnostic  *diagnosticEvent  `json:"diagnosticEvent"`
	Policy      *policyEvent      `json:"policyEvent"`
	Remediation *remediationEvent `json:"policyRemediationEvent"`
	Summary     *summaryEvent     `json:"summaryEvent"`
	Failure     *failureEvent     `json:"errorEvent"`
}

type stepEvent struct {
	Metadata step `json:"metadata"`
}

// step is what the engine does to a resource. A replacement has up to three of
// them: the new one is made, the two are swapped, the old one is deleted.
type step struct {
	Op   string `json:"op"`
	URN  string `json:"urn"`
	Type string `json:"type"`
	Old  *state `json:"old"`
	New  *state `json:"new"`
	// Keys are the properties that force a replacement, Diffs those that
	// change; Detailed has what the provider tells of each, by its path.
	Keys     []string            `json:"keys"`
	Diffs    []string            `json:"diffs"`
	Detailed map[string]pathDiff `json:"detailedDiff"`
}

// pathDiff is a change at a path: its kind is add, delete or update, with the
// suffix -replace where it forces a replacement.
type pathDiff struct {
	Kind string `json:"diffKind"`
}

// state is a resource before or after a step.
type state struct {
	Custom  bool           `json:"custom"`
	Parent  string         `json:"parent"`
	Protect bool           `json:"protect"`
	Retain  bool           `json:"retainOnDelete"`
	Inputs  map[string]any `json:"inputs"`
	Outputs map[string]any `json:"outputs"`
	// SecretOutputs names properties that are secret whatever they look like.
	SecretOutputs []string `json:"additionalSecretOutputs"`
}

// says tells whether the state has properties.
func (s state) says() bool { return len(s.Inputs) > 0 || len(s.Outputs) > 0 }

type diagnosticEvent struct {
	URN       string `json:"urn"`
	Message   string `json:"message"`
	Severity  string `json:"severity"`
	Ephemeral bool   `json:"ephemeral"`
}

type policyEvent struct {
	URN     string `json:"resourceUrn"`
	Message string `json:"message"`
	Policy  string `json:"policyName"`
	Pack    string `json:"policyPackName"`
	Level   string `json:"enforcementLevel"`
}

type remediationEvent struct {
	URN    string         `json:"resourceUrn"`
	Policy string         `json:"policyName"`
	Pack   string         `json:"policyPackName"`
	Before map[string]any `json:"before"`
	After  map[string]any `json:"after"`
}

type summaryEvent struct {
	Result string            `json:"result"`
	Packs  map[string]string `json:"PolicyPacks"`
}

type failureEvent struct {
	Error string `json:"error"`
}
