package cost

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/spec"
)

func TestDataIsWellFormed(t *testing.T) {
	l := load()
	require.NoError(t, l.err)
	assert.Len(t, l.prices, 3)
	for cloud, prices := range l.prices {
		assert.Contains(t, spec.Clouds, cloud)
		for item, p := range prices {
			assert.NotEmpty(t, p.region, "%s %s", cloud, item)
			day, err := time.Parse(time.DateOnly, p.date)
			assert.NoError(t, err, "%s %s", cloud, item)
			assert.True(t, day.After(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)), "%s %s", cloud, item)
			assert.GreaterOrEqual(t, p.perMonth.AtLeast(), 0.0, "%s %s", cloud, item)
		}
	}
}

// Everything that an estimate asks for has a row, and so a region and a date.
func TestDataHasEveryItem(t *testing.T) {
	items := map[spec.Cloud][]string{
		spec.AWS:   {"control-plane", "nat-gateway", "nat-address", "root-disk-gp3"},
		spec.GCP:   {"control-plane", "nat-vm", "nat-vm-max", "nat-address", "root-disk-pd-balanced", "root-disk-hyperdisk-balanced"},
		spec.Azure: {"control-plane", "control-plane-free", "nat-gateway", "nat-address", "registry-standard", "registry-premium"},
	}
	for _, size := range premiumSSDs {
		items[spec.Azure] = append(items[spec.Azure], fmt.Sprintf("root-disk-%d", size))
	}
	for cloud, keys := range items {
		assert.Len(t, load().prices[cloud], len(keys), "%s has rows that nothing asks for", cloud)
		for _, key := range keys {
			assert.NotEqual(t, unpriced, priceOf(cloud, key), "%s %s", cloud, key)
		}
	}
}

func TestPriceOf_IsUnknownWithoutARow(t *testing.T) {
	for _, p := range []price{priceOf(spec.AWS, "control-plane-free"), priceOf(spec.Existing, "control-plane")} {
		_, known := p.perMonth.Known()
		assert.False(t, known)
	}
}

func TestParse(t *testing.T) {
	const head = "item,usd,unit,region,date\n"
	prices, err := parse([]byte("# a comment\n" + head + "a,0.1,hour,r,2026-01-02\nb,2,month,r,2026-01-02\nc,3,gib-month,r,2026-01-02\nd,,hour,r,2026-01-02\ne,0,hour,r,2026-01-02\n"))
	require.NoError(t, err)
	want := map[string]string{"a": "$73.00", "b": "$2.00", "c": "$3.00", "d": "unknown", "e": "$0.00"}
	for item, text := range want {
		assert.Equal(t, text, prices[item].perMonth.String(), item)
		assert.Equal(t, "r", prices[item].region)
		assert.Equal(t, "2026-01-02", prices[item].date)
	}

	broken := map[string]struct{ csv, want string }{
		"not a price":    {head + "a,$1,hour,r,2026-01-01\n", "a: usd: "},
		"not a unit":     {head + "a,1,day,r,2026-01-01\n", `a: unit: "day"`},
		"twice":          {head + "a,1,hour,r,2026-01-01\na,1,hour,r,2026-01-01\n", "a: is listed twice"},
		"missing column": {head + "a,1\n", "wrong number of fields"},
		"other columns":  {"item,price\n", "the columns are not item,usd"},
		"nothing":        {"", "the columns are not item,usd"},
	}
	for name, test := range broken {
		t.Run(name, func(t *testing.T) {
			_, err := parse([]byte(test.csv))
			assert.ErrorContains(t, err, test.want)
		})
	}
}
