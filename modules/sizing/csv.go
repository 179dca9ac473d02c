package sizing

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
)

// csvColumn is a column of a file of measurements.
type csvColumn struct {
	name     string
	required bool
	// read turns a cell into a value of the series, or tells what is wrong with it
	// and how it is written.
	read func(cell string) (float64, error)
}

// csvColumns are those that ReadCSV knows beside time and pod.
var csvColumns = []csvColumn{
	{"cpu", true, amounts(0, 1024, "cores, such as 0.25 or 250m")},
	{"memory", true, amounts(mebi, 1<<50, "bytes, or with a unit, such as 1500Mi")},
	{"gpu", false, numbers(0, 100, "percent, 0 to 100")},
	{"gpumemory", false, amounts(0, 1<<50, "bytes of one accelerator, or with a unit, such as 9Gi")},
	{"rps", false, numbers(0, 1e9, "requests a second that the pod answered, such as 12.5")},
	{"latency", false, numbers(0, 1e6, "seconds, such as 0.120")},
}

const (
	timeColumn = "time"
	podColumn  = "pod"
)

// CSVProblem is one thing in a file of measurements that has to be changed.
type CSVProblem struct {
	// Line in the file, from 1.
	Line int
	// What is wrong and how it is written.
	What string
}

// CSVProblems is every problem of a file, in the order of its lines.
type CSVProblems []CSVProblem

// shownProblems is how many problems a person reads before mending the first.
const shownProblems = 20

// Error lists the problems with their lines.
func (p CSVProblems) Error() string {
	noun := "problems"
	if len(p) == 1 {
		noun = "problem"
	}
	lines := []string{fmt.Sprintf("%d %s in the measurements:", len(p), noun)}
	for _, problem := range p[:min(len(p), shownProblems)] {
		lines = append(lines, fmt.Sprintf("  line %d: %s", problem.Line, problem.What))
	}
	if more := len(p) - shownProblems; more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// ReadCSV reads measurements from CSV, one row a pod and time, in any order. The
// first row names the columns: time (RFC 3339, or seconds since 1970), pod, cpu
// (cores), memory (bytes), and where they are known gpu (percent), gpumemory
// (bytes of one accelerator), rps (requests a second that this pod answered) and
// latency (their mean, in seconds). An empty cell was not measured; lines that
// begin with # are passed over. The error is CSVProblems, with every problem of
// the file, where it can be read at all.
func ReadCSV(from io.Reader) (Usage, error) {
	r := csv.NewReader(from)
	r.Comment, r.TrimLeadingSpace, r.FieldsPerRecord = '#', true, -1
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return Usage{}, errors.New("the measurements are empty: begin with a row of column names, time,pod,cpu,memory,gpu,rps,latency")
	}
	if err != nil {
		return Usage{}, fmt.Errorf("reading the measurements: %w", err)
	}
	t := &csvTable{pods: map[string]*csvPod{}, seen: map[csvCell]int{}}
	t.readHeader(header)
	for t.at != nil {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Usage{}, fmt.Errorf("reading the measurements: %w", err)
		}
		line, _ := r.FieldPos(0)
		t.readRecord(line, record, len(header))
	}
	if len(t.problems) > 0 {
		return Usage{}, t.problems
	}
	return t.usage(), nil
}

// csvTable is a file while it is read.
type csvTable struct {
	problems CSVProblems
	// at is where each column stands; nil where the header is unsound, and then no
	// row is read.
	at   map[string]int
	pods map[string]*csvPod
	// seen is the line of each pod and time.
	seen map[csvCell]int
}

type csvCell struct {
	pod  string
	time int64
}

// csvPod is the series of a pod by column.
type csvPod struct{ series map[string]Series }

func (t *csvTable) add(line int, format string, args ...any) {
	t.problems = append(t.problems, CSVProblem{line, fmt.Sprintf(format, args...)})
}

