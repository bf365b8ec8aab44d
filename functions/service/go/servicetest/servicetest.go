// Package servicetest holds what a handler of any framework has to answer, for the tests of each.
package servicetest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"frostbyte/functions/service/go"
)

// Ask is one request to a function under test.
type Ask func(request *http.Request) (*http.Response, error)

// Handler asks a handler of net/http.
func Handler(handler http.Handler) Ask {
	return func(request *http.Request) (*http.Response, error) {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		return recorder.Result(), nil
	}
}

func text(t *testing.T, ask Ask, method, path, body string) (*http.Response, string) {
	t.Helper()
	response, err := ask(httptest.NewRequest(method, path, strings.NewReader(body)))
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	bytes, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return response, string(bytes)
}

// Answers asks for everything that every function serves, and for what each refuses.
func Answers(t *testing.T, ask Ask, name string) {
	cases := []struct {
		method, path, body string
		status             int
		contains, allow    string
	}{
		{"GET", "/", "", 200, service.Hello, ""},
		{"GET", "/health", "", 200, service.Health, ""},
		{"GET", "/health?probe=1", "", 200, service.Health, ""},
		{"POST", "/echo", `{"id":1,"user_agent":"u","metadata":[]}`, 200, `"processed_by":"` + name + `"`, ""},
		{"POST", "/echo", "{", 400, "expected an object", ""},
		{"POST", "/api", "{}", 400, "expected an object", ""},
		{"DELETE", "/health", "", 405, service.UnknownMethod.Body, "GET"},
		{"PUT", "/echo", "", 405, service.UnknownMethod.Body, "POST"},
		{"GET", "/nowhere", "", 404, service.UnknownPath.Body, ""},
	}
	for _, c := range cases {
		response, body := text(t, ask, c.method, c.path, c.body)
		if response.StatusCode != c.status || !strings.Contains(body, c.contains) {
			t.Errorf("%s %s: %d %s", c.method, c.path, response.StatusCode, body)
		}
		if !strings.Contains(response.Header.Get("Allow"), c.allow) {
			t.Errorf("%s %s: Allow: %q", c.method, c.path, response.Header.Get("Allow"))
		}
	}
}

// Limits sends more than there may be.
func Limits(t *testing.T, ask Ask) {
	for _, path := range []string{"/echo", "/api"} {
		response, body := text(t, ask, "POST", path, strings.Repeat(" ", service.BodyLimit+1))
		if response.StatusCode != 413 || body != service.TooLarge.Body {
			t.Errorf("%s: %d %s", path, response.StatusCode, body)
		}
	}
}

// Waits asks for api and expects its query to have taken its time.
func Waits(t *testing.T, ask Ask) {
	begin := time.Now()
	response, body := text(t, ask, "POST", "/api", `{"id":1,"payload":"abc","rounds":1}`)
	if response.StatusCode != 200 || time.Since(begin) < service.Query {
		t.Errorf("%d after %v: %s", response.StatusCode, time.Since(begin), body)
	}
}
