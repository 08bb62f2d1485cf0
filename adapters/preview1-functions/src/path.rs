//! Path functions. All of them fail: no directory is ever open.

use crate::abi::Errno;
use crate::memory::Address;
use crate::{answer, stdio};

/// Fails: no directory is open.
#[unsafe(no_mangle)]
pub extern "C" fn path_create_directory(fd: u32, _path: Address, _len: u32) -> Errno {
    below(fd)
}

/// Fails: no directory is open.
#[unsafe(no_mangle)]
pub extern "C" fn path_filestat_get(fd: u32, _flags: u32, _path: Address, _len: u32, _stat: Address) -> Errno {
    below(fd)
}

/// Fails: no directory is open.
#[unsafe(no_mangle)]
pub extern "C" fn path_filestat_set_times(
    fd: u32,
    _flags: u32,
    _path: Address,
    _len: u32,
    _accessed: u64,
    _modified: u64,
    _times: u32,
) -> Errno {
    below(fd)
}

/// Fails: no directory is open.
#[unsafe(no_mangle)]
pub extern "C" fn path_link(
    old_fd: u32,
    _flags: u32,
    _old: Address,
    _old_len: u32,
    _new_fd: u32,
    _new: Address,
    _new_len: u32,
) -> Errno {
    below(old_fd)
}

/// Fails: no directory is open.
#[unsafe(no_mangle)]
pub extern "C" fn path_open(
    fd: u32,
    _lookup: u32,
    _path: Address,
    _len: u32,
    _open: u32,
    _rights: u64,
    _inheriting: u64,
    _flags: u32,
    _opened: Address,
) -> Errno {
    below(fd)
}

/// Fails: no directory is open.
#[unsafe(no_mangle)]
pub extern "C" fn path_readlink(
    fd: u32,
    _path: Address,
    _len: u32,
    _start: Address,
    _room: u32,
    _used: Address,
) -> Errno {
    below(fd)
}

/// Fails: no directory is open.
#[unsafe(no_mangle)]
pub extern "C" fn path_remove_directory(fd: u32, _path: Address, _len: u32) -> Errno {
    below(fd)
}

/// Fails: no directory is open.
#[unsafe(no_mangle)]
pub extern "C" fn path_rename(
    old_fd: u32,
    _old: Address,
    _old_len: u32,
    _new_fd: u32,
    _new: Address,
    _new_len: u32,
) -> Errno {
    below(old_fd)
}

/// Fails: no directory is open.
#[unsafe(no_mangle)]
pub extern "C" fn path_symlink(_to: Address, _to_len: u32, fd: u32, _path: Address, _len: u32) -> Errno {
    below(fd)
}

/// Fails: no directory is open.
#[unsafe(no_mangle)]
pub extern "C" fn path_unlink_file(fd: u32, _path: Address, _len: u32) -> Errno {
    below(fd)
}

/// Returns `notdir` for a stream, and `badf` for a descriptor that is not open.
fn below(fd: u32) -> Errno {
    answer(|| stdio::stream(fd).and(Err(Errno::Notdir)))
}
