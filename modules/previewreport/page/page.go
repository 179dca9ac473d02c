// Package page shows a report as GitHub shows a comment, in a page of its own, so
// that it can be looked at before it is posted.
package page

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

//go:embed page.html.tmpl
var source string

var layout = template.Must(template.New("page").Parse(source))

// markdown is GitHub's dialect as it is in comments: a line that ends in the
// source ends on the page, and HTML is kept, because the report escapes what is
// not its own.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.GFM),
	goldmark.WithRendererOptions(html.WithHardWraps(), html.WithUnsafe()),
)

// Render is the page of a report.
func Render(title, report string) ([]byte, error) {
	var body, page bytes.Buffer
	if err := markdown.Convert([]byte(report), &body); err != nil {
		return nil, fmt.Errorf("render the report: %w", err)
	}
	err := layout.Execute(&page, map[string]any{
		"Title": title,
		// The report is what the page is made of, and has escaped the rest.
		"Body": template.HTML(body.String()),
	})
	if err != nil {
		return nil, fmt.Errorf("render the page: %w", err)
	}
	return page.Bytes(), nil
}
