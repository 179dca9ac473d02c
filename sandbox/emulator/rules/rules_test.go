package rules_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/sandbox/emulator"
	"gantry.dev/gantry/sandbox/emulator/rules"
)

type props = emulator.Properties

func TestChecks(t *testing.T) {
	unknown := emulator.Unknown{}
	for name, test := range map[string]struct {
		check rules.Check
		in    props
		want  string
	}{
		"one of":                 {rules.OneOf("a", "x", "y"), props{"a": "x"}, ""},
		"none of":                {rules.OneOf("a[]", "x", "y"), props{"a": []any{"x", "z"}}, `a[] is "z", expected one of x, y`},
		"one of, unknown":        {rules.OneOf("a", "x"), props{"a": unknown}, ""},
		"between":                {rules.Between("a", 1, 3), props{"a": 3.0}, ""},
		"outside":                {rules.Between("a", 1, 3), props{"a": 4.0}, "a is 4, expected a number from 1 to 3"},
		"at least":               {rules.AtLeast("a", 1), props{"a": 1.0}, ""},
		"too few":                {rules.AtLeast("a", 1), props{"a": 0.0}, "a is 0, expected at least 1"},
		"matching":               {rules.Matching("a", regexp.MustCompile(`^b+$`), "bs"), props{"a": "bb"}, ""},
		"another form":           {rules.Matching("a", regexp.MustCompile(`^b+$`), "bs"), props{"a": "c"}, `a is "c", expected bs`},
		"exactly one":            {rules.ExactlyOne("a", "b"), props{"b": unknown}, ""},
		"both":                   {rules.ExactlyOne("a", "b"), props{"a": "1", "b": "1"}, "exactly one of a, b must be given, got 2"},
		"neither":                {rules.ExactlyOne("a", "b"), props{}, "exactly one of a, b must be given, got 0"},
		"apart":                  {rules.Apart("a", "b"), props{"a": "1"}, ""},
		"together":               {rules.Apart("a", "b"), props{"a": "1", "b": "1"}, "b conflicts with a"},
		"a network":              {rules.Network("a", 8, 29), props{"a": "10.0.0.0/16"}, ""},
		"no network":             {rules.Network("a", 8, 29), props{"a": "ten"}, `a is "ten", which is not an IPv4 network such as 10.0.0.0/16`},
		"an address in a net":    {rules.Network("a", 8, 29), props{"a": "10.0.0.1/16"}, "did you mean 10.0.0.0/16?"},
		"a network that is tiny": {rules.Network("a", 8, 29), props{"a": "10.0.0.0/30"}, "expected a size from /8 to /29"},
		"everything that is wrong": {
			rules.All(rules.Between("a", 1, 2), rules.OneOf("b", "x")), props{"a": 3.0, "b": "y"},
			"a is 3, expected a number from 1 to 2\nb is \"y\", expected one of x",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.check(test.in)
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.want)
		})
	}
}
