// Command go-mux is the service on gorilla/mux.
package main

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"frostbyte/functions/service/go"
)

const name = "go-mux"

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // an error here is a client that is gone
}

func refuse(w http.ResponseWriter, err error) {
	status, body := service.Status(err)
	write(w, status, service.JSON, []byte(body))
}

func literal(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, contentType, []byte(body)) }
}

func answer(handle func([]byte) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := service.Read(w, r)
		if err == nil {
			body, err = handle(body)
		}
		if err != nil {
			refuse(w, err)
			return
		}
		write(w, http.StatusOK, service.JSON, body)
	}
}

// otherMethod names the methods of the path's routes: mux knows that there are some, and does not say which.
func otherMethod(router *mux.Router) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		_ = router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
			if path, err := route.GetPathTemplate(); err == nil && path == r.URL.Path {
				methods, _ := route.GetMethods()
				allowed = append(allowed, methods...)
			}
			return nil
		})
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		refuse(w, service.UnknownMethod)
	}
}

func handler() http.Handler {
	router := mux.NewRouter()
	router.HandleFunc("/", literal(service.Text, service.Hello)).Methods(http.MethodGet)
	router.HandleFunc("/health", literal(service.JSON, service.Health)).Methods(http.MethodGet)
	router.HandleFunc("/echo", answer(func(body []byte) ([]byte, error) { return service.Echo(body, name) })).
		Methods(http.MethodPost)
	router.HandleFunc("/api", answer(service.API)).Methods(http.MethodPost)
	router.MethodNotAllowedHandler = otherMethod(router)
	router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, service.UnknownPath)
	})
	return router
}

func main() { service.Main(name, func() error { return service.Serve(handler()) }) }
