use alloc_rust::probe::{Allocator, Settings};
use libmimalloc_sys::{mi_is_in_heap_region, mi_version};
use mimalloc::MiMalloc;
use std::ffi::{CStr, c_char, c_void};
use std::process::ExitCode;

#[global_allocator]
static GLOBAL: MiMalloc = MiMalloc;

unsafe extern "C" {
    fn mi_options_print_out(out: extern "C" fn(*const c_char, *mut c_void), into: *mut c_void);
}

extern "C" fn append(piece: *const c_char, into: *mut c_void) {
    // SAFETY: mimalloc hands over a C string, and the pointer that `settings` gave it.
    let (piece, text) = unsafe { (CStr::from_ptr(piece), &mut *into.cast::<String>()) };
    text.push_str(&piece.to_string_lossy());
}

/// Lines "option 'purge_delay': 1000 ".
fn settings() -> Settings {
    let mut text = String::new();
    // SAFETY: `append` is called with this string before the call returns.
    unsafe { mi_options_print_out(append, (&raw mut text).cast()) };
    let read = |line: &str| {
        let (name, value) = line.strip_prefix("option '")?.split_once("': ")?;
        Some((name.to_owned(), value.split(' ').next()?.to_owned()))
    };
    text.lines().filter_map(read).collect()
}

static MIMALLOC: Allocator = Allocator {
    name: "mimalloc",
    // SAFETY: it reads a constant.
    version: || unsafe { mi_version() }.to_string(),
    // SAFETY: any address may be asked about.
    answers: || Allocator::owns(|block| unsafe { mi_is_in_heap_region(block.cast()) }),
    settings,
};

fn main() -> ExitCode {
    alloc_rust::run(&MIMALLOC)
}
