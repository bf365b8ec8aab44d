//! The same allocator as alloc-cpp/bump.cc: memory is reserved once and only ever taken. For measuring what the others
//! cost, and for nothing else.

use std::alloc::{GlobalAlloc, Layout};
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

const RESERVE: usize = 64 << 30;

pub struct Bump {
    start: OnceLock<usize>,
    taken: AtomicUsize,
}

impl Bump {
    pub const fn new() -> Self {
        Self {
            start: OnceLock::new(),
            taken: AtomicUsize::new(0),
        }
    }

    /// Bytes taken so far.
    pub fn position(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// 0 when the system has no such addresses to give.
    fn reserve() -> usize {
        let (access, kind) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
        );
        // SAFETY: a new mapping, which overlaps nothing.
        let start = unsafe { libc::mmap(null_mut(), RESERVE, access, kind, -1, 0) };
        if start == libc::MAP_FAILED {
            0
        } else {
            start as usize
        }
    }
}

impl Default for Bump {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: blocks come out of one mapping, each from behind the one before; none is given twice.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = *self.start.get_or_init(Self::reserve);
        if start == 0 || layout.size() > RESERVE / 2 {
            return null_mut();
        }
        let place = |taken: usize| (taken + layout.align() - 1) & !(layout.align() - 1);
        let end = |taken: usize| Some(place(taken) + layout.size()).filter(|end| *end <= RESERVE);
        // The mapping begins at a page: alignments up to one hold for addresses as for offsets.
        match self
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, end)
        {
            Ok(before) if layout.align() <= 4096 => (start + place(before)) as *mut u8,
            _ => null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    /// Pages are zero until somebody writes to them, and nothing is given twice.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those of alloc.
        unsafe { self.alloc(layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_aligned_and_apart() {
        let bump = Bump::new();
        let mut end = 0;
        for (size, align) in [(1, 1), (24, 8), (3, 64), (0, 1), (4096, 4096), (5, 16)] {
            // SAFETY: layouts are valid.
            let block =
                unsafe { bump.alloc(Layout::from_size_align(size, align).unwrap()) } as usize;
            assert!(
                block != 0 && block % align == 0 && block >= end,
                "{size} {align}"
            );
            end = block + size;
        }
    }

    #[test]
    fn what_cannot_be_given_is_refused() {
        let bump = Bump::new();
        // SAFETY: the layout is valid.
        assert!(unsafe { bump.alloc(Layout::from_size_align(RESERVE, 1).unwrap()) }.is_null());
    }
}
