//! Returns strings to the host, and counts allocations: a string is freed after the host has read it.

wit_bindgen::generate!({ path: "../../../wit/memory", world: "post-return" });

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

static ALIVE: AtomicU32 = AtomicU32::new(0);
static BYTES: AtomicU32 = AtomicU32::new(0);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALIVE.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size() as u32, Relaxed);
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        ALIVE.fetch_sub(1, Relaxed);
        BYTES.fetch_sub(layout.size() as u32, Relaxed);
        // SAFETY: the caller's block and layout.
        unsafe { System.dealloc(block, layout) }
    }
}

struct PostReturn;

impl Guest for PostReturn {
    fn text(size: u32) -> String {
        "x".repeat(size as usize)
    }

    fn alive() -> u32 {
        ALIVE.load(Relaxed)
    }

    fn allocated() -> u32 {
        BYTES.load(Relaxed)
    }
}

export!(PostReturn);
