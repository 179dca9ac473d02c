package comment

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// patience is how long one request may take.
const patience = 30 * time.Second

// perPage is the most that GitHub and GitLab list at a time.
const perPage = 100

// longestAnswer bounds what is read of an answer: a page of the longest comments.
const longestAnswer = 64 << 20

// api speaks JSON with a server.
type api struct {
	// base is the URL that every path is below.
	base   string
	header http.Header
	// explain says what to do about a status that is the caller's fault. May be
	// empty for one that it knows nothing of.
	explain func(status int, answer string) string
}

// statusError is an answer that is none.
type statusError struct {
	status  int
	method  string
	path    string
	message string
	hint    string
	// after is how long the server asks to wait; zero: it does not.
	after time.Duration
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("%s %s: %d %s", e.method, e.path, e.status, http.StatusText(e.status))
	if e.message != "" {
		text += ": " + e.message
	}
	if e.hint != "" {
		text += "\nfix: " + e.hint
	}
	return text
}

// passes tells whether the same request may succeed later.
func (e *statusError) passes() bool {
	return e.status >= 500 || e.status == http.StatusTooManyRequests || e.after > 0
}

// do sends in, if there is any, and reads the answer into out, if one is wanted.
func (a api) do(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header = a.header.Clone()
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	if err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	if response.StatusCode >= 300 {
		return a.refused(response, method, path, answer)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s: the answer is not the expected JSON: %w", method, path, err)
	}
	return nil
}

func (a api) refused(response *http.Response, method, path string, answer []byte) error {
	path, _, _ = strings.Cut(path, "?")
	refusal := &statusError{status: response.StatusCode, method: method, path: path, after: retryAfter(response)}
	var told struct {
		Message any    `json:"message"` // GitLab also sends objects
		Error   string `json:"error"`
	}
	if json.Unmarshal(answer, &told) == nil {
		refusal.message = told.Error
		if told.Message != nil {
			refusal.message = fmt.Sprint(told.Message)
		}
	}
	if !refusal.passes() {
		refusal.hint = a.explain(response.StatusCode, cmp.Or(response.Header.Get("X-Accepted-GitHub-Permissions"), refusal.message))
	}
	return refusal
}

// retryAfter is how long the server asks to wait: by the standard header, or,
// of GitHub, when the rate limit is used up, by the time at which it begins anew.
func retryAfter(response *http.Response) time.Duration {
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if response.StatusCode == http.StatusForbidden && response.Header.Get("X-RateLimit-Remaining") == "0" {
		if reset, err := strconv.ParseInt(response.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			return max(time.Until(time.Unix(reset, 0)), time.Second)
		}
	}
	return 0
}
