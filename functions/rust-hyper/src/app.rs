//! Routing by a match, and the handlers.

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Bytes};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use service::{ApiRequest, BODY_LIMIT, HEALTH, HELLO, JSON, QUERY, Refusal, TEXT};
use std::convert::Infallible;
use std::error::Error;

pub type Answer = Response<Full<Bytes>>;
pub type Cause = Box<dyn Error + Send + Sync>;

pub fn response(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

pub fn refused(refusal: Refusal) -> Answer {
    response(refusal.status, JSON, refusal.body)
}

pub fn other_method(allowed: &'static str) -> Answer {
    let mut response = refused(Refusal::METHOD);
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

pub async fn read(body: impl Body<Data = Bytes, Error: Into<Cause>>) -> Result<Bytes, Refusal> {
    let limited = std::pin::pin!(Limited::new(body, BODY_LIMIT));
    match limited.collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(_) => Err(Refusal::BODY),
    }
}

async fn echo(
    name: &str,
    body: impl Body<Data = Bytes, Error: Into<Cause>>,
) -> Result<Answer, Refusal> {
    Ok(response(
        200,
        JSON,
        service::echo(&read(body).await?, name)?,
    ))
}

async fn api(body: impl Body<Data = Bytes, Error: Into<Cause>>) -> Result<Answer, Refusal> {
    let request = ApiRequest::parse(&read(body).await?)?;
    tokio::time::sleep(QUERY).await;
    Ok(response(200, JSON, request.answer()))
}

pub async fn answer<B>(name: &str, request: Request<B>) -> Result<Answer, Infallible>
where
    B: Body<Data = Bytes, Error: Into<Cause>>,
{
    let (head, body) = request.into_parts();
    let answered = match (head.uri.path(), &head.method) {
        ("/", &Method::GET) => Ok(response(200, TEXT, HELLO)),
        ("/health", &Method::GET) => Ok(response(200, JSON, HEALTH)),
        ("/echo", &Method::POST) => echo(name, body).await,
        ("/api", &Method::POST) => api(body).await,
        ("/" | "/health", _) => Ok(other_method("GET")),
        ("/echo" | "/api", _) => Ok(other_method("POST")),
        _ => Err(Refusal::PATH),
    };
    Ok(answered.unwrap_or_else(refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(method: Method, path: &str, body: impl Into<Bytes>) -> (u16, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Full::new(body.into()))
            .unwrap();
        let response = answer("rust-hyper", request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn hello_and_health_answer() {
        assert_eq!(ask(Method::GET, "/", "").await, (200, HELLO.into()));
        assert_eq!(
            ask(Method::GET, "/health?probe=1", "").await,
            (200, HEALTH.into())
        );
    }

    #[tokio::test]
    async fn echo_names_this_function() {
        let (status, body) = ask(
            Method::POST,
            "/echo",
            r#"{"id":1,"user_agent":"u","metadata":[]}"#,
        )
        .await;
        assert_eq!(status, 200);
        assert!(body.contains(r#""processed_by":"rust-hyper""#), "{body}");
    }

    #[tokio::test]
    async fn api_waits_for_its_query() {
        let begin = std::time::Instant::now();
        assert_eq!(
            ask(
                Method::POST,
                "/api",
                r#"{"id":1,"payload":"abc","rounds":1}"#
            )
            .await
            .0,
            200
        );
        assert!(begin.elapsed() >= QUERY);
    }

    #[tokio::test]
    async fn what_is_not_served_is_refused() {
        assert_eq!(ask(Method::GET, "/nowhere", "").await.0, 404);
        assert_eq!(ask(Method::DELETE, "/health", "").await.0, 405);
        assert_eq!(
            ask(Method::POST, "/api", "{}").await,
            (400, Refusal::API.body.into())
        );
        assert_eq!(
            ask(Method::POST, "/echo", vec![b' '; BODY_LIMIT + 1]).await,
            (413, Refusal::BODY.body.into())
        );
    }
}
