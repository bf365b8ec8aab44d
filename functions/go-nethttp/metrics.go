package main

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the requests, as Prometheus counts them, beside the process's and the runtime's own figures: among these
// are the collector's pauses, GOGC, GOMAXPROCS and GOMEMLIMIT.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests answered.",
		}, []string{"method", "path", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "From a request's head to its response's.",
			// 50 µs to 1.6 s, doubling: an answer takes tens of microseconds, and api two milliseconds.
			Buckets: prometheus.ExponentialBuckets(50e-6, 2, 16),
		}, []string{"method", "path"}),
	}
	m.registry.MustRegister(m.requests, m.duration,
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(
			collectors.MetricsGC, collectors.MetricsScheduler)))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController, and MaxBytesReader, reach the server's own writer.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// observe labels with paths only when there is a route for them: a label's values must not be the client's choice.
func (m *metrics) observe(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		recorder := &statusRecorder{w, http.StatusOK}
		mux.ServeHTTP(recorder, r)
		path, method := pathLabel(r.Pattern), methodLabel(r.Method)
		m.requests.WithLabelValues(method, path, strconv.Itoa(recorder.status)).Inc()
		m.duration.WithLabelValues(method, path).Observe(time.Since(begin).Seconds())
	})
}

func pathLabel(pattern string) string {
	if _, path, hasMethod := strings.Cut(pattern, " "); hasMethod {
		pattern = path
	}
	if pattern == "/" {
		return "other"
	}
	return strings.TrimSuffix(pattern, "{$}")
}

func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return method
	}
	return "other"
}
