package sizing

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	mebi = 1 << 20
	gibi = 1 << 30
)

// Steps to which amounts are rounded up, so that a model file reads well and two
// measurements of the same load give the same figure.
const (
	cpuStep    = 10 // thousandths of a core
	memoryStep = 16 * mebi
)

// rounding forgives what floating point adds to a whole number.
const rounding = 1e-9

// roundUp is the least multiple of step that is no less than the amount, and at
// least one step.
func roundUp(amount float64, step int64) int64 {
	return max(int64(math.Ceil(amount/float64(step)-rounding)), 1) * step
}

// wholeUp is the least whole number that is no less.
func wholeUp(number float64) int { return int(math.Ceil(number - rounding)) }

// cpuText is an amount of CPU, given in thousandths of a core, as a model file
// has it.
func cpuText(milli int64) string { return fmt.Sprintf("%dm", milli) }

// memoryText is a multiple of memoryStep as a model file has it.
func memoryText(bytes int64) string {
	if bytes%gibi == 0 {
		return fmt.Sprintf("%dGi", bytes/gibi)
	}
	return fmt.Sprintf("%dMi", bytes/mebi)
}

// mebibytes is a measured amount of memory for people.
func mebibytes(bytes float64) string { return plain(bytes/mebi) + "Mi" }

// plain is a number with at most two decimals.
func plain(number float64) string {
	return strconv.FormatFloat(math.Round(number*100)/100, 'f', -1, 64)
}

// seconds is a time for people, in seconds with at most four decimals.
func seconds(s float64) string {
	return strconv.FormatFloat(math.Round(s*10000)/10000, 'f', -1, 64) + " s"
}

// shortDuration is a duration without the units that are zero: 24h and not
// 24h0m0s.
func shortDuration(d time.Duration) string {
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
