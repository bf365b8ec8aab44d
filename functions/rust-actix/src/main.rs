//! Actix-web: one single-threaded runtime a worker, TOKIO_WORKER_THREADS of them, by default one a processor.

mod app;

use actix_web::{App, HttpServer, web};
use service::process;
use std::io::{Error, ErrorKind, Result};
use std::num::NonZero;
use std::process::ExitCode;

fn workers() -> Result<usize> {
    let Ok(text) = std::env::var("TOKIO_WORKER_THREADS") else {
        return Ok(std::thread::available_parallelism().map_or(1, NonZero::get));
    };
    let number = text.parse().ok().filter(|workers| *workers > 0);
    number.ok_or_else(|| Error::new(ErrorKind::InvalidInput, format!("TOKIO_WORKER_THREADS is no number: '{text}'")))
}

/// SIGTERM and SIGINT end it gracefully by actix's own handlers once these are told that both mean it.
async fn serve() -> Result<()> {
    let stopped = process::stopped()?;
    let server = HttpServer::new(|| App::new().configure(app::configure).default_service(web::to(app::unknown_path)))
        .workers(workers()?)
        .shutdown_timeout(process::DRAIN.as_secs())
        .disable_signals()
        .listen(process::listener()?)?
        .run();
    let handle = server.handle();
    actix_web::rt::spawn(async move {
        stopped.await;
        handle.stop(true).await;
    });
    server.await
}

fn main() -> ExitCode {
    match actix_web::rt::System::new().block_on(serve()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rust-actix: {error}");
            ExitCode::FAILURE
        }
    }
}
