package spec

// analysisCases are rollouts that nobody could judge.
func analysisCases() []malformed {
	const (
		file = "stacks/models/m.yaml"
		at   = file + ": rollout.analysis."
	)
	analysis := func(name, config, rest, analysis string, want ...problem) malformed {
		return malformed{"analysis: " + name, config, []string{"m.yaml", "image: a:v1\n" + rest + "\nrollout: {analysis: {" + analysis + "}}"}, want}
	}
	const route = "route: /m/v1"
	return []malformed{
		analysis("misspelt key", "{}", route, "maxErrors: 1", problem{at + "maxErrors", "1", "did you mean maxErrorRate? Known keys: maxErrorRate, maxP95, intervalSeconds, steps, maxFailures"}),
		analysis("nothing to judge by", "{}", route, "maxP95: 300ms", problem{at + "maxErrorRate", "", "add maxErrorRate: 1, or remove analysis"}),
		analysis("all may fail", "{}", route, "maxErrorRate: 101", problem{at + "maxErrorRate", "101", "use 1 to 100"}),
		analysis("latency that is none", "{}", route, "maxErrorRate: 1, maxP95: 300", problem{at + "maxP95", "300", `put it in quotes, for example maxP95: "300ms"`}),
		analysis("latency without a unit", "{}", route, `maxErrorRate: 1, maxP95: "300"`, problem{at + "maxP95", "300", "write it as 250ms or 1.5s"}),
		analysis("judged all the time", "{}", route, "maxErrorRate: 1, intervalSeconds: 5", problem{at + "intervalSeconds", "5", "use 30 to 3600"}),
		analysis("never taken back", "{}", route, "maxErrorRate: 1, maxFailures: 21", problem{at + "maxFailures", "21", "use 1 to 20"}),
		analysis("steps that fall", "{}", route, "maxErrorRate: 1, steps: [20, 5, 5, 101]",
			problem{at + "steps[1]", "5", "put the steps in rising order"},
			problem{at + "steps[2]", "5", "put the steps in rising order"},
			problem{at + "steps[3]", "101", "use 1 to 100"}),
		analysis("no route", "{}", "", "maxErrorRate: 1", problem{file + ": rollout.analysis", "analysis", "add route: with a path, for example /m/v1"}),
		analysis("no monitoring", "addons: {monitoring: {enabled: false}}", route, "maxErrorRate: 1", problem{at + "maxErrorRate", "1", "enable the monitoring, or remove analysis"}),
		analysis("no replicas", "{}", route+"\nscale: {toZero: true, requestsPerReplica: 5}", "maxErrorRate: 1",
			problem{at + "maxErrorRate", "1", "remove scale.toZero, or analysis"}),
		analysis("queue", "{}", route+"\nscale: {queue: {sqs: https://sqs.us-east-1.amazonaws.com/111122223333/m}}", "maxErrorRate: 1",
			problem{at + "maxErrorRate", "1", "remove scale.queue, or analysis"}),
		analysis("beside a canary", "{}", route, "maxErrorRate: 1}, canary: {image: a:v2, weight: 5",
			problem{file + ": rollout", `"analysis, canary"`, "keep one of them"}),
		{"analysis: name of another's part", "{}", []string{
			"m.yaml", "image: a:v1\n" + route + "\nrollout: {analysis: {maxErrorRate: 1}}", "m-primary.yaml", "image: a:v1",
		}, []problem{{"stacks/models/m-primary.yaml", "m-primary", "rename one of the two"}}},
	}
}
