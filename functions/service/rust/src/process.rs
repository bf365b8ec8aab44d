//! Being a process under one of frostbyte's contracts: where to listen, on which runtime, and when to stop.

use listenfd::ListenFd;
use socket2::SockRef;
use std::env;
use std::io::{self, Error, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

const DEFAULT_PORT: u16 = 8080;
/// How long what was begun may take after SIGTERM: whoever sent it will send SIGKILL next.
pub const DRAIN: Duration = Duration::from_secs(5);

/// A non-blocking listener: the inherited one (LISTEN_FDS, LISTEN_PID), else 0.0.0.0:$PORT.
pub fn listener() -> io::Result<TcpListener> {
    let listener = match ListenFd::from_env().take_tcp_listener(0)? {
        Some(inherited) => inherited,
        None => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port()?))?,
    };
    // Accepted sockets inherit it: one call here instead of one a connection.
    SockRef::from(&listener).set_tcp_nodelay(true)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn port() -> io::Result<u16> {
    let Ok(text) = env::var("PORT") else { return Ok(DEFAULT_PORT) };
    let number = text.parse().ok().filter(|port| *port != 0);
    number.ok_or_else(|| Error::new(ErrorKind::InvalidInput, format!("PORT is not a port number: '{text}'")))
}

/// TOKIO_RUNTIME: multi-thread (the default, with TOKIO_WORKER_THREADS workers, which tokio itself reads) or
/// current-thread.
pub fn runtime() -> io::Result<Runtime> {
    let mut builder = match env::var("TOKIO_RUNTIME").as_deref() {
        Err(_) | Ok("multi-thread") => Builder::new_multi_thread(),
        Ok("current-thread") => Builder::new_current_thread(),
        Ok(other) => {
            let text = format!("TOKIO_RUNTIME is neither multi-thread nor current-thread: '{other}'");
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
    };
    builder.enable_all().build()
}

/// Resolves at the first SIGTERM or SIGINT. As pid 1 of a pid namespace a process has no default signal actions, so they
/// are asked for when this is called, not when it is first polled.
pub fn stopped() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
