//! `wasi_unstable`, which is preview0, in terms of `wasi_snapshot_preview1`.
//!
//! They differ in the values of `whence`, the layout of `filestat`, and the layout of
//! `subscription`. All other functions are forwarded unchanged. An adapter for preview1 must follow this one in the chain.

mod filestat;
mod next;
mod poll;
mod same;
mod seek;

/// Errno, the same in both versions.
type Errno = u32;

const SUCCESS: Errno = 0;
const INVAL: Errno = 28;
const NOMEM: Errno = 48;

/// Address in main's memory, which this adapter shares.
type Address = u32;

/// Returns the address of a value of this adapter.
fn address<T>(of: *const T) -> Address {
    of.addr() as Address
}
