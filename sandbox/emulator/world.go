package emulator

import (
	"context"
	"fmt"
	"time"
)

// bringUp takes a new object from the account into the world outside.
func (p *Provider) bringUp(ctx context.Context, t *Type, object Object) error {
	if err := sleep(ctx, p.latency(t.Token)); err != nil {
		return err
	}
	if err := p.awaitReady(ctx, t, object); err != nil {
		return err
	}
	return t.apply(ctx, object)
}

// readyInterval is the pause between two questions whether an object is ready.
const readyInterval = 50 * time.Millisecond

func (p *Provider) awaitReady(ctx context.Context, t *Type, object Object) error {
	if t.Ready == nil {
		return nil
	}
	for deadline := time.Now().Add(p.patience); ; {
		err := p.store.view(func(tx *Tx) error { return t.Ready(tx, object) })
		if err == nil || time.Now().After(deadline) {
			return err
		}
		if err := sleep(ctx, readyInterval); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *Type) apply(ctx context.Context, object Object) error {
	if t.Apply == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return t.Apply(ctx, object)
}

// Restore brings the world outside in line with everything in the account, as
// after a restart of the sandbox.
func (p *Provider) Restore(ctx context.Context) error {
	objects, err := p.store.Objects()
	if err != nil {
		return err
	}
	for _, object := range objects {
		if t, ok := p.types[object.Token]; ok {
			if err := t.apply(ctx, object); err != nil {
				return fmt.Errorf("restoring %s %s: %w", object.Token, object.ID, err)
			}
			if err := p.observe(ctx, t, object.ID); err != nil {
				return fmt.Errorf("restoring %s %s: %w", object.Token, object.ID, err)
			}
		}
	}
	return nil
}

// observe takes over into the account what the world outside has done to an
// object.
func (p *Provider) observe(ctx context.Context, t *Type, id string) error {
	object, found, err := p.get(t, id)
	if t.Observe == nil || err != nil || !found {
		return err
	}
	takeOver, err := t.Observe(ctx, object)
	if takeOver == nil || err != nil {
		return err
	}
	return p.store.update(func(tx *Tx) error {
		object, found := tx.Get(t.Token, id)
		if !found {
			return nil
		}
		object.Outputs, object.State = object.Outputs.Clone(), object.State.Clone()
		if err := takeOver(tx, &object); err != nil {
			return err
		}
		return tx.Put(object)
	})
}
