// The modules whose custom resource definitions the sandbox applies for charts
// that cannot be reached; package toolchain says which chart has which. Nothing
// here is compiled, so `go mod tidy` must not be run: it would drop them all.
module gantry.dev/gantry/sandbox/tools/crds

go 1.26

require (
	github.com/cert-manager/cert-manager v1.21.1
	github.com/envoyproxy/gateway v1.9.0
	github.com/fluxcd/flagger v1.44.0
	github.com/kedacore/keda/v2 v2.20.2
	github.com/prometheus-operator/prometheus-operator v0.93.1
	sigs.k8s.io/gateway-api v1.6.1
	sigs.k8s.io/kueue v0.19.2
)
