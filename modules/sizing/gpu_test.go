package sizing

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"gantry.dev/gantry/modules/accelerators"
	"gantry.dev/gantry/modules/spec"
)

func machine(t *testing.T, cloud, name string) accelerators.Machine {
	t.Helper()
	m, ok := accelerators.Lookup(cloud, name)
	require.True(t, ok)
	return m
}

func TestPropose_GPUShare(t *testing.T) {
	a100 := Node{Pool: "serve", Machine: machine(t, "gcp", "a2-highgpu-1g")} // 40 GiB
	l4 := Node{Pool: "serve", Machine: machine(t, "aws", "g6.xlarge")}       // 22 GiB
	divided := a100
	divided.Shared = true
	for name, test := range map[string]struct {
		gpu       spec.ModelGPU
		node      Node
		use       Series
		memory    Series
		want, not string
	}{
		// 10 / 70 = 0.143 of the time, a seventh of which is one slice.
		"the smallest slice":           {spec.ModelGPU{Type: "a100", Count: 1}, a100, series(120, 10), mib(120, 4000), "a slice 1g.5gb is enough, of which one accelerator gives 7", "make sure"},
		"more time than that":          {spec.ModelGPU{Type: "a100", Count: 1}, a100, series(120, 11), mib(120, 4000), "a slice 2g.10gb is enough, of which one accelerator gives 3", "make sure"},
		"more memory than that":        {spec.ModelGPU{Type: "a100", Count: 1}, a100, series(120, 10), mib(120, 5000), "a slice 2g.10gb", "make sure"},
		"half of it":                   {spec.ModelGPU{Type: "a100", Count: 1}, a100, series(120, 10), mib(120, 16000), "a slice 3g.20gb", "make sure"},
		"too much memory for any":      {spec.ModelGPU{Type: "a100", Count: 1}, a100, series(120, 10), mib(120, 30000), "a whole a100", "slice"},
		"too busy for any":             {spec.ModelGPU{Type: "a100", Count: 1}, a100, series(120, 60), mib(120, 4000), "a whole a100", "slice"},
		"memory was not measured":      {spec.ModelGPU{Type: "a100", Count: 1}, a100, series(120, 10), nil, "make sure that the model fits into the slice's memory", "a whole"},
		"turns":                        {spec.ModelGPU{Type: "l4", Count: 1}, l4, series(120, 14), mib(120, 2000), "5 replicas could take turns", "slice"},
		"turns as memory allows":       {spec.ModelGPU{Type: "l4", Count: 1}, l4, series(120, 14), mib(120, 9000), "2 replicas could take turns", "slice"},
		"no turns with so much memory": {spec.ModelGPU{Type: "l4", Count: 1}, l4, series(120, 14), mib(120, 15000), "a whole l4", "turns"},
		"no turns when busy":           {spec.ModelGPU{Type: "l4", Count: 1}, l4, series(120, 50), mib(120, 2000), "a whole l4", "turns"},
		"several accelerators":         {spec.ModelGPU{Type: "a100", Count: 2}, a100, series(120, 5), mib(120, 2000), "is given them whole", "slice"},
		"divided already":              {spec.ModelGPU{Type: "a100", Count: 1}, divided, series(120, 5), nil, "pool serve is divided already", "enough"},
		"not measured":                 {spec.ModelGPU{Type: "l4", Count: 1}, l4, nil, nil, "left as it is: there are no samples of its use", "could"},
		"measured too little":          {spec.ModelGPU{Type: "l4", Count: 1}, l4, series(20, 5), nil, "20 samples over 19m of its use", "could"},
		"node not known":               {spec.ModelGPU{Type: "l4", Count: 1}, Node{}, series(120, 60), nil, "a whole l4", "turns"},
	} {
		t.Run(name, func(t *testing.T) {
			m := model(1, 1)
			m.GPU = test.gpu
			u := using(series(120, 0.5), mib(120, 1000))
			u.Pods[0].GPU, u.Pods[0].GPUMemory = test.use, test.memory

			p, err := Propose(m, test.node, u, Options{})

			require.NoError(t, err)
			assert.Contains(t, p.GPU, test.want)
			assert.NotContains(t, p.GPU, test.not)
		})
	}
}

func TestPropose_NoGPUWithoutOne(t *testing.T) {
	p, err := Propose(model(1, 1), Node{}, using(series(120, 0.5), mib(120, 1000)), Options{})
	require.NoError(t, err)
	assert.Empty(t, p.GPU)
}
