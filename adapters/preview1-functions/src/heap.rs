//! The adapter's heap: a stretch of its own static data.
//!
//! Main's allocator may take for granted that it alone adds pages to the memory (Go's does, and so did the
//! allocators of older C libraries). So an adapter must not call `memory.grow` in the middle of main's life, which
//! is what the standard allocator would do on its first allocation. This heap lives in static data, which the
//! encoder places before main needs the memory after it; only what does not fit there comes from main's own
//! allocator.
//!
//! Everything here is short-lived: nothing outlasts the call of a preview1 function. So blocks are handed out one
//! after the other, and the whole heap is empty again when the last block has been given back.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

/// As many bytes as there are from the start. They are part of every component that has a use for them.
const SIZE: usize = 32 * 1024;
/// The step in which main is asked for more.
const STEP: usize = 64 * 1024;

#[repr(align(16))]
struct Room(UnsafeCell<[u8; SIZE]>);

// SAFETY: there is one thread.
unsafe impl Sync for Room {}

static ROOM: Room = Room(UnsafeCell::new([0; SIZE]));

struct Heap {
    /// Where the room begins that blocks are taken from: `ROOM`, or, once that was too small, a larger one of main's.
    start: AtomicPtr<u8>,
    /// How large it is.
    size: AtomicUsize,
    /// How much of it is taken.
    used: AtomicUsize,
    /// Blocks that have not been given back, wherever they are.
    live: AtomicUsize,
}

#[global_allocator]
static HEAP: Heap = Heap {
    start: AtomicPtr::new(ROOM.0.get().cast()),
    size: AtomicUsize::new(SIZE),
    used: AtomicUsize::new(0),
    live: AtomicUsize::new(0),
};

#[link(wasm_import_module = "__main_module__")]
unsafe extern "C" {
    /// Main's allocator. Where main has none, the encoder puts one here that adds pages.
    #[link_name = "cabi_realloc"]
    fn main_realloc(old: *mut u8, old_size: usize, align: usize, new_size: usize) -> *mut u8;
}

// SAFETY: blocks lie in the room, one after the other, and the room is only used anew when there is no block left.
// Rooms are never given back: one that was too small is left behind, blocks in it stay valid.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = match self.take(layout) {
            Some(block) => block,
            None => {
                if !self.enlarge(layout) {
                    return ptr::null_mut();
                }
                self.take(layout).unwrap_or(ptr::null_mut())
            }
        };
        if !block.is_null() {
            self.live.store(self.live.load(Relaxed) + 1, Relaxed);
        }
        block
    }

    unsafe fn dealloc(&self, _block: *mut u8, _layout: Layout) {
        let live = self.live.load(Relaxed) - 1;
        self.live.store(live, Relaxed);
        if live == 0 {
            self.used.store(0, Relaxed);
        }
    }
}

impl Heap {
    fn take(&self, layout: Layout) -> Option<*mut u8> {
        let start = self.start.load(Relaxed);
        let used = self.used.load(Relaxed);
        let skip = start.wrapping_add(used).align_offset(layout.align());
        let end = used.checked_add(skip)?.checked_add(layout.size())?;
        if end > self.size.load(Relaxed) {
            return None;
        }
        self.used.store(end, Relaxed);
        Some(start.wrapping_add(used + skip))
    }

    /// Moves on to a room of main's that is at least twice as large. False when there is none to be had.
    fn enlarge(&self, layout: Layout) -> bool {
        const ALIGN: usize = 16;
        let twice = self.size.load(Relaxed).saturating_mul(2);
        let wanted = layout.size().saturating_add(layout.align()).max(twice);
        let Some(size) = wanted.checked_next_multiple_of(STEP) else {
            return false;
        };
        // SAFETY: a fresh allocation, as the canonical ABI has it.
        let start = unsafe { main_realloc(ptr::null_mut(), 0, ALIGN, size) };
        if start.is_null() {
            return false;
        }
        self.start.store(start, Relaxed);
        self.size.store(size, Relaxed);
        self.used.store(0, Relaxed);
        true
    }
}
