package spec

// Exception lets one policy of the policy pack pass for some resources, for a
// time. The pack reads it; the program does not.
type Exception struct {
	// Policy is the id of the policy, as in docs/policies.md.
	Policy string `json:"policy" jsonschema:"required,example=bucket-versioned"`
	// Resource is the name or the URN of the resource; a star stands for
	// anything.
	Resource string `json:"resource" jsonschema:"required,example=gantry-dev-*"`
	// Reason is why it is in order, in 10 characters or more.
	Reason string `json:"reason" jsonschema:"required,example=moves to the new bucket in March"`
	// Until is the last day on which it holds, as year-month-day, at most 365
	// days ahead. Quote it.
	Until string `json:"until" jsonschema:"required,example=2027-01-31"`
}
