//! The adapter's heap: the allocator that `std` has for this target, but its first bytes are static data.
//!
//! Main's allocator may take for granted that it alone adds pages to the memory (Go's does, and so did the
//! allocators of older C libraries). An adapter that shares main's memory must not add one in the middle of main's
//! life, as `std` would with its first allocation; static data is placed before main needs the memory after it.
//! What is allocated here is small, so that nobody gets to the first page that does not fit.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use dlmalloc::{Allocator, Dlmalloc};

const PAGE: usize = 64 * 1024;
/// As many bytes as there are from the start.
const ROOM: usize = PAGE;

struct Heap(UnsafeCell<Dlmalloc<Pages>>);

// SAFETY: there is one thread.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap(UnsafeCell::new(Dlmalloc::new_with_allocator(Pages)));

// SAFETY: the methods are the allocator's own; none of them calls another one of them.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { (*self.0.get()).malloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { (*self.0.get()).free(block, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        unsafe { (*self.0.get()).realloc(block, layout.size(), layout.align(), size) }
    }
}

/// Where the heap gets its memory from, which it never gives back.
struct Pages;

#[repr(align(16))]
struct Room(UnsafeCell<[u8; ROOM]>);

// SAFETY: there is one thread.
unsafe impl Sync for Room {}

static ROOM_ITSELF: Room = Room(UnsafeCell::new([0; ROOM]));
static TAKEN: AtomicBool = AtomicBool::new(false);

// SAFETY: memory is given out once.
unsafe impl Allocator for Pages {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        if size <= ROOM && !TAKEN.swap(true, Relaxed) {
            return (ROOM_ITSELF.0.get().cast(), ROOM, 0);
        }
        let pages = size.div_ceil(PAGE);
        match core::arch::wasm32::memory_grow::<0>(pages) {
            usize::MAX => (ptr::null_mut(), 0, 0),
            first => (ptr::with_exposed_provenance_mut(first * PAGE), pages * PAGE, 0),
        }
    }

    fn remap(&self, _start: *mut u8, _size: usize, _new: usize, _can_move: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _start: *mut u8, _size: usize, _new: usize) -> bool {
        false
    }

    fn free(&self, _start: *mut u8, _size: usize) -> bool {
        false
    }

    fn can_release_part(&self, _flags: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        PAGE
    }
}
