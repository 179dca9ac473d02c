package comment

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// GitLab is a merge request on GitLab.
type GitLab struct {
	// URL of the API, with its version: https://gitlab.com/api/v4.
	URL string
	// Project is its id, or its path.
	Project string
	// Merge is the number of the merge request in the project.
	Merge int
	// Token has the scope api. The CI_JOB_TOKEN of a job may not write notes.
	Token string
}

// gitLabNote is a note as the API has it: https://docs.gitlab.com/api/notes.
type gitLabNote struct {
	ID     int64  `json:"id"`
	Body   string `json:"body"`
	System bool   `json:"system"`
	Author struct {
		ID int64 `json:"id"`
	} `json:"author"`
}

// Find looks through the notes of the merge request for one that the token's own
// user wrote.
func (g GitLab) Find(ctx context.Context, marker string) (string, error) {
	var self struct {
		ID int64 `json:"id"`
	}
	if err := g.api().do(ctx, http.MethodGet, "/user", nil, &self); err != nil {
		return "", err
	}
	for page := 1; ; page++ {
		var notes []gitLabNote
		path := fmt.Sprintf("%s?per_page=%d&page=%d", g.notes(), perPage, page)
		if err := g.api().do(ctx, http.MethodGet, path, nil, &notes); err != nil {
			return "", err
		}
		for _, note := range notes {
			if !note.System && note.Author.ID == self.ID && begins(note.Body, marker) {
				return strconv.FormatInt(note.ID, 10), nil
			}
		}
		if len(notes) < perPage {
			return "", nil
		}
	}
}

// Create adds a note.
func (g GitLab) Create(ctx context.Context, body string) error {
	return g.api().do(ctx, http.MethodPost, g.notes(), map[string]string{"body": body}, nil)
}

// Update rewrites a note.
func (g GitLab) Update(ctx context.Context, id, body string) error {
	return g.api().do(ctx, http.MethodPut, g.notes()+"/"+id, map[string]string{"body": body}, nil)
}

func (g GitLab) notes() string {
	return fmt.Sprintf("/projects/%s/merge_requests/%d/notes", url.PathEscape(g.Project), g.Merge)
}

func (g GitLab) api() api {
	return api{
		base:    strings.TrimSuffix(g.URL, "/"),
		header:  http.Header{"Private-Token": {g.Token}, "User-Agent": {"gantry-preview"}},
		explain: g.explain,
	}
}

func (g GitLab) explain(status int, _ string) string {
	switch status {
	case http.StatusUnauthorized:
		return "GITLAB_TOKEN is not accepted: it is misspelt, has ended, or belongs to another server than CI_API_V4_URL"
	case http.StatusForbidden:
		return "the token lacks the scope api, or its user the role Developer in the project; CI_JOB_TOKEN may not write notes"
	case http.StatusNotFound:
		return fmt.Sprintf("there is no merge request %d in project %s, or the token may not see it: check CI_PROJECT_ID and CI_MERGE_REQUEST_IID", g.Merge, g.Project)
	default:
		return ""
	}
}
