package cost

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMoney_AnUnknownPriceStaysUnknownInASum(t *testing.T) {
	tests := map[string]struct {
		money Money
		text  string
		known bool
	}{
		"nothing":                   {Money{}, "$0.00", true},
		"a known amount":            {Dollars(1030.5), "$1,030.50", true},
		"cents are rounded":         {Dollars(999.996), "$1,000.00", true},
		"thousands":                 {Dollars(1234567.891), "$1,234,567.89", true},
		"below a thousand":          {Dollars(999), "$999.00", true},
		"an unknown price":          {Unknown(), "unknown", false},
		"with a bound":              {UnknownUpTo(20), "unknown, at most $20.00", false},
		"known and known":           {Dollars(1).Plus(Dollars(2)), "$3.00", true},
		"known and unknown":         {Dollars(5).Plus(Unknown()), "at least $5.00, 1 price unknown", false},
		"known and bounded":         {Dollars(5).Plus(UnknownUpTo(20)), "at least $5.00, at most $25.00, 1 price unknown", false},
		"one bound is not enough":   {Unknown().Plus(UnknownUpTo(20)), "unknown, 2 prices unknown", false},
		"two bounds":                {UnknownUpTo(1).Plus(UnknownUpTo(20)), "unknown, at most $21.00, 2 prices unknown", false},
		"many of a known price":     {Dollars(0.5).Times(3), "$1.50", true},
		"many of an unknown price":  {Unknown().Times(3), "unknown", false},
		"many of a bounded price":   {UnknownUpTo(20).Times(3), "unknown, at most $60.00", false},
		"none of an unknown price":  {Unknown().Times(0), "$0.00", true},
		"none adds nothing unknown": {Dollars(5).Plus(Unknown().Times(0)), "$5.00", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.text, test.money.String())
			_, known := test.money.Known()
			assert.Equal(t, test.known, known)
			assert.Equal(t, test.known, test.money.Unknowns() == 0)
		})
	}
}

func TestMoney_Bounds(t *testing.T) {
	sum := Dollars(5).Plus(UnknownUpTo(20)).Plus(UnknownUpTo(1))
	assert.InDelta(t, 5, sum.AtLeast(), 1e-9)
	most, ok := sum.AtMost()
	assert.True(t, ok)
	assert.InDelta(t, 26, most, 1e-9)

	_, ok = sum.Plus(Unknown()).AtMost()
	assert.False(t, ok)
}
