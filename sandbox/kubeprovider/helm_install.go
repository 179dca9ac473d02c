package kubeprovider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	helmrelease "helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
)

// helmRun is one installation or upgrade by Helm.
type helmRun struct {
	*release
	config *action.Configuration
	chart  *chart.Chart
	// adopt takes over objects that are there already: the definitions of a
	// release that was recorded before.
	adopt bool
	// unanswered are the objects that were left out.
	unanswered answerless
}

// put installs the release, or upgrades it if it is there, whoever made it. The
// returned release tells of hooks also along with an error.
func (h *helmRun) put(ctx context.Context) (*helmrelease.Release, error) {
	current, err := h.recover()
	if err != nil {
		return nil, err
	}
	var done *helmrelease.Release
	if current == nil {
		done, err = h.install(ctx)
	} else {
		done, err = h.upgrade(ctx)
	}
	if failed := failedHooks(done); err != nil && len(failed) > 0 {
		err = fmt.Errorf("%w; what failed: %s", err, strings.Join(failed, ", "))
	}
	return done, err
}

// recover brings a release that an interrupted run left half done into a state
// that Helm goes on from, and returns its newest revision, nil if there is none.
func (h *helmRun) recover() (*helmrelease.Release, error) {
	current, err := lastRevision(h.config, h.Name)
	if current == nil || err != nil {
		return nil, err
	}
	if !current.Info.Status.IsPending() && current.Info.Status != helmrelease.StatusUninstalling {
		return current, nil
	}
	deployed, err := h.config.Releases.Deployed(h.Name)
	if err != nil && !errors.Is(err, driver.ErrNoDeployedReleases) {
		return nil, fmt.Errorf("reading release %s: %w", h.Name, err)
	}
	if deployed == nil || current.Info.Status == helmrelease.StatusUninstalling {
		_, err := uninstall(h.config, h.release)
		return nil, err
	}
	back := action.NewRollback(h.config)
	back.Version = deployed.Version
	if err := back.Run(h.Name); err != nil {
		return nil, fmt.Errorf("release %s was left half upgraded by an interrupted run, and going back failed: %w", h.Name, err)
	}
	return deployed, nil
}

func (h *helmRun) install(ctx context.Context) (*helmrelease.Release, error) {
	install := action.NewInstall(h.config)
	install.ReleaseName, install.Namespace = h.Name, h.Namespace
	install.CreateNamespace = h.CreateNamespace
	install.Description = h.Description
	install.Timeout = h.timeout()
	install.Atomic = h.Atomic
	install.Wait = h.waits()
	install.WaitForJobs = h.waits() && h.WaitForJobs
	install.SkipCRDs = h.SkipCrds
	install.DisableHooks = h.DisableWebhooks
	install.SubNotes = h.RenderSubchartNotes
	install.DisableOpenAPIValidation = h.DisableOpenapiValidation
	install.TakeOwnership = h.adopt
	install.PostRenderer = &h.unanswered
	return install.RunWithContext(ctx, h.chart, h.Values)
}

func (h *helmRun) upgrade(ctx context.Context) (*helmrelease.Release, error) {
	upgrade := action.NewUpgrade(h.config)
	upgrade.Namespace = h.Namespace
	upgrade.Description = h.Description
	upgrade.Timeout = h.timeout()
	upgrade.Atomic = h.Atomic
	upgrade.Wait = h.waits()
	upgrade.WaitForJobs = h.waits() && h.WaitForJobs
	upgrade.CleanupOnFail = h.CleanupOnFail
	upgrade.SkipCRDs = h.SkipCrds
	upgrade.DisableHooks = h.DisableWebhooks
	upgrade.SubNotes = h.RenderSubchartNotes
	upgrade.DisableOpenAPIValidation = h.DisableOpenapiValidation
	upgrade.Force = h.ForceUpdate
	upgrade.Recreate = h.RecreatePods
	upgrade.ResetValues, upgrade.ReuseValues = h.ResetValues, h.ReuseValues
	upgrade.MaxHistory = h.MaxHistory
	upgrade.TakeOwnership = h.adopt
	upgrade.PostRenderer = &h.unanswered
	return upgrade.RunWithContext(ctx, h.Name, h.chart, h.Values)
}

// uninstall removes a release with all that it made but the definitions in the
// chart's crds folder, which Helm keeps. It returns what else Helm kept, and why.
// A release that is gone is no error.
func uninstall(config *action.Configuration, r *release) (kept string, err error) {
	remove := action.NewUninstall(config)
	remove.IgnoreNotFound = true
	remove.DisableHooks = r.DisableWebhooks
	remove.Timeout = r.timeout()
	remove.Wait = r.waits()
	done, err := remove.Run(r.Name)
	if err != nil {
		return "", fmt.Errorf("uninstalling release %s: %w", r.id(), err)
	}
	if done == nil {
		return "", nil
	}
	return done.Info, nil
}
