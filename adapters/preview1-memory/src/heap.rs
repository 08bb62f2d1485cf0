//! The adapter's heap: a small allocator whose first block is static data.
//!
//! Main's allocator may assume that it alone grows the memory (Go's does, and so did the
//! allocators of older C libraries). An adapter that shares main's memory must not grow it while main runs,
//! as `std` would with its first allocation. Static data is placed before main's heap grows past it.
//! Allocations in this adapter are small, so they usually fit without new pages.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr::{self, NonNull};

use rlsf::Tlsf;

use crate::abi::{Answer, Errno};

const PAGE: usize = 64 * 1024;
/// Size in bytes of the static block.
const ROOM: usize = PAGE;

/// Free blocks by size class, up to 8 MiB.
type Blocks = Tlsf<'static, u32, u8, 19, 8>;

struct Heap(UnsafeCell<State>);

struct State {
    blocks: Blocks,
    /// Set once the static block is in the free lists.
    started: bool,
}

// SAFETY: there is a single thread.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap(UnsafeCell::new(State { blocks: Blocks::new(), started: false }));

#[repr(align(16))]
struct Room(UnsafeCell<[u8; ROOM]>);

// SAFETY: there is a single thread.
unsafe impl Sync for Room {}

static ROOM_ITSELF: Room = Room(UnsafeCell::new([0; ROOM]));

// SAFETY: only the methods of the allocator access the state, and they are not re-entrant.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let state = unsafe { &mut *self.0.get() };
        state.allocate(layout).map_or(ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let state = unsafe { &mut *self.0.get() };
        if let Some(block) = NonNull::new(block) {
            unsafe { state.blocks.deallocate(block, layout.align()) };
        }
    }
}

/// Ensures that the next allocation of that size succeeds. The host allocates memory for its results, and cannot handle a
/// failure.
pub fn prepare(size: usize) -> Answer {
    let layout = Layout::from_size_align(size, 16).map_err(|_| Errno::Nomem)?;
    // SAFETY: the block is freed with the layout that it was allocated with.
    unsafe {
        let block = HEAP.alloc(layout);
        HEAP.dealloc(block, layout);
        if block.is_null() { Err(Errno::Nomem) } else { Ok(()) }
    }
}

impl State {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        if !self.started {
            self.started = true;
            self.add(ROOM_ITSELF.0.get().cast(), ROOM);
        }
        if let Some(block) = self.blocks.allocate(layout) {
            return Some(block);
        }
        // The header of a block is much smaller than a page.
        let pages = layout.size().div_ceil(PAGE) + 1;
        match core::arch::wasm32::memory_grow::<0>(pages) {
            usize::MAX => return None,
            first => self.add(ptr::with_exposed_provenance_mut(first * PAGE), pages * PAGE),
        }
        self.blocks.allocate(layout)
    }

    /// Adds unused memory to the free lists.
    fn add(&mut self, start: *mut u8, size: usize) {
        if let Some(block) = NonNull::new(ptr::slice_from_raw_parts_mut(start, size)) {
            // SAFETY: the static block and each new page are added once, and are never unmapped.
            unsafe { self.blocks.insert_free_block_ptr(block) };
        }
    }
}
