package spec

import (
	"regexp"

	"k8s.io/apimachinery/pkg/api/resource"
)

const (
	mebi = 1 << 20
	gibi = 1 << 30
)

// plainQuantity is the notation of Kubernetes without signs and exponents.
// Nobody writes 1e-3 for a thousandth of a core, and a great exponent keeps the
// parser busy for minutes.
var plainQuantity = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,9})?[A-Za-z]{0,2}$`)

// quantity reads a positive amount.
func quantity(text string) (resource.Quantity, bool) {
	if !plainQuantity.MatchString(text) {
		return resource.Quantity{}, false
	}
	amount, err := resource.ParseQuantity(text)
	return amount, err == nil && amount.Sign() > 0
}

// bytesOf reads an amount of memory or disk such as 16Gi, rounded up to bytes.
// It is false for what is no positive amount.
func bytesOf(text string) (int64, bool) {
	amount, ok := quantity(text)
	return amount.Value(), ok
}

// milliOf reads an amount of CPU such as 500m or 2, in thousandths of a core,
// rounded up. It is false for what is no positive amount, and for more than a
// million cores.
func milliOf(text string) (int64, bool) {
	amount, ok := quantity(text)
	if ok && amount.Value() > 1_000_000 {
		return 0, false
	}
	return amount.MilliValue(), ok
}

// wholeUnits is an amount in units of the given size, rounded up. An amount
// that is left out or cannot be read counts as none.
func wholeUnits(text string, unit int64) int {
	amount, ok := bytesOf(text)
	if !ok {
		return 0
	}
	units := amount / unit
	if amount%unit > 0 {
		units++
	}
	return int(units)
}

// Decimal is a number with decimals, as it was written: with or without quotes.
type Decimal string
