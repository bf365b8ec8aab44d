//! What a static Rust program on glibc has without asking for another.
use alloc_rust::probe::Allocator;
use std::process::ExitCode;

fn main() -> ExitCode {
    alloc_rust::run(&Allocator::SYSTEM)
}
