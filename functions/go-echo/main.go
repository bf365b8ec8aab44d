// Command go-echo is the service on Echo.
package main

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"frostbyte/functions/service/go"
)

const name = "go-echo"

func answer(handle func([]byte) ([]byte, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		body, err := service.Read(c.Response(), c.Request())
		if err == nil {
			body, err = handle(body)
		}
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, service.JSON, body)
	}
}

// refuse is where every error of a handler or of the router ends.
func refuse(err error, c echo.Context) {
	switch {
	case errors.Is(err, echo.ErrNotFound):
		err = service.UnknownPath
	case errors.Is(err, echo.ErrMethodNotAllowed):
		err = service.UnknownMethod
	}
	status, body := service.Status(err)
	_ = c.Blob(status, service.JSON, []byte(body)) // an error here is a client that is gone
}

func handler() http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = refuse
	e.GET("/", func(c echo.Context) error { return c.Blob(http.StatusOK, service.Text, []byte(service.Hello)) })
	e.GET("/health", func(c echo.Context) error { return c.Blob(http.StatusOK, service.JSON, []byte(service.Health)) })
	e.POST("/echo", answer(func(body []byte) ([]byte, error) { return service.Echo(body, name) }))
	e.POST("/api", answer(service.API))
	return e
}

func main() { service.Main(name, func() error { return service.Serve(handler()) }) }
