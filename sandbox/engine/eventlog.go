package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
)

// eventLog writes what the engine does to a file: one event a line, in JSON, as
// the engine's own --event-log does. It is what modules/previewreport reads.
type eventLog struct {
	stream chan events.EngineEvent
	done   chan struct{}
	file   *os.File
	err    error
}

// logEvents opens the log of an operation, or returns nil where none is wanted.
func (s *Sandbox) logEvents() (*eventLog, error) {
	if s.options.EventLog == "" {
		return nil, nil
	}
	file, err := os.Create(s.options.EventLog)
	if err != nil {
		return nil, fmt.Errorf("write the event log: %w", err)
	}
	log := &eventLog{stream: make(chan events.EngineEvent), done: make(chan struct{}), file: file}
	go log.write()
	return log, nil
}

// write drains the stream to its end also after an error: the engine waits for
// its events to be taken.
func (l *eventLog) write() {
	defer close(l.done)
	encoder := json.NewEncoder(l.file)
	for event := range l.stream {
		problem := event.Error
		if problem == nil {
			problem = encoder.Encode(event.EngineEvent)
		}
		if l.err == nil {
			l.err = problem
		}
	}
}

// finish waits for the last event. An operation that fails before it begins
// leaves the stream open, and the log has what came until then.
func (l *eventLog) finish() error {
	if l == nil {
		return nil
	}
	select {
	case <-l.done:
	case <-time.After(lastWords):
		return errors.Join(errors.New("the engine did not end its event log"), l.file.Close())
	}
	if err := errors.Join(l.err, l.file.Close()); err != nil {
		return fmt.Errorf("write the event log: %w", err)
	}
	return nil
}
