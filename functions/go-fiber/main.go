// Command go-fiber is the service on Fiber, whose server is fasthttp and not the standard library's.
package main

import (
	"context"
	"errors"
	"time"

	"github.com/gofiber/fiber/v3"

	"frostbyte/functions/service/go"
)

const name = "go-fiber"

func answer(handle func([]byte) ([]byte, error)) fiber.Handler {
	return func(c fiber.Ctx) error {
		body, err := handle(c.Body())
		if err != nil {
			return err
		}
		return send(c, service.JSON, body)
	}
}

func literal(contentType, body string) fiber.Handler {
	return func(c fiber.Ctx) error { return send(c, contentType, []byte(body)) }
}

func send(c fiber.Ctx, contentType string, body []byte) error {
	c.Set(fiber.HeaderContentType, contentType)
	return c.Send(body)
}

// refuse is where every error of a handler, of the router and of the server ends.
func refuse(c fiber.Ctx, err error) error {
	var own *fiber.Error
	if errors.As(err, &own) {
		switch own.Code {
		case fiber.StatusNotFound:
			err = service.UnknownPath
		case fiber.StatusMethodNotAllowed:
			err = service.UnknownMethod
		case fiber.StatusRequestEntityTooLarge:
			err = service.TooLarge
		}
	}
	status, body := service.Status(err)
	return send(c.Status(status), service.JSON, []byte(body))
}

func app() *fiber.App {
	app := fiber.New(fiber.Config{
		BodyLimit:    service.BodyLimit,
		ErrorHandler: refuse,
		ReadTimeout:  30 * time.Second,
		WriteTimeout: 30 * time.Second,
		IdleTimeout:  60 * time.Second,
	})
	app.Get("/", literal(service.Text, service.Hello))
	app.Get("/health", literal(service.JSON, service.Health))
	app.Post("/echo", answer(func(body []byte) ([]byte, error) { return service.Echo(body, name) }))
	app.Post("/api", answer(service.API))
	return app
}

// serve does not leave the end to Fiber's GracefulContext: with it, Listener returns when it no longer listens, which is
// before the last request is answered.
func serve() error {
	stopped := service.Stopped()
	listener, err := service.Listen()
	if err != nil {
		return err
	}
	app := app()
	failed := make(chan error, 1)
	go func() { failed <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	select {
	case err := <-failed:
		return err
	case <-stopped.Done():
	}
	if err := app.ShutdownWithTimeout(service.Drain); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func main() { service.Main(name, serve) }
