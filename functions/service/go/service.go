// Package service is what every Go function answers, without a framework: the functions differ in how a request reaches
// this, and in nothing else.
package service

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
	"unicode/utf8"
)

const (
	Hello  = "hello world\n"
	Health = `{"status":"healthy","version":"1.0.0"}`
	Text   = "text/plain"
	JSON   = "application/json"

	// BodyLimit is the largest request body; what is longer is answered with TooLarge.
	BodyLimit = 1 << 20
	// Query is the database query that api stands for: time in which nothing is computed.
	Query = 2 * time.Millisecond

	// What one request may ask for, so that none can keep a processor for long.
	mostRounds = 10_000
)

// Refusal is an answer that is not what was asked for: a status and its JSON body.
type Refusal struct {
	Status int
	Body   string
}

func (refusal *Refusal) Error() string { return refusal.Body }

var (
	badEcho       = &Refusal{http.StatusBadRequest, `{"error":"expected an object with id, user_agent and metadata"}`}
	badAPI        = &Refusal{http.StatusBadRequest, `{"error":"expected an object with id, payload and rounds"}`}
	badBody       = &Refusal{http.StatusBadRequest, `{"error":"malformed request"}`}
	UnknownPath   = &Refusal{http.StatusNotFound, `{"error":"not found"}`}
	UnknownMethod = &Refusal{http.StatusMethodNotAllowed, `{"error":"method not allowed"}`}
	TooLarge      = &Refusal{http.StatusRequestEntityTooLarge, `{"error":"body too large"}`}
)

// Pointers tell what is missing, or null, from what is zero.
type echoRequest struct {
	ID        *uint64   `json:"id"`
	UserAgent *string   `json:"user_agent"`
	Metadata  []*string `json:"metadata"`
}

type echoResponse struct {
	ID              uint64    `json:"id"`
	UserAgent       string    `json:"user_agent"`
	Metadata        []*string `json:"metadata"`
	ServerTimestamp int64     `json:"server_timestamp"`
	ProcessedBy     string    `json:"processed_by"`
	Request         string    `json:"request"`
}

func (request *echoRequest) complete() bool {
	for _, item := range request.Metadata {
		if item == nil {
			return false
		}
	}
	return request.ID != nil && request.UserAgent != nil && request.Metadata != nil
}

// Echo is the request, stamped, with its own text in it.
func Echo(body []byte, processedBy string) ([]byte, error) {
	var request echoRequest
	if !utf8.Valid(body) || json.Unmarshal(body, &request) != nil || !request.complete() {
		return nil, badEcho
	}
	return json.Marshal(echoResponse{
		ID:              *request.ID,
		UserAgent:       *request.UserAgent,
		Metadata:        request.Metadata,
		ServerTimestamp: time.Now().Unix(),
		ProcessedBy:     processedBy,
		Request:         string(body),
	})
}

type apiRequest struct {
	ID      *uint64 `json:"id"`
	Payload *string `json:"payload"`
	Rounds  *uint32 `json:"rounds"`
}

type apiResponse struct {
	ID     uint64 `json:"id"`
	Rounds uint32 `json:"rounds"`
	SHA256 string `json:"sha256"`
}

func (request *apiRequest) complete() bool {
	return request.ID != nil && request.Payload != nil && request.Rounds != nil &&
		*request.Rounds >= 1 && *request.Rounds <= mostRounds
}

// API parses, waits for the query, and hashes: the first round the payload, each further one the digest before it.
func API(body []byte) ([]byte, error) {
	var request apiRequest
	if !utf8.Valid(body) || json.Unmarshal(body, &request) != nil || !request.complete() {
		return nil, badAPI
	}
	time.Sleep(Query)
	digest := sha256.Sum256([]byte(*request.Payload))
	for round := uint32(1); round < *request.Rounds; round++ {
		digest = sha256.Sum256(digest[:])
	}
	return json.Marshal(apiResponse{*request.ID, *request.Rounds, hex.EncodeToString(digest[:])})
}

// Read is the whole body of a request to net/http, or a Refusal.
func Read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, BodyLimit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, TooLarge
	case err != nil:
		return nil, badBody
	}
	return body, nil
}

// Status is a Refusal's, 500 for any other error.
func Status(err error) (int, string) {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal.Status, refusal.Body
	}
	return http.StatusInternalServerError, `{"error":"internal"}`
}
