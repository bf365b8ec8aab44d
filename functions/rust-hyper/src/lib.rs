//! hyper alone: connections accepted, served and drained by hand, as a service does that wants no framework. A library
//! too, as alloc-rust serves the same way and answers more.

pub mod app;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use service::process;
use std::convert::Infallible;
use std::io::Result;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// What accept(2) says when descriptors have run out does not go away by asking again at once.
const BREATH: Duration = Duration::from_millis(10);

fn begin<F, A>(stream: TcpStream, http: &http1::Builder, connections: &GracefulShutdown, answer: F)
where
    F: Fn(Request<Incoming>) -> A + Send + 'static,
    A: Future<Output = std::result::Result<app::Answer, Infallible>> + Send + 'static,
{
    let connection = http.serve_connection(TokioIo::new(stream), service_fn(answer));
    let watched = connections.watch(connection);
    // A connection's error is its client's: gone, or not speaking HTTP. There is nobody to tell.
    tokio::spawn(async move { watched.await.ok() });
}

async fn serve<F, A>(answer: F) -> Result<()>
where
    F: Fn(Request<Incoming>) -> A + Copy + Send + 'static,
    A: Future<Output = std::result::Result<app::Answer, Infallible>> + Send + 'static,
{
    let stopped = process::stopped()?;
    tokio::pin!(stopped);
    let listener = TcpListener::from_std(process::listener()?)?;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).pipeline_flush(true);
    let connections = GracefulShutdown::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => begin(stream, &http, &connections, answer),
                Err(_) => tokio::time::sleep(BREATH).await,
            },
            () = &mut stopped => break,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(process::DRAIN, connections.shutdown()).await;
    Ok(())
}

/// Serves until it is asked to stop. `name` is the program's, in its complaint.
pub fn run<F, A>(name: &str, answer: F) -> ExitCode
where
    F: Fn(Request<Incoming>) -> A + Copy + Send + 'static,
    A: Future<Output = std::result::Result<app::Answer, Infallible>> + Send + 'static,
{
    match process::runtime().and_then(|runtime| runtime.block_on(serve(answer))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}
