package accelerators

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/*.csv
var data embed.FS

// columns of every data file, in order. An empty cell is zero.
var columns = []string{
	"type", "gpu", "gpus", "gpu_memory_mib", "vcpu", "memory_mib", "arch",
	"on_demand", "spot", "region", "date",
}

// catalog is the parsed data: all machines in the order of price, and an index.
type catalog struct {
	machines []Machine
	byName   map[name]Machine
	err      error
}

// name identifies a machine type among all clouds.
type name struct{ cloud, machineType string }

// load parses the embedded data, once. Its error says that the program was
// built with broken data; until that is mended the catalog is empty.
var load = sync.OnceValue(func() catalog {
	c := catalog{byName: map[name]Machine{}}
	files, err := data.ReadDir("data")
	if err != nil {
		return catalog{err: fmt.Errorf("reading the machine catalog: %w", err)}
	}
	for _, file := range files {
		raw, err := data.ReadFile("data/" + file.Name())
		if err != nil {
			return catalog{err: fmt.Errorf("reading the machine catalog: %w", err)}
		}
		machines, err := parse(strings.TrimSuffix(file.Name(), ".csv"), raw)
		if err != nil {
			return catalog{err: fmt.Errorf("reading the machine catalog, %s: %w", file.Name(), err)}
		}
		c.machines = append(c.machines, machines...)
	}
	slices.SortFunc(c.machines, byPrice)
	for _, m := range c.machines {
		c.byName[name{m.Cloud, m.Type}] = m
	}
	return c
})

// parse reads the machines of one cloud from CSV whose first record is columns.
func parse(cloud string, raw []byte) ([]Machine, error) {
	reader := csv.NewReader(bytes.NewReader(raw))
	reader.Comment = '#'
	records, err := reader.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(records) == 0 || !slices.Equal(records[0], columns) {
		return nil, fmt.Errorf("the columns are not %s", strings.Join(columns, ","))
	}
	machines := make([]Machine, 0, len(records)-1)
	for _, record := range records[1:] {
		m, err := parseMachine(cloud, record)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", record[0], err)
		}
		machines = append(machines, m)
	}
	return machines, nil
}

func parseMachine(cloud string, record []string) (Machine, error) {
	cells := cells{record: record}
	m := Machine{
		Cloud:        cloud,
		Type:         cells.text("type"),
		GPU:          cells.text("gpu"),
		GPUs:         cells.integer("gpus"),
		GPUMemoryMiB: cells.integer("gpu_memory_mib"),
		VCPU:         cells.integer("vcpu"),
		MemoryMiB:    cells.integer("memory_mib"),
		Arch:         cells.text("arch"),
		Price: Price{
			OnDemand: cells.decimal("on_demand"),
			Spot:     cells.decimal("spot"),
			Region:   cells.text("region"),
			Date:     cells.text("date"),
		},
	}
	return m, cells.err
}

// cells reads one record by column name and keeps the first error.
type cells struct {
	record []string
	err    error
}

func (c *cells) text(column string) string {
	return c.record[slices.Index(columns, column)]
}

func (c *cells) integer(column string) int {
	return number(c, column, strconv.Atoi)
}

func (c *cells) decimal(column string) float64 {
	return number(c, column, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
}

func number[N int | float64](c *cells, column string, parse func(string) (N, error)) N {
	text := c.text(column)
	if text == "" {
		return 0
	}
	n, err := parse(text)
	if err != nil && c.err == nil {
		c.err = fmt.Errorf("%s: %w", column, err)
	}
	return n
}
