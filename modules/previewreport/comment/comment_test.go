package comment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	marker = "<!-- gantry-preview:dev -->"
	body   = marker + "\nthe report"
	token  = "t0ken"
)

// forge is a server with one pull request, of GitHub or GitLab: they differ in
// their paths and in who says who wrote a comment.
type forge struct {
	*testing.T
	*httptest.Server
	gitLab   bool
	comments []map[string]any
	requests []string
	// before answers instead of the server, when it does.
	before func(w http.ResponseWriter, r *http.Request) bool
}

func newForge(t *testing.T, gitLab bool) *forge {
	f := &forge{T: t, gitLab: gitLab}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func (f *forge) thread() Thread {
	if f.gitLab {
		return GitLab{URL: f.URL, Project: "group/gantry", Merge: 7, Token: token}
	}
	return GitHub{URL: f.URL + "/", Repository: "owner/gantry", Pull: 7, Token: token}
}

func (f *forge) add(text string, ours bool) {
	comment := map[string]any{
		"id": len(f.comments) + 1, "body": text, "author_association": "NONE",
		"user": map[string]any{"type": "User"}, "author": map[string]any{"id": 2},
	}
	if ours {
		comment["user"], comment["author"] = map[string]any{"type": "Bot"}, map[string]any{"id": 1}
	}
	f.comments = append(f.comments, comment)
}

func (f *forge) serve(w http.ResponseWriter, r *http.Request) {
	f.requests = append(f.requests, r.Method+" "+r.URL.EscapedPath())
	assert.Equal(f, token, strings.TrimPrefix(r.Header.Get("Authorization")+r.Header.Get("Private-Token"), "Bearer "))
	if f.before != nil && f.before(w, r) {
		return
	}
	list, item := "/repos/owner/gantry/issues/7/comments", "/repos/owner/gantry/issues/comments/"
	change := http.MethodPatch
	if f.gitLab {
		list = "/projects/group%2Fgantry/merge_requests/7/notes"
		item, change = list+"/", http.MethodPut
	}
	var sent struct{ Body string }
	if r.Method != http.MethodGet {
		require.NoError(f, json.NewDecoder(r.Body).Decode(&sent))
	}
	id, _ := strconv.Atoi(strings.TrimPrefix(r.URL.EscapedPath(), item))
	switch {
	case f.gitLab && r.URL.Path == "/user":
		fmt.Fprint(w, `{"id": 1}`)
	case r.Method == http.MethodGet && r.URL.EscapedPath() == list:
		page, err := strconv.Atoi(r.URL.Query().Get("page"))
		require.NoError(f, err)
		from := min((page-1)*perPage, len(f.comments))
		require.NoError(f, json.NewEncoder(w).Encode(f.comments[from:min(from+perPage, len(f.comments))]))
	case r.Method == http.MethodPost && r.URL.EscapedPath() == list:
		f.add(sent.Body, true)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{}`)
	case r.Method == change && id > 0 && id <= len(f.comments):
		f.comments[id-1]["body"] = sent.Body
		fmt.Fprint(w, `{}`)
	default:
		http.NotFound(w, r)
	}
}

// waits posts without waiting, and notes how long it would have.
func waits(waited *[]time.Duration) Poster {
	return Poster{Sleep: func(_ context.Context, long time.Duration) error {
		*waited = append(*waited, long)
		return nil
	}}
}

func onBoth(t *testing.T, test func(t *testing.T, f *forge)) {
	for name, gitLab := range map[string]bool{"github": false, "gitlab": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newForge(t, gitLab))
		})
	}
}

func TestUpsert_MakesOneCommentAndRewritesIt(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, f *forge) {
		f.add("looks good", false)
		outcome, err := Poster{}.Upsert(t.Context(), f.thread(), marker, body)
		require.NoError(t, err)
		assert.Equal(t, Created, outcome)
		require.Len(t, f.comments, 2)
		assert.Equal(t, body, f.comments[1]["body"])

		outcome, err = Poster{}.Upsert(t.Context(), f.thread(), marker, body+" again")
		require.NoError(t, err)
		assert.Equal(t, Updated, outcome)
		require.Len(t, f.comments, 2)
		assert.Equal(t, body+" again", f.comments[1]["body"])
		assert.Equal(t, "looks good", f.comments[0]["body"])
	})
}

func TestUpsert_LooksThroughEveryPage(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, f *forge) {
		for range 2*perPage + 3 {
			f.add("talk", false)
		}
		f.add(marker+"\r\nold", true)
		outcome, err := Poster{}.Upsert(t.Context(), f.thread(), marker, body)
		require.NoError(t, err)
		assert.Equal(t, Updated, outcome)
		assert.Equal(t, body, f.comments[2*perPage+3]["body"])
	})
}

// A comment of another stack, one that quotes the marker, and one with which a
// stranger waits for reports are all left alone.
func TestUpsert_LeavesCommentsOfOthersAlone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, f *forge) {
		f.add("<!-- gantry-preview:prod -->\nprod", true)
		f.add("> "+marker+"\nwhat is this?", true)
		f.add(marker+"\nmine now", false)
		outcome, err := Poster{}.Upsert(t.Context(), f.thread(), marker, body)
		require.NoError(t, err)
		assert.Equal(t, Created, outcome)
		assert.Equal(t, marker+"\nmine now", f.comments[2]["body"])
		assert.Equal(t, body, f.comments[3]["body"])
	})
}

func TestUpsert_RefusesTheReportOfAnotherStack(t *testing.T) {
	t.Parallel()
	f := newForge(t, false)
	_, err := Poster{}.Upsert(t.Context(), f.thread(), "<!-- gantry-preview:prod -->", body)
	require.ErrorContains(t, err, "not the report of this stack")
	assert.Empty(t, f.requests)
}

func TestUpsert_TriesAgainWhenTheServerHasTrouble(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, f *forge) {
		var waited []time.Duration
		troubles := 0
		f.before = func(w http.ResponseWriter, r *http.Request) bool {
			if troubles++; troubles <= 2 {
				http.Error(w, "bad gateway", http.StatusBadGateway)
				return true
			}
			if troubles == 3 {
				w.Header().Set("Retry-After", "7")
				http.Error(w, `{"message": "slow down"}`, http.StatusTooManyRequests)
				return true
			}
			return false
		}
		outcome, err := waits(&waited).Upsert(t.Context(), f.thread(), marker, body)
		require.NoError(t, err)
		assert.Equal(t, Created, outcome)
		assert.Equal(t, []time.Duration{time.Second, 2 * time.Second, 7 * time.Second}, waited)
	})
}

// A comment that was made although the answer says otherwise is found by the next
// attempt.
func TestUpsert_DoesNotMakeACommentTwice(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, f *forge) {
		var waited []time.Duration
		f.before = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPost {
				return false
			}
			f.add(body, true)
			http.Error(w, "gateway timeout", http.StatusGatewayTimeout)
			return true
		}
		outcome, err := waits(&waited).Upsert(t.Context(), f.thread(), marker, body)
		require.NoError(t, err)
		assert.Equal(t, Updated, outcome)
		assert.Len(t, f.comments, 1)
	})
}

func TestUpsert_GivesUpAfterAWhile(t *testing.T) {
	t.Parallel()
	f := newForge(t, false)
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		http.Error(w, `{"message": "unicorn"}`, http.StatusServiceUnavailable)
		return true
	}
	var waited []time.Duration
	_, err := waits(&waited).Upsert(t.Context(), f.thread(), marker, body)
	require.ErrorContains(t, err, "503 Service Unavailable: unicorn")
	assert.Len(t, f.requests, attempts)
	assert.Len(t, waited, attempts-1)
}

func TestUpsert_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		gitLab bool
		status int
		header string
		want   []string
	}{
		{"github, no permission", false, http.StatusForbidden, "issues=write; pull_requests=write",
			[]string{"403 Forbidden", "lacks the permission pull-requests: write", "issues=write; pull_requests=write", "fork"}},
		{"github, no token", false, http.StatusUnauthorized, "", []string{"GITHUB_TOKEN is not accepted"}},
		{"github, no pull request", false, http.StatusNotFound, "", []string{"no pull request 7 in owner/gantry"}},
		{"gitlab, no permission", true, http.StatusForbidden, "", []string{"lacks the scope api", "CI_JOB_TOKEN"}},
		{"gitlab, no token", true, http.StatusUnauthorized, "", []string{"GITLAB_TOKEN is not accepted"}},
		{"gitlab, no merge request", true, http.StatusNotFound, "", []string{"no merge request 7 in project group/gantry"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newForge(t, test.gitLab)
			f.before = func(w http.ResponseWriter, r *http.Request) bool {
				if test.header != "" {
					w.Header().Set("X-Accepted-GitHub-Permissions", test.header)
				}
				w.WriteHeader(test.status)
				fmt.Fprint(w, `{"message": "no"}`)
				return true
			}
			_, err := Poster{}.Upsert(t.Context(), f.thread(), marker, body)
			require.Error(t, err)
			for _, want := range test.want {
				assert.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), token)
			assert.Len(t, f.requests, 1, "nothing that stays so is tried again")
		})
	}
}

// GitHub refuses with 403 also for a while, when its rate limit is used up.
func TestUpsert_WaitsForTheRateLimit(t *testing.T) {
	t.Parallel()
	f := newForge(t, false)
	limited := false
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		if limited {
			return false
		}
		limited = true
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	var waited []time.Duration
	outcome, err := waits(&waited).Upsert(t.Context(), f.thread(), marker, body)
	require.NoError(t, err)
	assert.Equal(t, Created, outcome)
	assert.Equal(t, []time.Duration{longestPause}, waited)
}

func TestUpsert_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	f := newForge(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		cancel()
		http.Error(w, "trouble", http.StatusBadGateway)
		return true
	}
	_, err := Poster{}.Upsert(ctx, f.thread(), marker, body)
	require.Error(t, err)
	assert.True(t, errors.Is(ctx.Err(), context.Canceled))
	assert.Len(t, f.requests, 1)
}
