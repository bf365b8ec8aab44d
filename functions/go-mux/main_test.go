package main

import (
	"testing"

	"frostbyte/functions/service/go/servicetest"
)

func TestAnswers(t *testing.T) { servicetest.Answers(t, servicetest.Handler(handler()), name) }

func TestAPIWaitsForItsQuery(t *testing.T) { servicetest.Waits(t, servicetest.Handler(handler())) }

func TestBodiesHaveALimit(t *testing.T) { servicetest.Limits(t, servicetest.Handler(handler())) }
