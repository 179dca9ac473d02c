package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Load is the whole way from a written configuration to a platform that is
// complete and sound, and the plan of its pools: Decode, Default, Validate,
// PlanPools. The error is Problems and holds everything that can be known at
// once; each path is where the author wrote the value. Platform and plans are
// empty beside an error.
func Load(raw Raw) (Platform, []PoolPlan, error) {
	d := decode(raw)
	platform := Default(d.platform)
	r := &report{}
	plans := validate(r, platform, !d.blames("gantry:pools"))
	d.judge(r.problems)
	d.judgeZeros(platform)
	if err := d.err(); err != nil {
		return Platform{}, nil, err
	}
	return platform, plans, nil
}

// judge takes over what validation found, but for what follows from a problem
// that is known already, and tells where it was written.
func (d *decoder) judge(found Problems) {
	for _, problem := range found {
		if d.follows(problem.Path) {
			continue
		}
		problem.Path = d.written(problem.Path)
		d.problems = append(d.problems, problem)
	}
}

// follows is whether a problem at a path is or contains something that could
// not be read.
func (d *decoder) follows(at string) bool {
	return slices.ContainsFunc(d.blamed, func(blamed string) bool {
		return within(at, blamed) || within(blamed, at)
	})
}

// blames is whether something within a path could not be read.
func (d *decoder) blames(at string) bool {
	return slices.ContainsFunc(d.blamed, func(blamed string) bool { return within(blamed, at) })
}

// written is where the author wrote what has a canonical path, or would have
// written it: beside what was written.
func (d *decoder) written(canonical string) string {
	for at := canonical; at != ""; at = parent(at) {
		origin, ok := d.origins[at]
		if !ok {
			continue
		}
		rest := canonical[len(at):]
		if isRoot(origin) {
			rest = strings.TrimPrefix(rest, ".")
		}
		return strings.TrimRight(origin+rest, ": ")
	}
	return canonical
}

// judgeZeros reports empty texts and zeros that were written out but would be
// taken for left out, and so for the default.
func (d *decoder) judgeZeros(complete Platform) {
	walk(root, reflect.ValueOf(complete), func(at string, _ Field, v reflect.Value) {
		if !d.zeros[at] || v.IsZero() || d.follows(at) {
			return
		}
		zero := reflect.Zero(v.Type()).Interface()
		d.add(d.written(at), fmt.Sprint(zero), "is not accepted here",
			fmt.Sprintf("give another value, or leave the key out for the default, %v", v.Interface()))
	})
}
