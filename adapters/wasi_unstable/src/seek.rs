//! `fd_seek`: the values of `whence` differ.

use crate::{Address, Errno, INVAL, next};

/// Moves the position, relative to the current position (0), the end (1) or the start (2).
#[unsafe(no_mangle)]
pub extern "C" fn fd_seek(fd: u32, offset: i64, whence: u32, position: Address) -> Errno {
    // In preview1, 0 is the start.
    match whence {
        0 | 1 => next::fd_seek(fd, offset, whence + 1, position),
        2 => next::fd_seek(fd, offset, 0, position),
        _ => INVAL,
    }
}
