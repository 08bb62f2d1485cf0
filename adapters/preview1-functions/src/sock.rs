//! Functions on sockets, of which there are none.

use crate::abi::Errno;
use crate::memory::{Array, Buffer, Out};
use crate::stdio;

/// Accepts nothing.
#[unsafe(no_mangle)]
pub extern "C" fn sock_accept(fd: u32, _flags: u32, _accepted: Out<u32>) -> Errno {
    on(fd)
}

/// Receives nothing.
#[unsafe(no_mangle)]
pub extern "C" fn sock_recv(
    fd: u32,
    _buffers: Array<Buffer>,
    _len: u32,
    _flags: u32,
    _received: Out<u32>,
    _received_flags: Out<u16>,
) -> Errno {
    on(fd)
}

/// Sends nothing.
#[unsafe(no_mangle)]
pub extern "C" fn sock_send(fd: u32, _buffers: Array<Buffer>, _len: u32, _flags: u32, _sent: Out<u32>) -> Errno {
    on(fd)
}

/// Shuts nothing down.
#[unsafe(no_mangle)]
pub extern "C" fn sock_shutdown(fd: u32, _how: u32) -> Errno {
    on(fd)
}

/// A stream is no socket; whatever else is not open.
fn on(fd: u32) -> Errno {
    stdio::stream(fd).map_or_else(|errno| errno, |_| Errno::Notsock)
}
