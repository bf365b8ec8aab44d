//! The floor: an allocator that only ever takes.
use alloc_rust::bump::Bump;
use alloc_rust::probe::Allocator;
use std::process::ExitCode;

#[global_allocator]
static GLOBAL: Bump = Bump::new();

static BUMP: Allocator = Allocator {
    name: "bump",
    version: String::new,
    answers: || Allocator::grows(4000, || GLOBAL.position()),
    settings: Vec::new,
};

fn main() -> ExitCode {
    alloc_rust::run(&BUMP)
}
