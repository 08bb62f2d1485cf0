//! The subset of `wasi_snapshot_preview1` that `my-wasi` alone can implement.
//!
//! A guest can write to standard output, request random bytes, and read an empty environment. Standard
//! error does not exist, and exiting traps. In exchange, the component imports only
//! `my-wasi`, and the adapter is small.

use core::mem::ManuallyDrop;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

#[allow(missing_docs)]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit/my-wasi", world: "reactor" });
}
use bindings::my_wasi;

const SUCCESS: u32 = 0;
const BADF: u32 = 8;
const IO: u32 = 29;
const STDOUT: u32 = 1;

/// Buffer to write: preview1's `ciovec`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Ciovec {
    start: *const u8,
    len: u32,
}

/// Writes all buffers, in order, until a short write of the host.
///
/// # Safety
///
/// The pointers must be valid in main's memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fd_write(fd: u32, buffers: *const Ciovec, len: u32, written: *mut u32) -> u32 {
    if fd != STDOUT {
        return BADF;
    }
    let mut total = 0;
    for i in 0..len as usize {
        // SAFETY: as required of the caller; main does not run during the call.
        let bytes = unsafe {
            let buffer = *buffers.add(i);
            if buffer.len == 0 {
                continue;
            }
            core::slice::from_raw_parts(buffer.start, buffer.len as usize)
        };
        let taken = my_wasi::print(bytes);
        total += taken;
        if taken < bytes.len() as u32 {
            break;
        }
    }
    // SAFETY: as above.
    unsafe { *written = total };
    SUCCESS
}

/// The environment is empty.
///
/// # Safety
///
/// The pointers must be valid in main's memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn environ_sizes_get(count: *mut u32, size: *mut u32) -> u32 {
    // SAFETY: as required of the caller.
    unsafe {
        *count = 0;
        *size = 0;
    }
    SUCCESS
}

/// The environment is empty.
#[unsafe(no_mangle)]
pub extern "C" fn environ_get(_pointers: *mut *mut u8, _texts: *mut u8) -> u32 {
    SUCCESS
}

/// Discards the exit code.
#[unsafe(no_mangle)]
pub extern "C" fn proc_exit(_code: u32) -> ! {
    core::arch::wasm32::unreachable()
}

/// Main's buffer during a call of the host's random function.
static BUFFER: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

/// Fills a buffer: the host writes its list there.
#[unsafe(no_mangle)]
pub extern "C" fn random_get(buffer: *mut u8, len: u32) -> u32 {
    BUFFER.store(buffer, Relaxed);
    // The list is in main's memory already.
    let list = ManuallyDrop::new(my_wasi::random_get(len));
    if list.len() == len as usize { SUCCESS } else { IO }
}

/// Allocates main's buffer for the host's list, once.
#[unsafe(no_mangle)]
pub extern "C" fn cabi_realloc(old: *mut u8, _old_size: usize, align: usize, new_size: usize) -> *mut u8 {
    if new_size == 0 {
        return ptr::without_provenance_mut(align);
    }
    let buffer = BUFFER.swap(ptr::null_mut(), Relaxed);
    if !old.is_null() || align != 1 || buffer.is_null() {
        // Only one allocation is possible: one list of bytes.
        core::arch::wasm32::unreachable()
    }
    buffer
}
