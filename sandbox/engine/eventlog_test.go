package engine

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEventLog_WritesALineAnEvent(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "events.jsonl")
	s := &Sandbox{options: Options{EventLog: file}}
	log, err := s.logEvents()
	require.NoError(t, err)
	for _, sequence := range []int{1, 2} {
		log.stream <- events.EngineEvent{EngineEvent: apitype.EngineEvent{Sequence: sequence, CancelEvent: &apitype.CancelEvent{}}}
	}
	close(log.stream)
	require.NoError(t, log.finish())
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, `{"sequence":1,"timestamp":0,"cancelEvent":{}}`+"\n"+`{"sequence":2,"timestamp":0,"cancelEvent":{}}`+"\n", string(written))
}

func TestEventLog_TakesEveryEventAndTellsOfTheFirstThatIsNone(t *testing.T) {
	t.Parallel()
	s := &Sandbox{options: Options{EventLog: filepath.Join(t.TempDir(), "events.jsonl")}}
	log, err := s.logEvents()
	require.NoError(t, err)
	broken := errors.New("the stream broke")
	log.stream <- events.EngineEvent{Error: broken}
	log.stream <- events.EngineEvent{}
	close(log.stream)
	require.ErrorIs(t, log.finish(), broken)
}

func TestEventLog_IsThereOnlyWhenWanted(t *testing.T) {
	t.Parallel()
	log, err := (&Sandbox{}).logEvents()
	require.NoError(t, err)
	assert.Nil(t, log)
	require.NoError(t, log.finish())

	_, err = (&Sandbox{options: Options{EventLog: t.TempDir()}}).logEvents()
	require.ErrorContains(t, err, "write the event log")
}
