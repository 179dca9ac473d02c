package emulator

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// lockWait is how long Open waits for another process to let go of the account
// before it gives up and says so.
const lockWait = time.Second

// ErrLocked tells that another process holds the account.
var ErrLocked = errors.New("it is held by another process; end that one first")

var objectsBucket = []byte("objects")

// Object is one thing in an emulated account.
type Object struct {
	// Token is the resource type, for example aws:ec2/vpc:Vpc.
	Token string `json:"token"`
	// ID in the form of the real cloud, unique within the type.
	ID string `json:"id"`
	// URN of the Pulumi resource that created the object. Empty for objects
	// that the cloud itself made, and that no stack owns.
	URN string `json:"urn,omitempty"`
	// Sequence grows with every object, so that objects can be taken down
	// in the reverse order of their creation.
	Sequence uint64 `json:"sequence"`
	// Inputs as the program last gave them, with physical names filled in.
	Inputs Properties `json:"inputs"`
	// Outputs as the program sees them.
	Outputs Properties `json:"outputs"`
	// State is what the emulated service remembers beside the outputs.
	State Properties `json:"state,omitempty"`
}

// Store is an emulated account on disk. Values in it are plain text, secrets
// included: it is a scratch account on the developer's own machine, readable by
// the developer only.
type Store struct{ db *bbolt.DB }

// Open opens the account in the file at path, and makes it when it is not
// there. The file is held by one process at a time.
func Open(path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("emulated account: %w", err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait})
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, fmt.Errorf("emulated account %s: %w", path, ErrLocked)
	}
	if err != nil {
		return nil, fmt.Errorf("emulated account %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(objectsBucket)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("emulated account %s: %w", path, err), db.Close())
	}
	return &Store{db}, nil
}

// Close lets go of the account.
func (s *Store) Close() error { return s.db.Close() }

// Objects lists everything in the account, in the order of creation.
func (s *Store) Objects() ([]Object, error) {
	var objects []Object
	err := s.view(func(tx *Tx) error {
		objects = tx.Objects()
		return nil
	})
	return objects, err
}

// Remove takes an object out of the account behind the back of everything that
// knows it, as someone does at the console of a cloud. It tells whether the
// object was there.
func (s *Store) Remove(token, id string) (bool, error) {
	var found bool
	err := s.update(func(tx *Tx) error {
		_, found = tx.Get(token, id)
		return tx.Drop(token, id)
	})
	return found, err
}

// view runs f in a transaction that only reads.
func (s *Store) view(f func(*Tx) error) error {
	return s.db.View(func(bolt *bbolt.Tx) error { return transact(bolt, f) })
}

// update runs f in a transaction that is undone when f fails.
func (s *Store) update(f func(*Tx) error) error {
	return s.db.Update(func(bolt *bbolt.Tx) error { return transact(bolt, f) })
}

func transact(bolt *bbolt.Tx, f func(*Tx) error) error {
	tx := &Tx{bucket: bolt.Bucket(objectsBucket)}
	if err := tx.load(); err != nil {
		return err
	}
	return f(tx)
}

// Tx is a transaction on the account. An account holds some hundred objects, so
// a transaction reads them all once and searches in memory.
type Tx struct {
	bucket  *bbolt.Bucket
	objects []Object
}

// Objects are all objects, in the order of creation.
func (t *Tx) Objects() []Object { return slices.Clone(t.objects) }

// Of are the objects of one type, in the order of creation.
func (t *Tx) Of(token string) []Object {
	return slices.DeleteFunc(t.Objects(), func(o Object) bool { return o.Token != token })
}

// Get is the object with this id.
func (t *Tx) Get(token, id string) (Object, bool) {
	return t.Find(token, func(o Object) bool { return o.ID == id })
}

// Find is the first object of the type for which match holds.
func (t *Tx) Find(token string, match func(Object) bool) (Object, bool) {
	i := slices.IndexFunc(t.objects, func(o Object) bool { return o.Token == token && match(o) })
	if i < 0 {
		return Object{}, false
	}
	return t.objects[i], true
}

// Lookup is the first object that a target reaches by value.
func (t *Tx) Lookup(targets []Target, value string) (Object, bool) {
	for _, target := range targets {
		if o, ok := t.Find(target.Token, func(o Object) bool { return target.matches(o, value) }); ok {
			return o, true
		}
	}
	return Object{}, false
}

// Put writes an object. A new one gets the next sequence number.
func (t *Tx) Put(o Object) error {
	if o.Sequence == 0 {
		next, err := t.bucket.NextSequence()
		if err != nil {
			return fmt.Errorf("emulated account: %w", err)
		}
		o.Sequence = next
	}
	data, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("emulated account: writing %s %s: %w", o.Token, o.ID, err)
	}
	if err := t.bucket.Put(binary.BigEndian.AppendUint64(nil, o.Sequence), data); err != nil {
		return fmt.Errorf("emulated account: writing %s %s: %w", o.Token, o.ID, err)
	}
	return t.load()
}

// Drop takes an object out of the account. One that is not there is no error.
func (t *Tx) Drop(token, id string) error {
	o, ok := t.Get(token, id)
	if !ok {
		return nil
	}
	if err := t.bucket.Delete(binary.BigEndian.AppendUint64(nil, o.Sequence)); err != nil {
		return fmt.Errorf("emulated account: removing %s %s: %w", token, id, err)
	}
	return t.load()
}

// load reads all objects. Keys are sequence numbers in big-endian order, so
// they come in the order of creation.
func (t *Tx) load() error {
	t.objects = t.objects[:0:0]
	return t.bucket.ForEach(func(_, data []byte) error {
		var o Object
		if err := json.Unmarshal(data, &o); err != nil {
			return fmt.Errorf("emulated account: reading an object: %w", err)
		}
		t.objects = append(t.objects, o)
		return nil
	})
}
