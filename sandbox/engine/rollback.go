package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/shirou/gopsutil/v4/process"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"gantry.dev/gantry/components/serving"
	"gantry.dev/gantry/modules/naming"
	"gantry.dev/gantry/modules/rollback"
	"gantry.dev/gantry/modules/stackfile"
	"gantry.dev/gantry/stacks"
)

// historyLimit is how many updates a rollback looks back.
const historyLimit = 50

// revisionAnnotation is the number of a Deployment's revision on its ReplicaSets.
// https://kubernetes.io/docs/reference/labels-annotations-taints/#deployment-kubernetes-io-revision
const revisionAnnotation = "deployment.kubernetes.io/revision"

// Interrupt ends an operation on the stack that another process runs, such as an
// up that waits for a version that never becomes ready, as Ctrl-C there would: the
// engine stops waiting and saves its state. It returns the process that ended,
// or 0.
func Interrupt(ctx context.Context, options Options) (int32, error) {
	dir := filepath.Join(options.Home, "state", ".pulumi", "locks", "organization", project, options.Stack)
	pid, err := clearLocks(dir)
	if err != nil || pid == 0 {
		return 0, err
	}
	running, err := process.NewProcess(pid)
	if err == nil {
		err = running.SendSignalWithContext(ctx, syscall.SIGINT)
	}
	if err != nil {
		return 0, fmt.Errorf("end the operation that is running (process %d): %w", pid, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, engineGrace, errBusy)
	defer cancel()
	for {
		alive, err := clearLocks(dir)
		if err != nil || alive != pid {
			return pid, err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return pid, context.Cause(ctx)
		}
	}
}

// OpenWhenFree is Open, but waits for the process whose operation was interrupted
// to let go of the accounts.
func OpenWhenFree(ctx context.Context, options Options) (*Sandbox, error) {
	for deadline := time.Now().Add(engineGrace); ; {
		sandbox, err := Open(ctx, options)
		if !errors.Is(err, errBusy) || time.Now().After(deadline) {
			return sandbox, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

// RolledBack is what a rollback did.
type RolledBack struct {
	rollback.Step
	// Lines are the changes of the stack's file.
	Lines []string
	// Changes of resources.
	Changes Changes
}

// Rollback sends all requests of a model to its stable version, or to the image
// before: it edits the stack's file and brings up what the step needs and nothing
// else. It is an error when there is nothing to go back to; nothing has changed
// then.
func (s *Sandbox) Rollback(ctx context.Context, model string) (RolledBack, error) {
	recovered, err := s.recover(ctx, keepProtection)
	if err != nil {
		return RolledBack{}, err
	}
	if err := s.accounts.restore(ctx); err != nil {
		return RolledBack{}, err
	}
	past, err := s.past(ctx, model)
	if err != nil {
		return RolledBack{}, err
	}
	step, err := rollback.Plan(past)
	if err != nil {
		return RolledBack{}, err
	}
	done := RolledBack{Step: step}
	targets, err := s.targets(ctx, step)
	if err != nil {
		return RolledBack{}, err
	}
	if done.Lines, err = s.edit(step); err != nil {
		return RolledBack{}, err
	}
	// The workspace has a copy of the file.
	if s.stack, err = s.selectStack(ctx); err != nil {
		return RolledBack{}, err
	}
	stream, finish := narrate(s.options.Out, s.options.Color)
	options := []optup.Option{optup.EventStreams(stream), optup.Target(targets), optup.Message(step.Message())}
	if recovered {
		options = append(options, optup.Refresh())
	}
	if s.options.PolicyPack != "" {
		options = append(options, optup.PolicyPacks(s.options.PolicyPack))
	}
	result, err := s.stack.Up(ctx, options...)
	finish()
	if err := reported(ctx, err); err != nil {
		return RolledBack{}, fmt.Errorf("the stack's file says what to go back to, and make up goes on from there: %w", err)
	}
	done.Changes = changesOf(result.Summary.ResourceChanges)
	return done, nil
}

// edit makes the changes of a step in the user's file of the stack.
func (s *Sandbox) edit(step rollback.Step) ([]string, error) {
	file := filepath.Join(s.options.Project, "Pulumi."+s.options.Stack+".yaml")
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the configuration of the stack: %w", err)
	}
	edited, lines, err := step.Edit(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	if len(lines) == 0 {
		return nil, nil
	}
	if err := os.WriteFile(file, edited, 0o600); err != nil {
		return nil, fmt.Errorf("write the configuration of the stack: %w", err)
	}
	return lines, nil
}

// past gathers what the configuration, the cluster and the engine's history know
// of a model.
func (s *Sandbox) past(ctx context.Context, model string) (rollback.Past, error) {
	var past rollback.Past
	stack, err := stackfile.Read(os.DirFS(s.options.Project), s.options.Stack)
	if err != nil {
		return past, err
	}
	files, err := stacks.ModelFiles()
	if err != nil {
		return past, err
	}
	if past.Model, past.Shared, err = rollback.Configured(stack.Raw(files), model); err != nil {
		return past, err
	}
	if err := s.revisions(ctx, model, &past); err != nil {
		return past, err
	}
	updates, err := s.History(ctx, historyLimit)
	if err != nil {
		return past, err
	}
	for _, update := range updates {
		if update.Kind == "update" {
			past.Updates = append(past.Updates, recorded(update, model))
		}
	}
	return past, nil
}

// recorded is what the history has of an update of a model.
func recorded(update auto.UpdateSummary, model string) rollback.Update {
	var models map[string]struct {
		Image string `json:"image"`
	}
	// One that cannot be read says nothing of an image.
	_ = json.Unmarshal([]byte(update.Config["gantry:models"].Value), &models)
	return rollback.Update{Succeeded: update.Result == "succeeded", Image: models[model].Image, Message: update.Message}
}

// revisions asks the cluster for what the stable version of a model went through.
func (s *Sandbox) revisions(ctx context.Context, model string, past *rollback.Past) error {
	cluster, err := s.LocalCluster(ctx)
	if err != nil || cluster == "" {
		return err
	}
	config, err := s.clusters.RESTConfig(cluster)
	if err != nil {
		return fmt.Errorf("cluster %s: %w", cluster, err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("cluster %s: %w", cluster, err)
	}
	stable := metav1.ListOptions{LabelSelector: naming.LabelModel + "=" + model + "," + naming.LabelVersion + "=stable"}
	deployments, err := client.AppsV1().Deployments("").List(ctx, stable)
	if err != nil {
		return fmt.Errorf("ask the cluster for the model's Deployment: %w", err)
	}
	for _, deployment := range deployments.Items {
		past.Live = deployment.Spec.Template.Spec.Containers[0].Image
	}
	sets, err := client.AppsV1().ReplicaSets("").List(ctx, stable)
	if err != nil {
		return fmt.Errorf("ask the cluster for the model's revisions: %w", err)
	}
	for _, set := range sets.Items {
		number, err := strconv.ParseInt(set.Annotations[revisionAnnotation], 10, 64)
		if err != nil {
			continue // not one of a Deployment
		}
		past.Revisions = append(past.Revisions, rollback.Revision{
			Number: number, Image: set.Spec.Template.Spec.Containers[0].Image, Ready: set.Status.ReadyReplicas,
		})
	}
	return nil
}

// targets are the URNs of what a step brings up. What it leaves alone may be
// crash-looping, and an up that has it among its targets would wait for it.
func (s *Sandbox) targets(ctx context.Context, step rollback.Step) ([]string, error) {
	state, err := s.stack.Export(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the engine's state: %w", err)
	}
	var deployment apitype.DeploymentV3
	if err := json.Unmarshal(state.Deployment, &deployment); err != nil {
		return nil, fmt.Errorf("read the engine's state: %w", err)
	}
	var targets []string
	for _, resource := range deployment.Resources {
		if parent := resource.Parent; parent == "" || parent.Name() != step.Model || string(parent.Type()) != serving.ModelType {
			continue
		}
		if step.Touches(resource.URN.Name()) {
			targets = append(targets, string(resource.URN))
		}
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("the stack %s has nothing of %s that could go back: either it never came up, then begin with make up; "+
			"or Flagger judges its versions, and gives the requests back by itself", s.options.Stack, step.Model)
	}
	return targets, nil
}
