// Package comment puts a report on a pull request: one comment, which is made the
// first time and rewritten afterwards. A marker on its first line finds it again.
package comment

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Thread is the conversation of a pull request.
type Thread interface {
	// Find returns the id of the comment that begins with the marker and can be
	// trusted to be ours, or nothing.
	Find(ctx context.Context, marker string) (id string, err error)
	// Create adds a comment, Update rewrites one.
	Create(ctx context.Context, body string) error
	Update(ctx context.Context, id, body string) error
}

// Outcome is what Upsert did.
type Outcome string

// The outcomes.
const (
	Created Outcome = "created"
	Updated Outcome = "updated"
)

// attempts is how often a server that has trouble is asked, and pause how long
// the first wait is; each is twice as long as the one before. longestPause bounds
// what a server may ask for.
const (
	attempts     = 5
	pause        = time.Second
	longestPause = time.Minute
)

// Poster posts reports. The zero value waits as long as it has to.
type Poster struct {
	// Sleep waits, or returns early with the error of the context.
	Sleep func(ctx context.Context, long time.Duration) error
}

// Upsert makes the comment, or rewrites the one that is there. Where the server
// fails it begins again with the search: a comment whose answer was lost is found
// rather than made twice.
func (p Poster) Upsert(ctx context.Context, thread Thread, marker, body string) (Outcome, error) {
	if first, _, _ := strings.Cut(body, "\n"); first != marker {
		return "", fmt.Errorf("the report does not begin with %s: it is not the report of this stack", marker)
	}
	for attempt, wait := 1, pause; ; attempt, wait = attempt+1, 2*wait {
		outcome, err := upsert(ctx, thread, marker, body)
		var trouble *statusError
		if err == nil || attempt == attempts || (errors.As(err, &trouble) && !trouble.passes()) || ctx.Err() != nil {
			return outcome, err
		}
		if trouble != nil && trouble.after > 0 {
			wait = trouble.after
		}
		if err := p.sleep(ctx, min(wait, longestPause)); err != nil {
			return "", err
		}
	}
}

func upsert(ctx context.Context, thread Thread, marker, body string) (Outcome, error) {
	id, err := thread.Find(ctx, marker)
	if err != nil {
		return "", fmt.Errorf("look for the comment: %w", err)
	}
	if id == "" {
		if err := thread.Create(ctx, body); err != nil {
			return "", fmt.Errorf("make the comment: %w", err)
		}
		return Created, nil
	}
	if err := thread.Update(ctx, id, body); err != nil {
		return "", fmt.Errorf("rewrite the comment %s: %w", id, err)
	}
	return Updated, nil
}

func (p Poster) sleep(ctx context.Context, long time.Duration) error {
	if p.Sleep != nil {
		return p.Sleep(ctx, long)
	}
	select {
	case <-time.After(long):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begins tells whether a comment is the one that the marker stands for. Servers
// send back other ends of lines.
func begins(body, marker string) bool {
	first, _, _ := strings.Cut(body, "\n")
	return strings.TrimRight(first, "\r") == marker
}
