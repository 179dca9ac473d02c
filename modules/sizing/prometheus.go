package sizing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gantry.dev/gantry/modules/spec"
)

// Prometheus is a server that is asked over its HTTP API.
type Prometheus struct {
	// URL of the server, for example http://localhost:9090; with a path where the
	// API is below one.
	URL string
	// Token is sent as a bearer token; empty for none.
	Token string
	// Client sends the requests; http.DefaultClient where it is nil.
	Client *http.Client
}

// Window is the time that Prometheus is asked about.
type Window struct {
	// End of it.
	End time.Time
	// Length before the end, and Step between two samples of it.
	Length, Step time.Duration
}

// mostSamples of a series are what Prometheus gives in one answer. Source:
// web/api/v1/api.go of Prometheus, queryRange.
const mostSamples = 11_000

// mostAnswer is the greatest answer that is read, in bytes: a hundred pods over a
// week come to a third of it.
const mostAnswer = 256 << 20

// String is the window for people.
func (w Window) String() string { return "the last " + shortDuration(w.Length) }

func (w Window) check() error {
	switch {
	case w.Length < leastSpan:
		return fmt.Errorf("a window of %s is less than the %s that a proposal needs", shortDuration(w.Length), shortDuration(leastSpan))
	case w.Step < time.Second:
		return fmt.Errorf("a step of %s is less than a second", w.Step)
	case w.Length/w.Step > mostSamples:
		return fmt.Errorf("a window of %s in steps of %s is more than the %d samples that Prometheus gives at once: take a step of %s",
			shortDuration(w.Length), shortDuration(w.Step), mostSamples, shortDuration((w.Length/mostSamples).Truncate(time.Minute)+time.Minute))
	default:
		return nil
	}
}

// address is where ranges are asked for. Its error says what is wrong with URL.
func (p Prometheus) address() (*url.URL, error) {
	u, err := url.Parse(p.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("the address of Prometheus is not a URL such as http://localhost:9090")
	}
	if p.Token != "" && u.Scheme == "http" && !spec.IsLoopback(u.Hostname()) {
		return nil, fmt.Errorf("the token would cross the network unencrypted: write https://%s, or forward a port and ask localhost", u.Host)
	}
	return u.JoinPath("api/v1/query_range"), nil
}

// answer is what the API of Prometheus answers.
type answer struct {
	Status    string `json:"status"`
	Error     string `json:"error"`
	ErrorType string `json:"errorType"`
	Data      struct {
		ResultType string `json:"resultType"`
		Result     []struct {
			Metric map[string]string `json:"metric"`
			Values []sample          `json:"values"`
		} `json:"result"`
	} `json:"data"`
}

// sample is a pair of seconds since 1970 and a number as text.
type sample struct {
	at    time.Time
	value float64
}

// UnmarshalJSON reads such a pair.
func (s *sample) UnmarshalJSON(text []byte) error {
	var seconds float64
	var value string
	if err := json.Unmarshal(text, &[]any{&seconds, &value}); err != nil {
		return err
	}
	var err error
	s.at = time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()
	s.value, err = strconv.ParseFloat(value, 64)
	return err
}

// queryRange asks for a query over the window. The result has a series for each
// replica, by its name; that of series without one is under "".
func (p Prometheus) queryRange(ctx context.Context, query string, w Window) (map[string]Series, error) {
	address, err := p.address()
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"query": {query},
		"start": {strconv.FormatInt(w.End.Add(-w.Length).Unix(), 10)},
		"end":   {strconv.FormatInt(w.End.Unix(), 10)},
		"step":  {strconv.FormatFloat(w.Step.Seconds(), 'f', -1, 64)},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p.Token != "" {
		request.Header.Set("Authorization", "Bearer "+p.Token)
	}
	client := p.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, unreachable(address, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	if err != nil {
		return nil, unreachable(address, err)
	}
	return read(address, response, body)
}

// unreachable is an error without what a URL may hold of a password.
func unreachable(address *url.URL, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fmt.Errorf("prometheus at %s cannot be reached: %w; for one in the cluster, forward its port: kubectl -n monitoring port-forward svc/monitoring-prometheus 9090", address.Host, err)
}

// read is the series of an answer, without samples that are no number.
func read(address *url.URL, response *http.Response, body []byte) (map[string]Series, error) {
	switch response.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, fmt.Errorf("prometheus at %s refuses the request (%s): name a file with a token that may read it with --bearer-token-file", address.Host, response.Status)
	case http.StatusNotFound:
		return nil, fmt.Errorf("there is no API of Prometheus at %s (%s): the address ends before /api/v1", address.Redacted(), response.Status)
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("%s does not answer as Prometheus does (%s): %w", address.Host, response.Status, err)
	}
	if a.Status != "success" {
		return nil, fmt.Errorf("prometheus at %s: %s: %s", address.Host, a.ErrorType, a.Error)
	}
	if a.Data.ResultType != "matrix" {
		return nil, fmt.Errorf("prometheus at %s answers with a %s and not with series", address.Host, a.Data.ResultType)
	}
	all := map[string]Series{}
	for _, result := range a.Data.Result {
		name := result.Metric[podLabel]
		for _, s := range result.Values {
			if !math.IsNaN(s.value) && !math.IsInf(s.value, 0) {
				all[name] = append(all[name], Point{s.at, s.value})
			}
		}
	}
	return all, nil
}