func (t *csvTable) readHeader(header []string) {
	known, required := []string{timeColumn, podColumn}, []string{timeColumn, podColumn}
	for _, column := range csvColumns {
		known = append(known, column.name)
		if column.required {
			required = append(required, column.name)
		}
	}
	at := map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\uFEFF")))
		if _, twice := at[name]; twice {
			t.add(1, "the column %s is there twice", name)
		} else if !slices.Contains(known, name) {
			t.add(1, "%q is no column of measurements; they are %s", name, strings.Join(known, ","))
		}
		at[name] = i
	}
	for _, name := range required {
		if _, ok := at[name]; !ok {
			t.add(1, "the column %s is missing", name)
		}
	}
	if len(t.problems) == 0 {
		t.at = at
	}
}

func (t *csvTable) readRecord(line int, record []string, columns int) {
	if len(record) != columns {
		t.add(line, "has %d cells, and there are %d columns", len(record), columns)
		return
	}
	at, err := readTime(record[t.at[timeColumn]])
	if err != nil {
		t.add(line, "time: %v", err)
	}
	name := strings.TrimSpace(record[t.at[podColumn]])
	if name == "" {
		t.add(line, "pod: is empty; write its name")
	}
	if err != nil || name == "" {
		return
	}
	cell := csvCell{name, at.UnixMilli()}
	if first, twice := t.seen[cell]; twice {
		t.add(line, "the pod %s at this time is in line %d already", name, first)
		return
	}
	t.seen[cell] = line
	pod := t.pods[name]
	if pod == nil {
		pod = &csvPod{series: map[string]Series{}}
		t.pods[name] = pod
	}
	for _, column := range csvColumns {
		i, there := t.at[column.name]
		if !there || strings.TrimSpace(record[i]) == "" {
			continue
		}
		value, err := column.read(strings.TrimSpace(record[i]))
		if err != nil {
			t.add(line, "%s: %v", column.name, err)
			continue
		}
		pod.series[column.name] = append(pod.series[column.name], Point{at, value})
	}
}

// usage is what was read, in order.
func (t *csvTable) usage() Usage {
	var u Usage
	for _, name := range slices.Sorted(maps.Keys(t.pods)) {
		series := t.pods[name].series
		for _, own := range series {
			slices.SortFunc(own, func(a, b Point) int { return a.Time.Compare(b.Time) })
		}
		u.Pods = append(u.Pods, Pod{
			Name: name, CPU: series["cpu"], Memory: series["memory"], GPU: series["gpu"], GPUMemory: series["gpumemory"],
		})
	}
	u.Rate, u.Latency = t.traffic()
	return u
}

// readTime reads a time as RFC 3339 has it, or in seconds since 1970.
func readTime(cell string) (time.Time, error) {
	cell = strings.TrimSpace(cell)
	if at, err := time.Parse(time.RFC3339, cell); err == nil {
		return at, nil
	}
	const year2001, year2100 = 1e9, 4102444800
	since, err := strconv.ParseFloat(cell, 64)
	if err != nil || !(since >= year2001 && since < year2100) {
		return time.Time{}, fmt.Errorf("%q is no time; write it as 2026-01-31T14:05:00Z, or in seconds since 1970", cell)
	}
	return time.UnixMilli(int64(math.Round(since * 1000))).UTC(), nil
}

// withUnit is an amount in the notation of Kubernetes.
var withUnit = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,9})?[A-Za-z]{1,2}$`)

// amounts reads cells of values between two bounds, with or without a unit.
func amounts(least, greatest float64, form string) func(string) (float64, error) {
	plainly := numbers(least, greatest, form)
	return func(cell string) (float64, error) {
		if !withUnit.MatchString(cell) {
			return plainly(cell)
		}
		amount, err := resource.ParseQuantity(cell)
		if err != nil {
			return 0, fmt.Errorf("%q is not such a value; write %s", cell, form)
		}
		return plainly(strconv.FormatFloat(amount.AsApproximateFloat64(), 'f', -1, 64))
	}
}

// numbers reads cells of values between two bounds.
func numbers(least, greatest float64, form string) func(string) (float64, error) {
	return func(cell string) (float64, error) {
		value, err := strconv.ParseFloat(cell, 64)
		// A comparison with NaN is false.
		if err != nil || !(value >= least && value <= greatest) {
			return 0, fmt.Errorf("%q is not such a value; write %s", cell, form)
		}
		return value, nil
	}
}
