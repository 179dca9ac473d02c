package emulator

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// Create implements pulumirpc.ResourceProviderServer. The object is in the
// account before the world outside it is touched, and leaves again when that
// fails, so an interruption at any point leaves something that Rollback finds.
func (p *Provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	t, inputs, err := p.request(req.GetUrn(), req.GetProperties())
	if err != nil {
		return nil, err
	}
	if err := t.validate(inputs); err != nil {
		return nil, refused("creating", req.GetUrn(), err)
	}
	object := Object{Token: t.Token, URN: req.GetUrn(), Inputs: inputs}
	object.Outputs = p.planned(t, inputs, Properties{}, nil)
	if req.GetPreview() {
		p.addUnknowns(t, object.Outputs, inputs)
		wire, err := encode(object.Outputs)
		return &pulumirpc.CreateResponse{Properties: wire}, err
	}
	ctx, done := p.during(ctx)
	defer done()
	if err := p.create(ctx, t, &object); err != nil {
		return nil, refused("creating", req.GetUrn(), err)
	}
	wire, err := encode(object.Outputs)
	return &pulumirpc.CreateResponse{Id: object.ID, Properties: wire}, err
}

func (p *Provider) create(ctx context.Context, t *Type, object *Object) error {
	err := p.store.update(func(tx *Tx) error {
		if err := tx.checkRefs(t, object.Inputs); err != nil {
			return err
		}
		if err := t.Create(&Op{Tx: tx, Object: object}); err != nil {
			return err
		}
		if _, exists := tx.Get(object.Token, object.ID); exists {
			return t.taken(*object)
		}
		p.complete(t, object)
		return tx.Put(*object)
	})
	if err != nil {
		return err
	}
	if err := p.bringUp(ctx, t, *object); err != nil {
		return errors.Join(err, p.discard(context.WithoutCancel(ctx), t, *object))
	}
	return nil
}

// Read implements pulumirpc.ResourceProviderServer. An empty id tells the engine
// that the object is gone.
func (p *Provider) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	t, err := p.lookup(urn.URN(req.GetUrn()).Type().String())
	if err != nil {
		return nil, err
	}
	if err := p.observe(ctx, t, req.GetId()); err != nil {
		return nil, refused("reading", req.GetUrn(), err)
	}
	object, found, err := p.get(t, req.GetId())
	if err != nil || !found {
		return &pulumirpc.ReadResponse{}, err
	}
	inputs, err := encode(object.Inputs)
	if err != nil {
		return nil, err
	}
	outputs, err := encode(object.Outputs)
	return &pulumirpc.ReadResponse{Id: object.ID, Inputs: inputs, Properties: outputs}, err
}

// Update implements pulumirpc.ResourceProviderServer. An update that was made
// before an interruption is not made twice.
func (p *Provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	t, inputs, err := p.request(req.GetUrn(), req.GetNews())
	if err != nil {
		return nil, err
	}
	if err := t.validate(inputs); err != nil {
		return nil, refused("updating", req.GetUrn(), err)
	}
	if !req.GetPreview() {
		if err := p.observe(ctx, t, req.GetId()); err != nil {
			return nil, refused("updating", req.GetUrn(), err)
		}
	}
	old, found, err := p.get(t, req.GetId())
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, refused("updating", req.GetUrn(), fmt.Errorf(
			"%s is not in the account any more; run `pulumi refresh`", req.GetId()))
	}
	object := old
	object.URN, object.Inputs, object.State = req.GetUrn(), inputs, old.State.Clone()
	object.Outputs = p.planned(t, inputs, old.Outputs, old.Inputs)
	if req.GetPreview() {
		p.foreseeUpdate(t, &object, old)
		wire, err := encode(object.Outputs)
		return &pulumirpc.UpdateResponse{Properties: wire}, err
	}
	ctx, done := p.during(ctx)
	defer done()
	if err := p.update(ctx, t, &object, old); err != nil {
		return nil, refused("updating", req.GetUrn(), err)
	}
	wire, err := encode(object.Outputs)
	return &pulumirpc.UpdateResponse{Properties: wire}, err
}

