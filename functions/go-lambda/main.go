// Command go-lambda is a Lambda custom runtime (provided.al2023): one static executable named bootstrap.
package main

import (
	"context"
	"encoding/base64"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"frostbyte/functions/service/go"
)

type (
	request  = events.APIGatewayV2HTTPRequest
	response = events.APIGatewayV2HTTPResponse
)

type route struct {
	method, contentType string
	answer              func(body []byte) ([]byte, error)
}

func literal(text string) func([]byte) ([]byte, error) {
	return func([]byte) ([]byte, error) { return []byte(text), nil }
}

func routes(name string) map[string]route {
	return map[string]route{
		"/":       {http.MethodGet, service.Text, literal(service.Hello)},
		"/health": {http.MethodGet, service.JSON, literal(service.Health)},
		"/echo": {http.MethodPost, service.JSON,
			func(body []byte) ([]byte, error) { return service.Echo(body, name) }},
		"/api": {http.MethodPost, service.JSON, service.API},
	}
}

func refuse(err error, headers map[string]string) response {
	status, body := service.Status(err)
	headers["Content-Type"] = service.JSON
	return response{StatusCode: status, Headers: headers, Body: body}
}

func body(event *request) ([]byte, error) {
	if event.IsBase64Encoded {
		return base64.StdEncoding.DecodeString(event.Body)
	}
	return []byte(event.Body), nil
}

// handler answers HTTP API events in payload format 2.0. An event that is none is an error of the invocation.
func handler(name string) func(context.Context, request) (response, error) {
	known := routes(name)
	return func(_ context.Context, event request) (response, error) {
		content, err := body(&event)
		if err != nil {
			return response{}, err
		}
		route, exists := known[event.RawPath]
		if !exists {
			return refuse(service.UnknownPath, map[string]string{}), nil
		}
		if route.method != event.RequestContext.HTTP.Method {
			return refuse(service.UnknownMethod, map[string]string{"Allow": route.method}), nil
		}
		answer, err := route.answer(content)
		if err != nil {
			return refuse(err, map[string]string{}), nil
		}
		return response{StatusCode: 200, Headers: map[string]string{"Content-Type": route.contentType}, Body: string(answer)}, nil
	}
}

func main() {
	// Not lambda.WithEnableSIGTERM, which registers an extension for a signal that the kernel sends anyway.
	stopped := service.Stopped()
	go func() {
		<-stopped.Done()
		os.Exit(0)
	}()
	lambda.Start(handler(os.Getenv("AWS_LAMBDA_FUNCTION_NAME")))
}
