package service

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
)

func TestEchoReturnsTheRequestAndItsText(t *testing.T) {
	body := `{"id":18446744073709551615,"user_agent":"u","metadata":["a","b"]}`
	answer, err := Echo([]byte(body), "me")
	if err != nil {
		t.Fatal(err)
	}
	var parsed echoResponse
	if err := json.Unmarshal(answer, &parsed); err != nil {
		t.Fatal(err)
	}
	if parsed.ID != 1<<64-1 || *parsed.Metadata[1] != "b" || parsed.ProcessedBy != "me" || parsed.Request != body {
		t.Errorf("%s", answer)
	}
}

func TestEchoRefusesWhatIsNotItsRequest(t *testing.T) {
	for _, body := range []string{
		"", "[]", "{", "{} {}", "\"\xff\"", `{"id":1,"user_agent":"u"}`,
		`{"id":-1,"user_agent":"u","metadata":[]}`, `{"id":1,"user_agent":"u","metadata":[null]}`,
	} {
		if _, err := Echo([]byte(body), "me"); !errors.Is(err, badEcho) {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func TestOneRoundIsSHA256OfThePayload(t *testing.T) {
	answer, err := API([]byte(`{"id":1,"payload":"abc","rounds":1}`))
	// FIPS 180-4's own example
	expected := `{"id":1,"rounds":1,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}`
	if err != nil || string(answer) != expected {
		t.Errorf("%s, %v", answer, err)
	}
}

func TestASecondRoundHashesTheFirstOnesDigest(t *testing.T) {
	answer, _ := API([]byte(`{"id":1,"payload":"abc","rounds":2}`))
	first := sha256.Sum256([]byte("abc"))
	second := sha256.Sum256(first[:])
	if expected := fmt.Sprintf(`{"id":1,"rounds":2,"sha256":"%s"}`, hex.EncodeToString(second[:])); string(answer) != expected {
		t.Errorf("%s", answer)
	}
}

func TestRoundsHaveBounds(t *testing.T) {
	for _, rounds := range []string{"0", "10001", "-1", "1.5", `"1"`, "null"} {
		if _, err := API(fmt.Appendf(nil, `{"id":1,"payload":"","rounds":%s}`, rounds)); !errors.Is(err, badAPI) {
			t.Errorf("%s: %v", rounds, err)
		}
	}
}
