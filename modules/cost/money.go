package cost

import (
	"math"
	"strconv"
	"strings"
)

// Money is an amount of US dollars in which single prices may be unknown. An
// unknown price is never taken for zero: it is counted, and it may have an upper
// bound. The zero value is no money.
type Money struct {
	// known is the sum of what is known.
	known float64
	// unknown is the number of prices that are not.
	unknown int
	// most is what the unknown prices come to at most, where each has a bound.
	most float64
	// unbounded tells that one of them has none.
	unbounded bool
}

// Dollars is an amount that is known.
func Dollars(amount float64) Money { return Money{known: amount} }

// Unknown is one price that nobody told, without a bound.
func Unknown() Money { return Money{unknown: 1, unbounded: true} }

// UnknownUpTo is one price that nobody told, but which cannot be above most.
func UnknownUpTo(most float64) Money { return Money{unknown: 1, most: most} }

// Plus is the sum of two amounts; what is unknown in either is unknown in it.
func (m Money) Plus(other Money) Money {
	return Money{
		known:     m.known + other.known,
		unknown:   m.unknown + other.unknown,
		most:      m.most + other.most,
		unbounded: m.unbounded || other.unbounded,
	}
}

// Times is the price of a number of pieces. None of something costs nothing,
// whatever its price.
func (m Money) Times(count float64) Money {
	if count == 0 {
		return Money{}
	}
	m.known *= count
	m.most *= count
	return m
}

// Known is the amount, and whether all of it is known.
func (m Money) Known() (dollars float64, ok bool) { return m.known, m.unknown == 0 }

// Unknowns is the number of prices in it that are unknown.
func (m Money) Unknowns() int { return m.unknown }

// AtLeast is what is known of the amount.
func (m Money) AtLeast() float64 { return m.known }

// AtMost is the upper bound of the amount, and whether there is one.
func (m Money) AtMost() (dollars float64, ok bool) { return m.known + m.most, !m.unbounded }

// String is the amount for people: $1,030.50; unknown, at most $2,350.02; or at
// least $1,030.50, at most $3,380.52, 1 price unknown.
func (m Money) String() string {
	if m.unknown == 0 {
		return dollars(m.known)
	}
	var parts []string
	if m.known == 0 {
		parts = append(parts, "unknown")
	} else {
		parts = append(parts, "at least "+dollars(m.known))
	}
	if most, ok := m.AtMost(); ok {
		parts = append(parts, "at most "+dollars(most))
	}
	if m.known > 0 || m.unknown > 1 {
		parts = append(parts, prices(m.unknown)+" unknown")
	}
	return strings.Join(parts, ", ")
}

func prices(count int) string {
	if count == 1 {
		return "1 price"
	}
	return strconv.Itoa(count) + " prices"
}

// dollars writes an amount in cents, with commas between thousands.
func dollars(amount float64) string {
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(cents(amount), 'f', 2, 64), ".")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	return "$" + whole + "." + fraction
}

// cents rounds an amount to cents.
func cents(amount float64) float64 { return math.Round(amount*100) / 100 }
