//! Functions of preview1 whose types differ.

use crate::{Address, Errno};

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    pub safe fn fd_filestat_get(fd: u32, stat: Address) -> Errno;
    pub safe fn path_filestat_get(fd: u32, flags: u32, path: Address, len: u32, stat: Address) -> Errno;
    pub safe fn fd_seek(fd: u32, offset: i64, whence: u32, position: Address) -> Errno;
    pub safe fn poll_oneoff(subscriptions: Address, events: Address, len: u32, count: Address) -> Errno;
}
