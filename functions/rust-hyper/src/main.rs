use rust_hyper::{app, run};
use std::process::ExitCode;

const NAME: &str = env!("CARGO_PKG_NAME");

fn main() -> ExitCode {
    run(NAME, |request| app::answer(NAME, request))
}
