// Package promtool holds Gantry's rules and dashboards against Prometheus itself:
// its parser, its evaluation and its reading of configuration. It is a module of
// its own because Prometheus asks for other versions of much that Gantry uses.
//
// The version is that of the chart kube-prometheus-stack in
// modules/versions/lock.yaml, where v3.14.0 is v0.314.0 of the module.
package promtool
