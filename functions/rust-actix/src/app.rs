//! The routes and their handlers.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ContentType};
use actix_web::web::{self, Bytes, PayloadConfig, ServiceConfig};
use actix_web::{HttpResponse, Resource, Responder, ResponseError};
use service::{ApiRequest, BODY_LIMIT, HEALTH, HELLO, JSON, QUERY, Refusal, TEXT};
use std::fmt;

#[derive(Debug)]
pub struct Refused(Refusal);

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.body)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).insert_header(ContentType::json()).body(self.0.body)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

type Body = Result<Bytes, actix_web::Error>;

/// What the extractor could not read: too long, or a client that broke its own framing.
fn read(body: Body) -> Result<Bytes, actix_web::Error> {
    body.map_err(|error| {
        let too_long = error.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE;
        if too_long { Refused(Refusal::BODY).into() } else { error }
    })
}

async fn hello() -> impl Responder {
    HttpResponse::Ok().content_type(TEXT).body(HELLO)
}

async fn health() -> impl Responder {
    HttpResponse::Ok().content_type(JSON).body(HEALTH)
}

async fn echo(body: Body) -> actix_web::Result<HttpResponse> {
    let answer = service::echo(&read(body)?, env!("CARGO_PKG_NAME")).map_err(Refused)?;
    Ok(HttpResponse::Ok().content_type(JSON).body(answer))
}

async fn api(body: Body) -> actix_web::Result<HttpResponse> {
    let request = ApiRequest::parse(&read(body)?).map_err(Refused)?;
    actix_web::rt::time::sleep(QUERY).await;
    Ok(HttpResponse::Ok().content_type(JSON).body(request.answer()))
}

pub async fn unknown_path() -> Result<HttpResponse, Refused> {
    Err(Refused(Refusal::PATH))
}

fn other_method(allowed: &'static str) -> HttpResponse {
    let mut response = Refused(Refusal::METHOD).error_response();
    response.headers_mut().insert(ALLOW, actix_web::http::header::HeaderValue::from_static(allowed));
    response
}

/// A resource that answers every other method than the one routed with 405: actix's own default is 404.
fn resource(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || async move { other_method(allowed) }))
}

pub fn configure(config: &mut ServiceConfig) {
    config
        .app_data(PayloadConfig::new(BODY_LIMIT))
        .service(resource("/", "GET").route(web::get().to(hello)))
        .service(resource("/health", "GET").route(web::get().to(health)))
        .service(resource("/echo", "POST").route(web::post().to(echo)))
        .service(resource("/api", "POST").route(web::post().to(api)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::Method;
    use actix_web::{App, test};

    async fn ask(method: Method, path: &str, body: impl Into<Bytes>) -> (u16, String) {
        let app = test::init_service(App::new().configure(configure).default_service(web::to(unknown_path))).await;
        let request = test::TestRequest::default().method(method).uri(path).set_payload(body).to_request();
        let response = test::call_service(&app, request).await;
        let status = response.status().as_u16();
        let bytes = test::read_body(response).await;
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[actix_web::test]
    async fn hello_and_health_answer() {
        assert_eq!(ask(Method::GET, "/", "").await, (200, HELLO.into()));
        assert_eq!(ask(Method::GET, "/health", "").await, (200, HEALTH.into()));
    }

    #[actix_web::test]
    async fn echo_names_this_function() {
        let (status, body) = ask(Method::POST, "/echo", r#"{"id":1,"user_agent":"u","metadata":[]}"#).await;
        assert_eq!(status, 200);
        assert!(body.contains(r#""processed_by":"rust-actix""#), "{body}");
    }

    #[actix_web::test]
    async fn api_waits_for_its_query() {
        let begin = std::time::Instant::now();
        assert_eq!(ask(Method::POST, "/api", r#"{"id":1,"payload":"abc","rounds":1}"#).await.0, 200);
        assert!(begin.elapsed() >= QUERY);
    }

    #[actix_web::test]
    async fn what_is_not_served_is_refused() {
        assert_eq!(ask(Method::GET, "/nowhere", "").await.0, 404);
        assert_eq!(ask(Method::DELETE, "/health", "").await.0, 405);
        assert_eq!(ask(Method::POST, "/api", "{}").await, (400, Refusal::API.body.into()));
        assert_eq!(ask(Method::POST, "/echo", vec![b' '; BODY_LIMIT + 1]).await, (413, Refusal::BODY.body.into()));
    }
}
