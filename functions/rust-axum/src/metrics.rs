//! Requests, as Prometheus counts them. The process's own figures come from the client's process collector, which
//! registers itself with the default registry.

use axum::extract::{MatchedPath, Request};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus::{
    HistogramVec, IntCounterVec, TEXT_FORMAT, TextEncoder, histogram_opts, opts, register_histogram_vec,
    register_int_counter_vec,
};
use std::sync::LazyLock;
use std::time::Instant;

static REQUESTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let opts = opts!("http_requests_total", "Requests answered.");
    register_int_counter_vec!(opts, &["method", "path", "status"]).expect("registered once")
});

static DURATION: LazyLock<HistogramVec> = LazyLock::new(|| {
    let opts = histogram_opts!("http_request_duration_seconds", "From a request's head to its response's.", buckets());
    register_histogram_vec!(opts, &["method", "path"]).expect("registered once")
});

/// 50 µs to 1.6 s, doubling: an answer takes tens of microseconds, and api two milliseconds.
fn buckets() -> Vec<f64> {
    prometheus::exponential_buckets(50e-6, 2.0, 16).expect("constants in range")
}

/// Paths are labels only when there is a route for them: a label's values must not be the client's choice.
pub async fn observe(request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let path = path.as_ref().map_or("other", MatchedPath::as_str);
    REQUESTS.with_label_values(&[method.as_str(), path, response.status().as_str()]).inc();
    DURATION.with_label_values(&[method.as_str(), path]).observe(begin.elapsed().as_secs_f64());
    response
}

pub async fn expose() -> Response {
    match TextEncoder::new().encode_to_string(&prometheus::gather()) {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => (axum::http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
