//! A global allocator that counts, while it is told to.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// The system's allocator, with a count of what goes through it.
pub struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);
static MOVED: AtomicUsize = AtomicUsize::new(0);
/// Bytes allocated less bytes freed since counting began; what was there before and goes meanwhile makes it wrap.
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// What went through the allocator.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Use {
    /// Allocations, growing ones included.
    pub allocations: usize,
    /// The bytes they asked for; for one that grows, the bytes that it grew by.
    pub bytes: usize,
    /// Bytes that were in allocations when they grew: as much may have been copied by that.
    pub moved: usize,
    /// The most bytes that were in use at once, beyond those that were before.
    pub peak: usize,
}

/// Counts what `work` allocates, in all threads.
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

// SAFETY: everything is left to the system's allocator; counters are on the side.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if ON.load(Relaxed) {
            more(layout.size());
        }
        // SAFETY: the caller's promises are those that it asks for.
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
