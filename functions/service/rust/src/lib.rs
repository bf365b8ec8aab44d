//! What every Rust function answers, without a framework: the functions differ in how a request reaches this, and in
//! nothing else. `process` is the part that has to do with being a process: listener, runtime, stop signals.

pub mod process;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub const HELLO: &str = "hello world\n";
pub const HEALTH: &str = r#"{"status":"healthy","version":"1.0.0"}"#;
pub const TEXT: &str = "text/plain";
pub const JSON: &str = "application/json";

/// The largest request body; what is longer is answered with [`Refusal::BODY`].
pub const BODY_LIMIT: usize = 1 << 20;
/// The database query that api stands for: time in which nothing is computed.
pub const QUERY: Duration = Duration::from_millis(2);
/// What one request may ask for, so that none can keep a processor for long.
pub const MOST_ROUNDS: u32 = 10_000;

/// An answer that is not what was asked for: a status and its JSON body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub body: &'static str,
}

impl Refusal {
    pub const ECHO: Self = Self::new(400, r#"{"error":"expected an object with id, user_agent and metadata"}"#);
    pub const API: Self = Self::new(400, r#"{"error":"expected an object with id, payload and rounds"}"#);
    pub const PATH: Self = Self::new(404, r#"{"error":"not found"}"#);
    pub const METHOD: Self = Self::new(405, r#"{"error":"method not allowed"}"#);
    pub const BODY: Self = Self::new(413, r#"{"error":"body too large"}"#);

    const fn new(status: u16, body: &'static str) -> Self {
        Self { status, body }
    }
}

#[derive(Deserialize)]
struct EchoRequest {
    id: u64,
    user_agent: String,
    metadata: Vec<String>,
}

#[derive(Serialize)]
struct EchoResponse<'a> {
    id: u64,
    user_agent: String,
    metadata: Vec<String>,
    server_timestamp: u64,
    processed_by: &'a str,
    request: &'a str,
}

/// The request, stamped, with its own text in it.
pub fn echo(body: &[u8], processed_by: &str) -> Result<String, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::ECHO)?;
    let request: EchoRequest = serde_json::from_str(text).map_err(|_| Refusal::ECHO)?;
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let response = EchoResponse {
        id: request.id,
        user_agent: request.user_agent,
        metadata: request.metadata,
        server_timestamp: since_epoch.as_secs(),
        processed_by,
        request: text,
    };
    Ok(serde_json::to_string(&response).expect("strings and numbers can be written"))
}

/// A parsed api request. Whoever serves it waits [`QUERY`] before it asks for the answer.
#[derive(Debug, Deserialize)]
pub struct ApiRequest {
    id: u64,
    payload: String,
    rounds: u32,
}

#[derive(Serialize)]
struct ApiResponse {
    id: u64,
    rounds: u32,
    sha256: String,
}

impl ApiRequest {
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let request: Self = serde_json::from_slice(body).map_err(|_| Refusal::API)?;
        if (1..=MOST_ROUNDS).contains(&request.rounds) { Ok(request) } else { Err(Refusal::API) }
    }

    /// The first round hashes the payload, each further one the digest before it.
    pub fn answer(&self) -> String {
        let mut digest = Sha256::digest(self.payload.as_bytes());
        for _ in 1..self.rounds {
            digest = Sha256::digest(digest);
        }
        let response = ApiResponse { id: self.id, rounds: self.rounds, sha256: hex(&digest) };
        serde_json::to_string(&response).expect("strings and numbers can be written")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn echo_returns_the_request_and_its_text() {
        let body = r#"{"id":18446744073709551615,"user_agent":"u","metadata":["a","b"]}"#;
        let answer = parsed(&echo(body.as_bytes(), "me").unwrap());
        assert_eq!(answer["id"], json!(u64::MAX));
        assert_eq!(answer["metadata"], json!(["a", "b"]));
        assert_eq!(answer["processed_by"], "me");
        assert_eq!(answer["request"], body);
    }

    #[test]
    fn echo_refuses_what_is_not_its_request() {
        for body in ["", "[]", "{", r#"{"id":-1,"user_agent":"u","metadata":[]}"#, r#"{"id":1,"user_agent":"u"}"#] {
            assert_eq!(echo(body.as_bytes(), "me"), Err(Refusal::ECHO), "{body}");
        }
        assert_eq!(echo(b"\"\xff\"", "me"), Err(Refusal::ECHO));
    }

    #[test]
    fn one_round_is_sha256_of_the_payload() {
        let request = ApiRequest::parse(br#"{"id":1,"payload":"abc","rounds":1}"#).unwrap();
        // FIPS 180-4's own example
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(request.answer(), format!(r#"{{"id":1,"rounds":1,"sha256":"{digest}"}}"#));
    }

    #[test]
    fn a_second_round_hashes_the_first_ones_digest() {
        let request = ApiRequest::parse(br#"{"id":1,"payload":"abc","rounds":2}"#).unwrap();
        let twice = hex(&Sha256::digest(Sha256::digest("abc")));
        assert_eq!(parsed(&request.answer())["sha256"], twice);
    }

    #[test]
    fn rounds_have_bounds() {
        for rounds in ["0", "10001", "-1", "1.5", "\"1\""] {
            let body = format!(r#"{{"id":1,"payload":"","rounds":{rounds}}}"#);
            assert_eq!(ApiRequest::parse(body.as_bytes()).err(), Some(Refusal::API), "{rounds}");
        }
    }
}
