package spec

import (
	"fmt"
	"strings"
	"time"
)

// checkExceptions checks the form of exceptions from policies. Whether one still
// holds is the policy pack's to say: a date that has passed must not keep a
// platform from being repaired without the pack.
func checkExceptions(r *report, exceptions []Exception) {
	for i, exception := range exceptions {
		at := fmt.Sprintf("gantry:exceptions[%d]", i)
		checkFields(r, at, exception)
		if exception.Until != "" {
			if _, err := time.Parse(time.DateOnly, exception.Until); err != nil {
				r.add(at+".until", exception.Until, "is not a day", "write it as year-month-day in quotes, for example \"2027-01-31\"")
			}
		}
		if exception.Reason != "" && len(strings.TrimSpace(exception.Reason)) < 10 {
			r.add(at+".reason", exception.Reason, "is too short to tell anybody why", "write a sentence")
		}
	}
}
