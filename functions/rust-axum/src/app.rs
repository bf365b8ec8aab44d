//! The routes and their handlers.

use crate::metrics;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use service::{ApiRequest, BODY_LIMIT, HEALTH, HELLO, JSON, QUERY, Refusal};
use tower_http::trace::TraceLayer;

struct Refused(Refusal);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, JSON)], self.0.body).into_response()
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<BytesRejection> for Refused {
    fn from(_: BytesRejection) -> Self {
        Self(Refusal::BODY)
    }
}

type Body = Result<Bytes, BytesRejection>;

fn json(body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, JSON)], body).into_response()
}

async fn hello() -> &'static str {
    HELLO
}

async fn health() -> Response {
    json(HEALTH)
}

async fn echo(body: Body) -> Result<Response, Refused> {
    Ok(json(service::echo(&body?, env!("CARGO_PKG_NAME"))?))
}

async fn api(body: Body) -> Result<Response, Refused> {
    let request = ApiRequest::parse(&body?)?;
    tokio::time::sleep(QUERY).await;
    Ok(json(request.answer()))
}

async fn unknown_path() -> Refused {
    Refused(Refusal::PATH)
}

async fn other_method() -> Refused {
    Refused(Refusal::METHOD)
}

pub fn app() -> Router {
    Router::new()
        .route("/", get(hello))
        .route("/health", get(health))
        .route("/echo", post(echo))
        .route("/api", post(api))
        .route("/metrics", get(metrics::expose))
        .fallback(unknown_path)
        .method_not_allowed_fallback(other_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn(metrics::observe))
        .layer(TraceLayer::new_for_http())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    async fn ask(method: &str, path: &str, body: impl Into<Body>) -> (StatusCode, String) {
        let request = Request::builder().method(method).uri(path).body(body.into()).unwrap();
        let response = app().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn hello_and_health_answer() {
        assert_eq!(ask("GET", "/", "").await, (StatusCode::OK, HELLO.into()));
        assert_eq!(ask("GET", "/health", "").await, (StatusCode::OK, HEALTH.into()));
    }

    #[tokio::test]
    async fn echo_names_this_function() {
        let (status, body) = ask("POST", "/echo", r#"{"id":1,"user_agent":"u","metadata":[]}"#).await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains(r#""processed_by":"rust-axum""#), "{body}");
    }

    #[tokio::test(start_paused = true)]
    async fn api_waits_for_its_query() {
        let begin = tokio::time::Instant::now();
        let (status, body) = ask("POST", "/api", r#"{"id":1,"payload":"abc","rounds":1}"#).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert!(begin.elapsed() >= QUERY);
    }

    #[tokio::test]
    async fn what_is_not_served_is_refused() {
        assert_eq!(ask("GET", "/nowhere", "").await.0, StatusCode::NOT_FOUND);
        assert_eq!(ask("DELETE", "/health", "").await.0, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(ask("POST", "/api", "{}").await.0, StatusCode::BAD_REQUEST);
        assert_eq!(ask("POST", "/echo", vec![b' '; BODY_LIMIT + 1]).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn metrics_count_requests_by_route() {
        ask("GET", "/health", "").await;
        let (status, text) = ask("GET", "/metrics", "").await;
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains(r#"http_requests_total{method="GET",path="/health",status="200"}"#), "{text}");
        assert!(text.contains("process_resident_memory_bytes"), "{text}");
    }
}
