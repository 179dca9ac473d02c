package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"gantry.dev/gantry/sandbox/engine"
	"gantry.dev/gantry/sandbox/localkube/agent"
)

// fleetSize is how many models a fleet of the comparison has.
const fleetSize = 40

// helmNamespace is where Helm installs what Gantry puts into its own namespace.
const helmNamespace = "helm-models"

// fleetTimes brings a fleet up with Gantry and with Helm on the same control
// plane, and then changes one image of it.
//
// Helm gets the chart that is usual for a model (Deployment, Service, autoscaler,
// volume claim), once a model, and waits as Gantry does. Gantry makes those and
// more: an account, a network policy, a disruption budget, scraping, a dashboard.
func fleetTimes(ctx context.Context, repository, scratch string) (err error) {
	project, err := benchProject(repository, scratch)
	if err != nil {
		return err
	}
	bin := filepath.Join(repository, ".gantry", "bin")
	options := engine.Options{
		Project: project, Home: filepath.Join(scratch, "fleet"), Bin: bin, Out: io.Discard, Stack: "fleet",
		Agent: []string{filepath.Join(bin, "sandbox"), agent.CommandName},
	}
	defer func() { err = errors.Join(err, endFleet(options)) }()
	set := func(models int, changed bool) error { return writeServedFleet(project, options.Stack, models, changed) }

	fmt.Printf("\nA fleet of %d models on one control plane, by Gantry and by helm upgrade --install --wait\n", fleetSize)
	if err := set(0, false); err != nil {
		return err
	}
	if _, err := timedUp(ctx, options); err != nil {
		return fmt.Errorf("platform: %w", err)
	}
	var ours [2]time.Duration
	for i, changed := range []bool{false, true} {
		if err := set(fleetSize, changed); err != nil {
			return err
		}
		if ours[i], err = timedUp(ctx, options); err != nil {
			return fmt.Errorf("models: %w", err)
		}
	}
	if err := set(0, false); err != nil {
		return err
	}
	if _, err := timedUp(ctx, options); err != nil {
		return fmt.Errorf("models away: %w", err)
	}
	theirs, err := helmTimes(ctx, repository, scratch, options)
	if err != nil {
		return fmt.Errorf("helm: %w", err)
	}
	for i, what := range []string{"from nothing", "one changed image"} {
		fmt.Printf("  %-20s Gantry %6.1f s   Helm %6.1f s   Helm takes %.2f times as long\n",
			what, ours[i].Seconds(), theirs[i].Seconds(), theirs[i].Seconds()/ours[i].Seconds())
	}
	return nil
}

// timedUp is how long an up takes, from opening the sandbox to the end.
func timedUp(ctx context.Context, options engine.Options) (time.Duration, error) {
	start := time.Now()
	var log bytes.Buffer
	options.Out = &log
	sandbox, err := engine.Open(ctx, options)
	if err != nil {
		return 0, err
	}
	_, err = sandbox.Up(ctx)
	if err = errors.Join(err, sandbox.Close()); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, log.String())
	}
	return time.Since(start), nil
}

// endFleet ends the control plane of the comparison.
func endFleet(options engine.Options) error {
	clusters := engine.Clusters(options)
	names, err := clusters.Names()
	for _, name := range names {
		err = errors.Join(err, clusters.DeleteCluster(context.Background(), name))
	}
	return err
}

// writeServedFleet writes the dev stack with room for a fleet, and the models of
// one: each with a volume and a scaler, one of them perhaps with another image.
func writeServedFleet(project, stack string, count int, changed bool) error {
	return editStack(project, stack, func(config map[string]any) {
		config["gantry:pools"] = []any{
			map[string]any{"name": "system", "role": "system", "cpu": 8, "memory": "32Gi", "min": 2, "max": 2},
			map[string]any{"name": "cpu", "role": "inference", "cpu": 16, "memory": "64Gi", "min": 4, "max": 4},
		}
		models := map[string]any{"image-classifier": map[string]any{"enabled": false}}
		for i := range count {
			models[fleetModel(i)] = map[string]any{
				"image": fleetImage(i, changed), "resources": map[string]any{"cpu": "250m", "memory": "256Mi"},
				"scale": map[string]any{"min": 1, "max": 2}, "storage": map[string]any{"models": "1Gi"},
			}
		}
		config["gantry:models"] = models
	})
}

func fleetModel(i int) string { return fmt.Sprintf("model-%03d", i) }

func fleetImage(i int, changed bool) string {
	if changed && i == fleetSize/2 {
		return "registry.example.com/model:v2"
	}
	return "registry.example.com/model:v1"
}

// helmTimes installs the fleet with Helm's own command, and then again with one
// changed image, as a pipeline does that loops over its models.
func helmTimes(ctx context.Context, repository, scratch string, options engine.Options) (times [2]time.Duration, err error) {
	helm := filepath.Join(scratch, "helm")
	build := exec.CommandContext(ctx, "go", "build", "-o", helm, "helm.sh/helm/v3/cmd/helm")
	build.Dir = filepath.Join(repository, "sandbox")
	if out, err := build.CombinedOutput(); err != nil {
		return times, fmt.Errorf("building Helm: %w\n%s", err, out)
	}
	chart := filepath.Join(scratch, "chart")
	if err := writeChart(chart); err != nil {
		return times, err
	}
	kubeconfig := filepath.Join(options.Home, "kubeconfig")
	for round, changed := range []bool{false, true} {
		start := time.Now()
		for i := range fleetSize {
			command := exec.CommandContext(ctx, helm, "upgrade", "--install", fleetModel(i), chart, "--wait",
				"--kubeconfig", kubeconfig, "--namespace", helmNamespace, "--create-namespace", "--set", "image="+fleetImage(i, changed))
			if out, err := command.CombinedOutput(); err != nil {
				return times, fmt.Errorf("%s: %w\n%s", fleetModel(i), err, out)
			}
		}
		times[round] = time.Since(start)
	}
	return times, nil
}

// usualChart is what a team that deploys models by Helm has, without the comments.
var usualChart = map[string]string{
	"Chart.yaml":  "apiVersion: v2\nname: model\nversion: 1.0.0\n",
	"values.yaml": "image: registry.example.com/model:v1\n",
	"templates/model.yaml": `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: {{ .Release.Name }}}
spec:
  accessModes: [ReadWriteMany]
  storageClassName: gantry-shared
  resources: {requests: {storage: 1Gi}}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {app: {{ .Release.Name }}}
  ports: [{port: 80, targetPort: 8000}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: {{ .Release.Name }}}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .Release.Name }}}
  minReplicas: 1
  maxReplicas: 2
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers:
      - name: server
        image: {{ .Values.image }}
        ports: [{containerPort: 8000}]
        resources: {requests: {cpu: 250m, memory: 256Mi}, limits: {memory: 256Mi}}
        readinessProbe: {httpGet: {path: /health, port: 8000}, periodSeconds: 5}
        livenessProbe: {httpGet: {path: /health, port: 8000}, periodSeconds: 10}
        volumeMounts: [{name: models, mountPath: /models, readOnly: true}]
      volumes:
      - name: models
        persistentVolumeClaim: {claimName: {{ .Release.Name }}}
`,
}

func writeChart(dir string) error {
	for name, content := range usualChart {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}
