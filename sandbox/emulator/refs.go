package emulator

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
)

// checkRefs refuses inputs that name objects which do not exist.
func (t *Tx) checkRefs(typ *Type, inputs Properties) error {
	for _, ref := range typ.Refs {
		for _, v := range inputs.All(ref.Path) {
			value, ok := v.(string)
			if !ok {
				continue
			}
			if _, found := t.Lookup(ref.To, value); !found {
				return ref.Missing(value)
			}
		}
	}
	return nil
}

// checkHolders refuses to delete an object that another one holds.
func (p *Provider) checkHolders(tx *Tx, t *Type, object Object) error {
	if t.InUse == nil {
		return nil
	}
	for _, other := range tx.Objects() {
		typ := p.types[other.Token]
		if typ == nil || other.Token == object.Token && other.ID == object.ID {
			continue
		}
		for _, ref := range typ.Refs {
			if ref.holds(object, other.Inputs) {
				return t.InUse(object, other)
			}
		}
	}
	return nil
}

// holds tells whether inputs point at object in a way that keeps it.
func (r Ref) holds(object Object, inputs Properties) bool {
	for _, v := range inputs.All(r.Path) {
		value, ok := v.(string)
		if ok && slices.ContainsFunc(r.To, func(t Target) bool { return t.Holds && t.matches(object, value) }) {
			return true
		}
	}
	return false
}

// Orphans are the objects that a stack created and that the engine does not
// know, the newest first: an operation was cut off after the object came into
// the account and before the engine wrote it down. Known are the ids that the
// stack's state holds, by URN.
func (s *Store) Orphans(project, stack string, known map[string][]string) ([]Object, error) {
	objects, err := s.Objects()
	if err != nil {
		return nil, err
	}
	slices.Reverse(objects)
	return slices.DeleteFunc(objects, func(o Object) bool {
		name := urn.URN(o.URN)
		return o.URN == "" || name.Project().String() != project || name.Stack().String() != stack ||
			slices.Contains(known[o.URN], o.ID)
	}), nil
}

// Rollback deletes the orphans of a stack, so that running the program again
// makes nothing twice. It returns what it deleted.
func (p *Provider) Rollback(ctx context.Context, project, stack string, known map[string][]string) ([]Object, error) {
	orphans, err := p.store.Orphans(project, stack, known)
	if err != nil {
		return nil, err
	}
	var deleted []Object
	for len(orphans) > 0 {
		gone, left, problems := p.discardAll(ctx, orphans)
		deleted = append(deleted, gone...)
		if len(gone) == 0 {
			return deleted, problems
		}
		orphans = left // an object may have been held by an older one
	}
	return deleted, nil
}

func (p *Provider) discardAll(ctx context.Context, objects []Object) (gone, left []Object, problems error) {
	for _, object := range objects {
		if err := p.discardOrphan(ctx, object); err != nil {
			problems = errors.Join(problems, fmt.Errorf("rolling back %s %s: %w", object.Token, object.ID, err))
			left = append(left, object)
			continue
		}
		p.log("rolled back %s %s", object.Token, object.ID)
		gone = append(gone, object)
	}
	return gone, left, problems
}

func (p *Provider) discardOrphan(ctx context.Context, object Object) error {
	t, err := p.lookup(object.Token)
	if err != nil {
		return err
	}
	// It may have gone along with another one.
	if _, found, err := p.get(t, object.ID); err != nil || !found {
		return err
	}
	return p.discard(ctx, t, object)
}
