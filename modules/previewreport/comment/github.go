package comment

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// GitHub is a pull request on GitHub.
type GitHub struct {
	// URL of the API. Default: https://api.github.com.
	URL string
	// Repository is owner/name.
	Repository string
	// Pull is the number of the pull request.
	Pull int
	// Token may write comments: the GITHUB_TOKEN of a workflow, or a token of
	// an app or a person.
	Token string
}

// gitHubComment is a comment as the API has it:
// https://docs.github.com/rest/issues/comments.
type gitHubComment struct {
	ID   int64  `json:"id"`
	Body string `json:"body"`
	User struct {
		Type string `json:"type"`
	} `json:"user"`
	Association string `json:"author_association"`
}

// ours tells whether somebody wrote the comment who may write to the repository.
// A stranger could put the marker into a comment of their own, to have the
// reports in it and to change them afterwards.
func (c gitHubComment) ours() bool {
	switch c.Association {
	case "OWNER", "MEMBER", "COLLABORATOR":
		return true
	default:
		return c.User.Type == "Bot"
	}
}

// Find looks through all comments of the pull request.
func (g GitHub) Find(ctx context.Context, marker string) (string, error) {
	for page := 1; ; page++ {
		var comments []gitHubComment
		path := fmt.Sprintf("/repos/%s/issues/%d/comments?per_page=%d&page=%d", g.Repository, g.Pull, perPage, page)
		if err := g.api().do(ctx, http.MethodGet, path, nil, &comments); err != nil {
			return "", err
		}
		for _, comment := range comments {
			if begins(comment.Body, marker) && comment.ours() {
				return strconv.FormatInt(comment.ID, 10), nil
			}
		}
		if len(comments) < perPage {
			return "", nil
		}
	}
}

// Create adds a comment.
func (g GitHub) Create(ctx context.Context, body string) error {
	path := fmt.Sprintf("/repos/%s/issues/%d/comments", g.Repository, g.Pull)
	return g.api().do(ctx, http.MethodPost, path, map[string]string{"body": body}, nil)
}

// Update rewrites a comment.
func (g GitHub) Update(ctx context.Context, id, body string) error {
	path := fmt.Sprintf("/repos/%s/issues/comments/%s", g.Repository, id)
	return g.api().do(ctx, http.MethodPatch, path, map[string]string{"body": body}, nil)
}

func (g GitHub) api() api {
	base := g.URL
	if base == "" {
		base = "https://api.github.com"
	}
	return api{
		base: strings.TrimSuffix(base, "/"),
		header: http.Header{
			"Accept":               {"application/vnd.github+json"},
			"Authorization":        {"Bearer " + g.Token},
			"X-Github-Api-Version": {"2022-11-28"},
			"User-Agent":           {"gantry-preview"},
		},
		explain: g.explain,
	}
}

func (g GitHub) explain(status int, detail string) string {
	switch status {
	case http.StatusUnauthorized:
		return "GITHUB_TOKEN is not accepted: it is misspelt, has ended, or belongs to another server than GITHUB_API_URL"
	case http.StatusForbidden:
		permission := "pull-requests: write"
		if detail != "" && strings.Contains(detail, "=") {
			permission += " (GitHub asks for " + detail + ")"
		}
		return "the token lacks the permission " + permission + ": add it under permissions in the workflow. A pull request from a fork has a token that only reads: post from a workflow on workflow_run"
	case http.StatusNotFound:
		return fmt.Sprintf("there is no pull request %d in %s, or the token may not see it: check --pr and GITHUB_REPOSITORY, and give the token pull-requests: write", g.Pull, g.Repository)
	case http.StatusUnprocessableEntity:
		return "GitHub takes comments of 65,536 characters; write the report with the limit it has by default"
	default:
		return ""
	}
}
