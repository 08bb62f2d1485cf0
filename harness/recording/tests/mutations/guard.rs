//! Limits of memory and time for each mutation. Exceeding one ends the test, with the number of the mutation in the
//! message.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Maximum number of allocated bytes of all threads. A recording takes a small multiple of its size; the output of a
/// guest has a separate limit. Linear memories of guests are not included.
const MOST: usize = 1 << 30;

/// Maximum time of one mutation. It takes milliseconds on an idle machine.
const LONGEST: Duration = Duration::from_secs(60);

/// System allocator with a limit.
pub struct Limited;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static OVER: AtomicBool = AtomicBool::new(false);

/// Threads that run mutations, each with the number of the mutation and its start, in milliseconds since the start of
/// the test.
static CURRENT: [(AtomicU64, AtomicU64); 64] = [const { (AtomicU64::new(0), AtomicU64::new(u64::MAX)) }; 64];

#[allow(unsafe_code, reason = "an allocator is unsafe to implement: this one passes everything on")]
// SAFETY: All is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        take(size.saturating_sub(layout.size()));
        LIVE.fetch_sub(layout.size().saturating_sub(size), Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

fn take(size: usize) {
    let live = LIVE.fetch_add(size, Relaxed).saturating_add(size);
    if live > MOST && !OVER.swap(true, Relaxed) {
        fail(&format!("{live} bytes of memory"));
    }
}

fn fail(what: &str) -> ! {
    let running: Vec<u64> = CURRENT
        .iter()
        .filter(|(_, since)| since.load(Relaxed) != u64::MAX)
        .map(|(number, _)| number.load(Relaxed))
        .collect();
    let text =
        format!("recordings take {what}: mutations {running:?} are being tried (POLYFILL_MUTATION=NUMBER tries one)\n");
    // Written directly, because the test harness captures the output of macros.
    drop(std::io::stderr().write_all(text.as_bytes()));
    std::process::abort()
}

/// Ends the process when a mutation exceeds its time.
pub fn watch(start: Instant) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(500));
            let now = start.elapsed().as_millis() as u64;
            let is_late = |since: u64| since != u64::MAX && now.saturating_sub(since) > LONGEST.as_millis() as u64;
            if CURRENT.iter().any(|(_, since)| is_late(since.load(Relaxed))) {
                fail(&format!("more than {} s", LONGEST.as_secs()));
            }
        }
    });
}

thread_local! {
    /// The entry of this thread in [`CURRENT`].
    static ENTRY: usize = THREADS.fetch_add(1, Relaxed) % CURRENT.len();
}

/// Number of threads that have run mutations.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Marks the start of a mutation on this thread.
pub fn begin(number: u64, start: Instant) {
    let (current, since) = &CURRENT[ENTRY.with(|entry| *entry)];
    current.store(number, Relaxed);
    since.store(start.elapsed().as_millis() as u64, Relaxed);
}

/// Marks its end.
pub fn end() {
    CURRENT[ENTRY.with(|entry| *entry)].1.store(u64::MAX, Relaxed);
}
