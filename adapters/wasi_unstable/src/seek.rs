//! `fd_seek`: the same question, with other numbers.

use crate::{Address, Errno, INVAL, next};

/// Moves the position: from where it is (0), from the end (1), from the start (2).
#[unsafe(no_mangle)]
pub extern "C" fn fd_seek(fd: u32, offset: i64, whence: u32, position: Address) -> Errno {
    // Preview1 begins with the start.
    match whence {
        0 | 1 => next::fd_seek(fd, offset, whence + 1, position),
        2 => next::fd_seek(fd, offset, 0, position),
        _ => INVAL,
    }
}
