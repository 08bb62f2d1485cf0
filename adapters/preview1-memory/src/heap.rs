//! The adapter's heap: an allocator of little code, whose first bytes are static data.
//!
//! Main's allocator may take for granted that it alone adds pages to the memory (Go's does, and so did the
//! allocators of older C libraries). An adapter that shares main's memory must not add one in the middle of main's
//! life, as `std` would with its first allocation; static data is placed before main needs the memory after it.
//! Allocations here are small, so that they fit without new pages.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr::{self, NonNull};

use rlsf::Tlsf;

use crate::abi::{Answer, Errno};

const PAGE: usize = 64 * 1024;
/// As many bytes as there are from the start.
const ROOM: usize = PAGE;

/// Free blocks in classes of sizes, up to 8 MiB.
type Blocks = Tlsf<'static, u32, u8, 19, 8>;

struct Heap(UnsafeCell<State>);

struct State {
    blocks: Blocks,
    /// The room is among the blocks.
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

// SAFETY: the methods are the allocator's own; none of them calls another one of them.
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

/// Sees to it that the next block of so many bytes is there. The host asks for memory for what it gives, and has no way to
/// report that none is left.
pub fn prepare(size: usize) -> Answer {
    let layout = Layout::from_size_align(size, 16).map_err(|_| Errno::Nomem)?;
    // SAFETY: the block has the layout that it is given back with.
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
        // What a block takes beside its contents is much less than a page.
        let pages = layout.size().div_ceil(PAGE) + 1;
        match core::arch::wasm32::memory_grow::<0>(pages) {
            usize::MAX => return None,
            first => self.add(ptr::with_exposed_provenance_mut(first * PAGE), pages * PAGE),
        }
        self.blocks.allocate(layout)
    }

    /// Adds memory that is not used otherwise.
    fn add(&mut self, start: *mut u8, size: usize) {
        if let Some(block) = NonNull::new(ptr::slice_from_raw_parts_mut(start, size)) {
            // SAFETY: room and pages are given out once, and are there for good.
            unsafe { self.blocks.insert_free_block_ptr(block) };
        }
    }
}
