package main

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"frostbyte/functions/service/go"
)

func event(method, path, body string) request {
	e := request{RawPath: path, Body: body}
	e.RequestContext.HTTP.Method = method
	return e
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		event    request
		status   int
		contains string
	}{
		{event("GET", "/", ""), 200, service.Hello},
		{event("GET", "/health", ""), 200, service.Health},
		{event("POST", "/echo", `{"id":1,"user_agent":"u","metadata":[]}`), 200, `"processed_by":"me"`},
		{event("POST", "/api", `{"id":1,"payload":"abc","rounds":1}`), 200, `"sha256":"ba7816bf`},
		{event("POST", "/echo", "{"), 400, "expected an object"},
		{event("GET", "/echo", ""), 405, service.UnknownMethod.Body},
		{event("GET", "/nowhere", ""), 404, service.UnknownPath.Body},
	} {
		response, err := handler("me")(context.Background(), c.event)
		if err != nil || response.StatusCode != c.status || !strings.Contains(response.Body, c.contains) {
			t.Errorf("%s: %v %+v", c.event.RawPath, err, response)
		}
	}
}

func TestDecodesABase64Body(t *testing.T) {
	e := event("POST", "/echo", base64.StdEncoding.EncodeToString([]byte(`{"id":1,"user_agent":"u","metadata":[]}`)))
	e.IsBase64Encoded = true
	if response, err := handler("me")(context.Background(), e); err != nil || response.StatusCode != 200 {
		t.Errorf("%v %+v", err, response)
	}
	e.Body = "*"
	if _, err := handler("me")(context.Background(), e); err == nil {
		t.Error("a body that is no base64 was taken")
	}
}
