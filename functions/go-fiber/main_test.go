package main

import (
	"net/http"
	"testing"

	"frostbyte/functions/service/go/servicetest"
)

func ask() servicetest.Ask {
	app := app()
	return func(request *http.Request) (*http.Response, error) { return app.Test(request) }
}

func TestAnswers(t *testing.T) {
	servicetest.Answers(t, ask(), name)
}

func TestAPIWaitsForItsQuery(t *testing.T) { servicetest.Waits(t, ask()) }
