use alloc_rust::probe::{Allocator, Settings};
use std::ffi::{CStr, c_char};
use std::process::ExitCode;
use std::ptr::null_mut;
use tikv_jemalloc_sys::mallctl;
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static GLOBAL: Jemalloc = Jemalloc;

/// What mallctl(3) says under a name, whose value must have the type T.
fn control<T: Copy>(name: &CStr, otherwise: T) -> T {
    let mut value = otherwise;
    let mut size = size_of::<T>();
    // SAFETY: jemalloc writes a value only when it has this size.
    unsafe {
        mallctl(
            name.as_ptr(),
            (&raw mut value).cast(),
            &mut size,
            null_mut(),
            0,
        )
    };
    value
}

fn text(name: &CStr) -> String {
    let value: *const c_char = control(name, std::ptr::null());
    // SAFETY: a string of jemalloc's own, which stays.
    if value.is_null() {
        String::new()
    } else {
        unsafe { CStr::from_ptr(value) }
            .to_string_lossy()
            .into_owned()
    }
}

fn settings() -> Settings {
    vec![
        (
            "narenas".to_owned(),
            control(c"opt.narenas", 0u32).to_string(),
        ),
        (
            "dirty_decay_ms".to_owned(),
            control(c"opt.dirty_decay_ms", 0isize).to_string(),
        ),
        (
            "muzzy_decay_ms".to_owned(),
            control(c"opt.muzzy_decay_ms", 0isize).to_string(),
        ),
        (
            "background_thread".to_owned(),
            control(c"opt.background_thread", false).to_string(),
        ),
        (
            "tcache".to_owned(),
            control(c"opt.tcache", false).to_string(),
        ),
        ("thp".to_owned(), text(c"opt.thp")),
    ]
}

static JEMALLOC: Allocator = Allocator {
    name: "jemalloc",
    version: || text(c"version"),
    answers: || Allocator::grows(4000, || control(c"thread.allocated", 0u64)),
    settings,
};

fn main() -> ExitCode {
    alloc_rust::run(&JEMALLOC)
}
