//! Lists from the host that land straight in main's buffer.
//!
//! The host asks `cabi_realloc` where to put a list. While [`read_into`] waits for one, that place is main's own
//! buffer, and nothing is copied. A host that asks for something else (more than fits, an alignment, a second
//! allocation) gets memory from the heap instead, and the bytes are copied over afterwards.

use core::alloc::Layout;
use core::mem::ManuallyDrop;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering::Relaxed};

use crate::memory::Buffer;

/// Where the next list is expected to go, and how many bytes fit there; null when no list is expected.
static START: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
static LEN: AtomicU32 = AtomicU32::new(0);

/// Asks the host for a list of at most as many bytes as fit into `buffer`; gives the number of bytes that are there.
pub fn read_into(buffer: Buffer, ask: impl FnOnce(u32) -> Vec<u8>) -> u32 {
    START.store(buffer.start(), Relaxed);
    LEN.store(buffer.len(), Relaxed);
    // The list's memory may be main's, which is not for the heap to free.
    let list = ManuallyDrop::new(ask(buffer.len()));
    START.store(ptr::null_mut(), Relaxed);

    if ptr::eq(list.as_ptr(), buffer.start()) {
        return buffer.len().min(list.len() as u32);
    }
    buffer.copy_from(&ManuallyDrop::into_inner(list))
}

/// The allocator of the canonical ABI, for lists and strings that the host gives back.
///
/// # Safety
///
/// As the canonical ABI has it: `old` is null or what this function gave for `old_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, new_size: usize) -> *mut u8 {
    let place = START.load(Relaxed);
    let fits = !place.is_null() && align == 1 && new_size <= LEN.load(Relaxed) as usize;

    if new_size == 0 {
        // Never followed, but not null either.
        ptr::without_provenance_mut(align)
    } else if old_size == 0 && fits {
        // Only once: what else the host wants to put somewhere has to go elsewhere.
        LEN.store(0, Relaxed);
        place
    } else if old_size == 0 {
        allocate(align, new_size)
    } else if ptr::eq(old, place) {
        // The host has changed its mind about the length. Shrinking needs nothing; growing leaves main's buffer.
        if new_size <= old_size {
            return old;
        }
        let new = allocate(align, new_size);
        // SAFETY: `old` holds `old_size` bytes, `new` more than that, and they are in different places.
        unsafe { new.copy_from_nonoverlapping(old, old_size) };
        new
    } else {
        // SAFETY: `old` came from `allocate` with this layout.
        unsafe { std::alloc::realloc(old, layout(align, old_size), new_size) }
    }
}

fn allocate(align: usize, size: usize) -> *mut u8 {
    // SAFETY: the size is not 0.
    let new = unsafe { std::alloc::alloc(layout(align, size)) };
    if new.is_null() {
        std::alloc::handle_alloc_error(layout(align, size));
    }
    new
}

fn layout(align: usize, size: usize) -> Layout {
    // SAFETY: the canonical ABI asks for alignments of 1, 2, 4 and 8, and for sizes that fit into a memory.
    unsafe { Layout::from_size_align_unchecked(size, align) }
}
