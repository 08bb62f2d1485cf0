//! A counting global allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// The system's allocator with counters.
pub struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);
static MOVED: AtomicUsize = AtomicUsize::new(0);
/// Bytes allocated minus bytes freed since counting began. Wraps when earlier allocations are freed.
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// Allocation statistics.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Use {
    /// Number of allocations, including reallocations.
    pub allocations: usize,
    /// Bytes requested. For a reallocation, the growth.
    pub bytes: usize,
    /// Bytes in allocations at the time of their growth, an upper bound for the bytes copied.
    pub moved: usize,
    /// Maximum number of bytes in use, in addition to those at the start.
    pub peak: usize,
}

/// Counts the allocations of `work` in all threads.
pub fn count<T>(work: impl FnOnce() -> T) -> (T, Use) {
    for counter in [&COUNT, &BYTES, &MOVED, &LIVE, &PEAK] {
        counter.store(0, Relaxed);
    }
    ON.store(true, Relaxed);
    let done = work();
    ON.store(false, Relaxed);
    let used = Use {
        allocations: COUNT.load(Relaxed),
        bytes: BYTES.load(Relaxed),
        moved: MOVED.load(Relaxed),
        peak: PEAK.load(Relaxed),
    };
    (done, used)
}

fn more(bytes: usize) {
    COUNT.fetch_add(1, Relaxed);
    BYTES.fetch_add(bytes, Relaxed);
    let live = LIVE.fetch_add(bytes, Relaxed).wrapping_add(bytes);
    if live < usize::MAX / 2 {
        PEAK.fetch_max(live, Relaxed);
    }
}

// SAFETY: all calls are passed to the system's allocator, with counters in addition.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if ON.load(Relaxed) {
            more(layout.size());
        }
        // SAFETY: the caller upholds the requirements of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if ON.load(Relaxed) {
            more(layout.size());
        }
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if ON.load(Relaxed) {
            LIVE.fetch_sub(layout.size(), Relaxed);
        }
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if ON.load(Relaxed) {
            MOVED.fetch_add(layout.size().min(size), Relaxed);
            LIVE.fetch_sub(layout.size().saturating_sub(size), Relaxed);
            more(size.saturating_sub(layout.size()));
        }
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
