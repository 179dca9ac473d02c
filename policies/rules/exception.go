package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ExceptionsKey is where a stack's exceptions stand, without the namespace.
const ExceptionsKey = "exceptions"

// Exception lets one policy pass for some resources, for a reason and for a
// time.
type Exception struct {
	// Policy is the id of the policy.
	Policy string `json:"policy"`
	// Resource is the name or the URN of the resource; a star stands for
	// anything.
	Resource string `json:"resource"`
	// Reason is why it is in order.
	Reason string `json:"reason"`
	// Until is the last day on which it holds, as 2006-01-02.
	Until string `json:"until"`
}

// ids of the policies about exceptions, which none can except.
const (
	ExceptionValid  = "exception-valid"
	ExceptionUsed   = "exception-used"
	ExceptionUnused = "exception-unused"
)

// ExceptionRules describe the policies that judge the exceptions themselves.
// The pack judges: they are about the configuration and no resource.
var ExceptionRules = []Rule{
	{
		ID: ExceptionValid, Group: Exceptions, Level: Mandatory,
		Says:   "An exception names a policy, a resource, a reason and an end that has not passed.",
		Why:    "What is excepted without a reason is never looked at again, and what has no end becomes the rule.",
		Fix:    "Complete or remove the exception in gantry:exceptions of the stack's configuration; one that has ended is renewed with a new reason.",
		Except: "Never.",
		Parameters: []Parameter{
			{Name: "days", Default: 365.0, Says: "Longest time for which an exception may hold, in days."},
		},
	},
	{
		ID: ExceptionUsed, Group: Exceptions, Level: Advisory,
		Says:   "An exception lets this resource pass.",
		Why:    "Whoever reviews a preview sees what does not hold, who says why, and until when.",
		Fix:    "Nothing to do before its last day.",
		Except: "Never.",
	},
	{
		ID: ExceptionUnused, Group: Exceptions, Level: Advisory,
		Says:   "An exception is for something that is there.",
		Why:    "An exception that excepts nothing is misspelt, or no longer needed.",
		Fix:    "Correct policy and resource, or remove it.",
		Except: "Never.",
	},
}

// ParseExceptions reads the exceptions in a stack's configuration, which is
// JSON. A key that is not known is an error: an until that is misspelt would
// have no end.
func ParseExceptions(text string) ([]Exception, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	var exceptions []Exception
	if err := decoder.Decode(&exceptions); err != nil {
		return nil, fmt.Errorf("gantry:%s is not a list of exceptions with policy, resource, reason and until: %w", ExceptionsKey, err)
	}
	return exceptions, nil
}

// leastReason is the length of the shortest reason: a word is none.
const leastReason = 10

var letters = regexp.MustCompile(`[^*?:./ -]`)

// Unsound lists what is wrong with an exception on a day. An exception that is
// unsound does not hold.
func (e Exception) Unsound(today time.Time, longest float64) []string {
	var problems []string
	if rule, known := Find(e.Policy); !known {
		problems = append(problems, fmt.Sprintf("policy %q is not one of the pack", e.Policy))
	} else if !rule.TakesExceptions() {
		problems = append(problems, fmt.Sprintf("policy %s takes no exception", e.Policy))
	}
	if !letters.MatchString(e.Resource) {
		problems = append(problems, fmt.Sprintf("resource %q names nothing: everything at once cannot be excepted, set the policy's level in policies/config instead", e.Resource))
	}
	if len(strings.TrimSpace(e.Reason)) < leastReason {
		problems = append(problems, fmt.Sprintf("reason %q says too little", e.Reason))
	}
	until, err := time.Parse(time.DateOnly, e.Until)
	today = today.UTC().Truncate(24 * time.Hour)
	switch {
	case err != nil:
		problems = append(problems, fmt.Sprintf("until %q is no day such as 2027-01-31", e.Until))
	case until.Before(today):
		problems = append(problems, fmt.Sprintf("until %s has passed", e.Until))
	case until.Sub(today) > time.Duration(longest)*24*time.Hour:
		problems = append(problems, fmt.Sprintf("until %s is more than %g days away", e.Until, longest))
	}
	return problems
}

// Covers tells whether the exception is for a policy and a resource.
func (e Exception) Covers(policy, urn string) bool {
	return e.Policy == policy && (matches(e.Resource, urn) || matches(e.Resource, nameIn(urn)))
}

// nameIn is the name in a URN: urn:pulumi:<stack>::<project>::<types>::<name>.
func nameIn(urn string) string {
	parts := strings.SplitN(urn, "::", 4)
	return parts[len(parts)-1]
}

// String is the exception for people.
func (e Exception) String() string {
	return fmt.Sprintf("%s for %s until %s: %s", e.Policy, e.Resource, e.Until, e.Reason)
}

// Covering is the first exception for a policy and a resource.
func Covering(exceptions []Exception, policy, urn string) (Exception, bool) {
	at := slices.IndexFunc(exceptions, func(e Exception) bool { return e.Covers(policy, urn) })
	if at < 0 {
		return Exception{}, false
	}
	return exceptions[at], true
}
