package cost

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gantry.dev/gantry/modules/spec"
)

//go:embed data/*.csv
var data embed.FS

// columns of every data file, in order. An empty price is one that is unknown.
var columns = []string{"item", "usd", "unit", "region", "date"}

// units are how prices are given, and how many of the unit are in a month.
var units = map[string]float64{"hour": HoursPerMonth, "month": 1, "gib-month": 1}

// price is what a piece of something costs a month.
type price struct {
	perMonth Money
	// region that the price was read for, and the day, as 2006-01-02.
	region, date string
}

// unpriced is the price of what the data has no row of.
var unpriced = price{perMonth: Unknown()}

// list is the prices of all clouds.
type list struct {
	prices map[spec.Cloud]map[string]price
	err    error
}

// load parses the embedded data, once. Its error says that the program was built
// with broken data; until that is mended every price of it is unknown.
var load = sync.OnceValue(func() list {
	l := list{prices: map[spec.Cloud]map[string]price{}}
	files, err := data.ReadDir("data")
	if err != nil {
		return list{err: fmt.Errorf("reading the price list: %w", err)}
	}
	for _, file := range files {
		raw, err := data.ReadFile("data/" + file.Name())
		if err != nil {
			return list{err: fmt.Errorf("reading the price list: %w", err)}
		}
		prices, err := parse(raw)
		if err != nil {
			return list{err: fmt.Errorf("reading the price list, %s: %w", file.Name(), err)}
		}
		l.prices[spec.Cloud(strings.TrimSuffix(file.Name(), ".csv"))] = prices
	}
	return l
})

// priceOf is the price of an item of a cloud; unknown where the data has none.
func priceOf(cloud spec.Cloud, item string) price {
	if found, ok := load().prices[cloud][item]; ok {
		return found
	}
	return unpriced
}

// parse reads the prices of one cloud from CSV whose first record is columns.
func parse(raw []byte) (map[string]price, error) {
	reader := csv.NewReader(bytes.NewReader(raw))
	reader.Comment = '#'
	records, err := reader.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(records) == 0 || !slices.Equal(records[0], columns) {
		return nil, fmt.Errorf("the columns are not %s", strings.Join(columns, ","))
	}
	prices := map[string]price{}
	for _, record := range records[1:] {
		item := record[0]
		if _, twice := prices[item]; twice {
			return nil, fmt.Errorf("%s: is listed twice", item)
		}
		prices[item], err = parsePrice(record[1], record[2], record[3], record[4])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", item, err)
		}
	}
	return prices, nil
}

func parsePrice(usd, unit, region, date string) (price, error) {
	perMonth, ok := units[unit]
	if !ok {
		return price{}, fmt.Errorf("unit: %q is none of hour, month, gib-month", unit)
	}
	p := price{perMonth: Unknown(), region: region, date: date}
	if usd == "" {
		return p, nil
	}
	amount, err := strconv.ParseFloat(usd, 64)
	if err != nil {
		return price{}, fmt.Errorf("usd: %w", err)
	}
	p.perMonth = Dollars(amount).Times(perMonth)
	return p, nil
}
