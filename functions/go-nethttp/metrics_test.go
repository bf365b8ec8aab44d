package main

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestMetricsCountRequestsByRoute(t *testing.T) {
	handler := handler()
	for _, path := range []string{"/", "/health", "/made-up-by-a-client"} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	text := recorder.Body.String()
	for _, line := range []string{
		`http_requests_total{method="GET",path="/",status="200"} 1`,
		`http_requests_total{method="GET",path="/health",status="200"} 1`,
		`http_requests_total{method="GET",path="other",status="404"} 1`,
		`http_request_duration_seconds_count{method="GET",path="/health"} 1`,
		"process_resident_memory_bytes ", "go_gc_duration_seconds{quantile=\"1\"} ", "go_sched_gomaxprocs_threads ",
		"go_gc_gogc_percent ", "go_gc_gomemlimit_bytes ",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("missing %s", line)
		}
	}
	if strings.Contains(text, "made-up-by-a-client") {
		t.Error("a client's path became a label")
	}
}
