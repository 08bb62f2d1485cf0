//! As much of `wasi_snapshot_preview1` as `my-wasi` alone can give.
//!
//! A guest writes to standard output, asks for random bytes, finds an empty environment, and that is all: standard
//! error does not exist, and a program that wants to exit traps. In exchange, the component imports `my-wasi` and
//! nothing else; and this is how little code an adapter can be.

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

/// Bytes that main wants written.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Ciovec {
    start: *const u8,
    len: u32,
}

/// Writes all buffers, in order, until the host takes less than it was offered.
///
/// # Safety
///
/// Main vouches for its pointers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fd_write(fd: u32, buffers: *const Ciovec, len: u32, written: *mut u32) -> u32 {
    if fd != STDOUT {
        return BADF;
    }
    let mut total = 0;
    for i in 0..len as usize {
        // SAFETY: main vouches for its pointers, and does not run while the adapter does.
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
/// Main vouches for its pointers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn environ_sizes_get(count: *mut u32, size: *mut u32) -> u32 {
    // SAFETY: main vouches for its pointers.
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

/// Main's buffer, while the host is asked for random bytes.
static BUFFER: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

/// Fills a buffer: the host places its list there.
#[unsafe(no_mangle)]
pub extern "C" fn random_get(buffer: *mut u8, len: u32) -> u32 {
    BUFFER.store(buffer, Relaxed);
    // Its memory is main's.
    let list = ManuallyDrop::new(my_wasi::random_get(len));
    if list.len() == len as usize { SUCCESS } else { IO }
}

/// Destination of the host's list: main's buffer, once.
#[unsafe(no_mangle)]
pub extern "C" fn cabi_realloc(old: *mut u8, _old_size: usize, align: usize, new_size: usize) -> *mut u8 {
    if new_size == 0 {
        return ptr::without_provenance_mut(align);
    }
    let buffer = BUFFER.swap(ptr::null_mut(), Relaxed);
    if !old.is_null() || align != 1 || buffer.is_null() {
        // There is no other place: one list of bytes, in one piece.
        core::arch::wasm32::unreachable()
    }
    buffer
}