func (p *Provider) update(ctx context.Context, t *Type, object *Object, old Object) error {
	if len(t.diff(old.Inputs, object.Inputs)) == 0 {
		object.Outputs, object.State = old.Outputs, old.State
		return t.apply(ctx, *object)
	}
	err := p.store.update(func(tx *Tx) error {
		if err := tx.checkRefs(t, object.Inputs); err != nil {
			return err
		}
		if t.Update != nil {
			if err := t.Update(&Op{Tx: tx, Object: object, Old: old}); err != nil {
				return err
			}
		}
		p.complete(t, object)
		return tx.Put(*object)
	})
	if err != nil {
		return err
	}
	return t.apply(ctx, *object)
}

// Delete implements pulumirpc.ResourceProviderServer. What is gone already
// counts as deleted.
func (p *Provider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	t, err := p.lookup(urn.URN(req.GetUrn()).Type().String())
	if err != nil {
		return nil, err
	}
	object, found, err := p.get(t, req.GetId())
	if err != nil || !found {
		return &emptypb.Empty{}, err
	}
	ctx, done := p.during(ctx)
	defer done()
	if err := p.checkProtected(t, object); err != nil {
		return nil, refused("deleting", req.GetUrn(), err)
	}
	if err := p.discard(ctx, t, object); err != nil {
		return nil, refused("deleting", req.GetUrn(), err)
	}
	return &emptypb.Empty{}, nil
}

func (p *Provider) checkProtected(t *Type, object Object) error {
	if t.Protected == nil {
		return nil
	}
	return p.store.view(func(tx *Tx) error { return t.Protected(tx, object) })
}

// Unprotect opens the locks of everything that a stack has, as its owner would
// before taking it down for good.
func (p *Provider) Unprotect(project, stack string) error {
	objects, err := p.store.Orphans(project, stack, nil)
	if err != nil {
		return err
	}
	return p.store.update(func(tx *Tx) error {
		for _, object := range objects {
			t := p.types[object.Token]
			if t == nil || t.Lock == "" || !object.Outputs.Bool(t.Lock) {
				continue
			}
			object.Inputs.Set(t.Lock, false)
			object.Outputs.Set(t.Lock, false)
			if err := tx.Put(object); err != nil {
				return err
			}
		}
		return nil
	})
}

// discard takes an object down: refused while something holds it, then out of
// the world outside, then out of the account.
func (p *Provider) discard(ctx context.Context, t *Type, object Object) error {
	err := p.store.view(func(tx *Tx) error { return p.checkHolders(tx, t, object) })
	if err != nil {
		return err
	}
	if t.Remove != nil {
		if err := t.Remove(ctx, object); err != nil {
			return err
		}
	}
	return p.store.update(func(tx *Tx) error {
		op := &Op{Tx: tx, Object: &object}
		if t.Delete != nil {
			if err := t.Delete(op); err != nil {
				return err
			}
		}
		if op.Retain {
			object.URN = ""
			return tx.Put(object)
		}
		return tx.Drop(object.Token, object.ID)
	})
}

func (p *Provider) get(t *Type, id string) (Object, bool, error) {
	var object Object
	var found bool
	err := p.store.view(func(tx *Tx) error {
		object, found = tx.Get(t.Token, id)
		return nil
	})
	return object, found, err
}

func (p *Provider) request(name string, wire *structpb.Struct) (*Type, Properties, error) {
	t, err := p.lookup(urn.URN(name).Type().String())
	if err != nil {
		return nil, nil, err
	}
	inputs, err := decode(wire)
	return t, inputs, err
}

func (t *Type) validate(inputs Properties) error {
	if t.Validate == nil {
		return nil
	}
	return t.Validate(inputs)
}

func (t *Type) taken(object Object) error {
	if t.Taken == nil {
		return fmt.Errorf("%s exists already", object.ID)
	}
	return t.Taken(object)
}

// refused is an error for the engine, which shows it below the resource.
func refused(doing, name string, err error) error {
	if errors.Is(err, context.Canceled) {
		return status.Errorf(codes.Canceled, "%s %s: cancelled", doing, urn.URN(name).Name())
	}
	return status.Errorf(codes.Unknown, "%s %s: %v", doing, urn.URN(name).Name(), err)
}
