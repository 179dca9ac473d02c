package spec

import (
	"cmp"
	"errors"
	"testing"
)

// FuzzLoad feeds any bytes as the configuration of a stack and as a model file.
// Loading must not panic, and must say where a problem is and what to do.
func FuzzLoad(f *testing.F) {
	for _, test := range allCases() {
		model := soundModel
		if len(test.files) > 1 {
			model = test.files[1]
		}
		f.Add([]byte(soundConfig+test.config), []byte(model))
		f.Add([]byte(test.config), []byte(model))
	}
	f.Fuzz(func(t *testing.T, config, model []byte) {
		values, err := encodeConfig(config)
		if err != nil {
			t.Skip("Pulumi would not have read it")
		}
		cloud := cmp.Or(Cloud(values["cloud"]), AWS)
		raw := Raw{
			Project: "gantry", Stack: "dev", Region: regions[cloud], Account: accounts[cloud], Config: values,
			ModelFiles: map[string][]byte{"stacks/models/m.yaml": model},
		}
		if values["layersFrom"] != "" {
			raw.Handed = handed()
		}
		platform, plans, err := Load(raw)
		if err == nil {
			checkSound(t, platform, plans)
			return
		}
		var problems Problems
		if !errors.As(err, &problems) || len(problems) == 0 {
			t.Fatalf("%T instead of problems: %v", err, err)
		}
		for _, problem := range problems {
			if problem.Path == "" || problem.What == "" || problem.Fix == "" {
				t.Fatalf("says too little: %#v", problem)
			}
		}
	})
}

// checkSound asserts what everything behind the configuration relies on.
func checkSound(t *testing.T, platform Platform, plans []PoolPlan) {
	t.Helper()
	if err := Validate(platform); err != nil {
		t.Fatalf("was accepted, and is not any more: %v", err)
	}
	if len(plans) != len(platform.Pools) {
		t.Fatalf("%d plans for %d pools", len(plans), len(platform.Pools))
	}
	for _, plan := range plans {
		if len(plan.Machines) == 0 || plan.DiskGiB < minDiskGiB || plan.Min > plan.Max {
			t.Fatalf("unsound plan: %#v", plan)
		}
	}
	for _, warning := range Warnings(platform, plans) {
		if warning.Path == "" || warning.What == "" || warning.Fix == "" {
			t.Fatalf("says too little: %#v", warning)
		}
	}
	for name, model := range platform.Models {
		if model.Name != name || len(PoolsFor(model, plans)) == 0 {
			t.Fatalf("model without a pool: %#v", model)
		}
	}
}
