package aks

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"gantry.dev/gantry/modules/spec"
)

func TestResourceTags_AreWhatAzureAccepts(t *testing.T) {
	p := spec.Platform{Name: "gantry-dev", Stack: "dev", Tags: map[string]string{`a<b>c%d&e\f?g/h`: `v<>%&\?/`, "cost center": "42"}}
	assert.Equal(t, map[string]string{
		"gantry.dev_platform": "gantry-dev", "gantry.dev_stack": "dev",
		"a_b_c_d_e_f_g_h": `v<>%&\?/`, "cost center": "42",
	}, resourceTags(p))
	assert.Empty(t, validateTags(p))
}

func TestValidateTags_CountsGantrysOwn(t *testing.T) {
	p := spec.Platform{Name: "gantry-dev", Stack: "dev", Tags: map[string]string{}}
	for i := range 48 {
		p.Tags[fmt.Sprintf("tag-%d", i)] = "x"
	}
	assert.Empty(t, validateTags(p))
	p.Tags["one-more"] = "x"
	assert.Len(t, validateTags(p), 1)
}
