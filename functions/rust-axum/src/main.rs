//! Axum on Tokio, with what a production service has around its handlers: request tracing, Prometheus metrics, a body
//! limit and a graceful end. LOG=error|warn|info|debug|trace chooses what is traced, to standard error.

mod app;
mod metrics;

use service::process;
use std::process::ExitCode;
use tracing::level_filters::LevelFilter;

fn trace() {
    let level = std::env::var("LOG").ok().and_then(|text| text.parse().ok()).unwrap_or(LevelFilter::WARN);
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
}

async fn serve() -> std::io::Result<()> {
    let stopped = process::stopped()?;
    let (begin, drain) = tokio::sync::oneshot::channel();
    let listener = tokio::net::TcpListener::from_std(process::listener()?)?;
    let server = axum::serve(listener, app::app()).with_graceful_shutdown(async {
        stopped.await;
        let _ = begin.send(());
    });
    tokio::select! {
        result = server => result,
        () = async { let _ = drain.await; tokio::time::sleep(process::DRAIN).await } => Ok(()),
    }
}

fn main() -> ExitCode {
    trace();
    match process::runtime().and_then(|runtime| runtime.block_on(serve())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rust-axum: {error}");
            ExitCode::FAILURE
        }
    }
}
