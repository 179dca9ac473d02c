package previewreport

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Read reads an event log: one event a line in JSON, as `pulumi preview
// --event-log` and the sandbox write it. A log that ends in the middle is read as
// far as it goes; a line that is not JSON anywhere else is an error.
func Read(log io.Reader) (*Preview, error) {
	r := reader{resources: map[string]*resource{}, preview: &Preview{Result: CutOff}}
	lines := bufio.NewReader(log)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return nil, fmt.Errorf("read the event log: %w", err)
		}
		if err := r.line(line); err != nil && !last {
			return nil, fmt.Errorf("line %d of the event log is not an event in JSON: %w", number, err)
		}
		if last {
			return r.finish(), nil
		}
	}
}

// reader gathers what the events tell.
type reader struct {
	preview *Preview
	// resources by their URN, order has the URNs as they were met.
	resources map[string]*resource
	order     []string
	// remediations are told when all secrets are known.
	remediations []remediationEvent
	secrets      map[string]bool
}

func (r *reader) line(line []byte) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	var e event
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber() // so that numbers are shown as they were written
	if err := decoder.Decode(&e); err != nil {
		return err
	}
	r.event(e)
	return nil
}

func (r *reader) event(e event) {
	switch {
	case e.Before != nil:
		r.step(e.Before.Metadata)
	case e.After != nil:
		r.step(e.After.Metadata)
	case e.Diagnostic != nil:
		r.preview.say(*e.Diagnostic)
	case e.Failure != nil:
		r.preview.say(diagnosticEvent{Severity: "error", Message: e.Failure.Error})
	case e.Policy != nil:
		r.preview.judge(*e.Policy)
	case e.Remediation != nil:
		r.remediations = append(r.remediations, *e.Remediation)
		r.collect(e.Remediation.Before)
		r.collect(e.Remediation.After)
	case e.Summary != nil:
		r.preview.end(*e.Summary)
	}
}

func (r *reader) step(s step) {
	seen, known := r.resources[s.URN]
	if !known {
		seen = &resource{urn: s.URN, kind: s.Type}
		r.resources[s.URN] = seen
		r.order = append(r.order, s.URN)
	}
	seen.add(s)
	for _, state := range []*state{s.Old, s.New} {
		if state != nil {
			r.collect(state.Inputs)
			r.collect(state.Outputs)
		}
	}
}

// collect remembers secrets that stand in the log in plain text.
func (r *reader) collect(properties map[string]any) {
	plainSecrets(properties, func(secret string) {
		if r.secrets == nil {
			r.secrets = map[string]bool{}
		}
		r.secrets[secret] = true
	})
}

func (r *reader) finish() *Preview {
	p := r.preview
	p.secrets = scrubber(r.secrets)
	p.scrubAll()
	for _, urn := range r.order {
		one := r.resources[urn]
		if one.kind == typeStack {
			p.Stack = stackOf(urn)
			p.Cost = one.cost()
		}
		if p.Stack == "" {
			p.Stack = stackOf(urn)
		}
		change, changes := one.change(p, r.componentOf(one))
		switch {
		case !one.counts():
		case changes:
			p.Changes = append(p.Changes, change)
		default:
			p.Same++
		}
	}
	slices.SortStableFunc(p.Changes, compareChanges)
	sortVerdicts(p.Verdicts)
	for _, done := range r.remediations {
		p.Remediations = append(p.Remediations, r.remediation(done))
	}
	if p.Stopped() {
		// What the stack had before is in the log as if it stayed.
		p.Cost.After = nil
	}
	return p
}

// Stopped tells that the preview did not look at everything: it failed for
// another reason than policies, or its log has no end.
func (p *Preview) Stopped() bool {
	return p.Result == CutOff || (p.Result == Failed && (len(p.Errors) > 0 || len(p.Mandatory()) == 0))
}

func (p *Preview) end(summary summaryEvent) {
	p.Result = Succeeded
	if summary.Result != string(Succeeded) && summary.Result != "" {
		p.Result = Failed
	}
	for name, version := range summary.Packs {
		p.Packs = append(p.Packs, packName(name)+" "+version)
	}
	slices.Sort(p.Packs)
}
