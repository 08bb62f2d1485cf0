//! Functions on paths. No directory is ever open, so there is nothing that a path could be relative to.

use crate::abi::Errno;
use crate::memory::Address;
use crate::{answer, stdio};

/// Makes no directory.
#[unsafe(no_mangle)]
pub extern "C" fn path_create_directory(fd: u32, _path: Address, _len: u32) -> Errno {
    below(fd)
}

/// Finds no attributes.
#[unsafe(no_mangle)]
pub extern "C" fn path_filestat_get(fd: u32, _flags: u32, _path: Address, _len: u32, _stat: Address) -> Errno {
    below(fd)
}

/// Sets no times.
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

/// Links nothing.
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

/// Opens nothing.
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

/// Reads no link.
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

/// Removes no directory.
#[unsafe(no_mangle)]
pub extern "C" fn path_remove_directory(fd: u32, _path: Address, _len: u32) -> Errno {
    below(fd)
}

/// Renames nothing.
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

/// Makes no symbolic link.
#[unsafe(no_mangle)]
pub extern "C" fn path_symlink(_to: Address, _to_len: u32, fd: u32, _path: Address, _len: u32) -> Errno {
    below(fd)
}

/// Removes no file.
#[unsafe(no_mangle)]
pub extern "C" fn path_unlink_file(fd: u32, _path: Address, _len: u32) -> Errno {
    below(fd)
}

/// A stream is no directory; whatever else is not open.
fn below(fd: u32) -> Errno {
    answer(|| stdio::stream(fd).and(Err(Errno::Notdir)))
}
