// Command go-nethttp is the standard library's server, with Prometheus metrics and time-outs, as a production service on
// it has them.
package main

import (
	"net/http"

	"frostbyte/functions/service/go"
)

const name = "go-nethttp"

func write(w http.ResponseWriter, contentType, body string) {
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write([]byte(body)) // an error here is a client that is gone
}

func refuse(w http.ResponseWriter, err error) {
	status, body := service.Status(err)
	w.Header().Set("Content-Type", service.JSON)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

func hello(w http.ResponseWriter, _ *http.Request) { write(w, service.Text, service.Hello) }

func health(w http.ResponseWriter, _ *http.Request) { write(w, service.JSON, service.Health) }

func echo(w http.ResponseWriter, r *http.Request) {
	answer(w, r, func(body []byte) ([]byte, error) { return service.Echo(body, name) })
}

func api(w http.ResponseWriter, r *http.Request) { answer(w, r, service.API) }

func answer(w http.ResponseWriter, r *http.Request, handle func([]byte) ([]byte, error)) {
	body, err := service.Read(w, r)
	if err == nil {
		body, err = handle(body)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	write(w, service.JSON, string(body))
}

// route serves one path by one method. The mux would answer another method itself, as text.
func route(mux *http.ServeMux, method, path string, handle http.HandlerFunc) {
	mux.HandleFunc(method+" "+path, handle)
	mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", method)
		refuse(w, service.UnknownMethod)
	})
}

func handler() http.Handler {
	mux := http.NewServeMux()
	route(mux, http.MethodGet, "/{$}", hello)
	route(mux, http.MethodGet, "/health", health)
	route(mux, http.MethodPost, "/echo", echo)
	route(mux, http.MethodPost, "/api", api)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, service.UnknownPath) })
	metrics := newMetrics()
	mux.Handle("GET /metrics", metrics.handler())
	return metrics.observe(mux)
}

func main() { service.Main(name, func() error { return service.Serve(handler()) }) }
