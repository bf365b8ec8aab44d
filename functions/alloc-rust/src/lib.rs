//! rust-hyper's server, and requests that lean on the allocator: one library, in a program an allocator.

pub mod bump;
mod churn;
pub mod probe;

use hyper::body::{Body, Bytes};
use hyper::{Method, Request};
use probe::Allocator;
use rust_hyper::app::{self, Answer, Cause, other_method, read, refused, response};
use service::{JSON, Refusal};
use std::convert::Infallible;
use std::process::ExitCode;

const NAME: &str = env!("CARGO_PKG_NAME");

async fn churn(body: impl Body<Data = Bytes, Error: Into<Cause>>) -> Result<Answer, Refusal> {
    Ok(response(200, JSON, churn::answer(&read(body).await?)?))
}

async fn answer<B>(allocator: &Allocator, request: Request<B>) -> Result<Answer, Infallible>
where
    B: Body<Data = Bytes, Error: Into<Cause>>,
{
    match (request.uri().path(), request.method()) {
        ("/churn", &Method::POST) => Ok(churn(request.into_body()).await.unwrap_or_else(refused)),
        ("/allocator", &Method::GET) => Ok(response(200, JSON, allocator.answer())),
        ("/churn", _) => Ok(other_method("POST")),
        ("/allocator", _) => Ok(other_method("GET")),
        _ => app::answer(NAME, request).await,
    }
}

/// Serves until it is asked to stop, and answers for the allocator that the program was built with.
pub fn run(allocator: &'static Allocator) -> ExitCode {
    rust_hyper::run(NAME, move |request| answer(allocator, request))
}
