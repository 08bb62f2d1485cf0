//! `wasi_unstable`, which is preview0, in terms of `wasi_snapshot_preview1`.
//!
//! The two differ in three things: what the numbers of `whence` mean, the layout of `filestat`, and the layout of
//! `subscription`. All other functions are passed on as they are. An adapter for preview1 has to be behind this one.

mod filestat;
mod next;
mod poll;
mod same;
mod seek;

/// Error code of both versions.
type Errno = u32;

const SUCCESS: Errno = 0;
const INVAL: Errno = 28;
const NOMEM: Errno = 48;

/// An address in main's memory, which is this adapter's too.
type Address = u32;

/// The address of something of this adapter's.
fn address<T>(of: *const T) -> Address {
    of.addr() as Address
}
