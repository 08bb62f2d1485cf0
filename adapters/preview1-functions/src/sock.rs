//! Functions on sockets, of which there are none.

use crate::abi::Errno;
use crate::memory::Address;
use crate::{answer, stdio};

/// Accepts nothing.
#[unsafe(no_mangle)]
pub extern "C" fn sock_accept(fd: u32, _flags: u32, _accepted: Address) -> Errno {
    on(fd)
}

/// Receives nothing.
#[unsafe(no_mangle)]
pub extern "C" fn sock_recv(
    fd: u32,
    _buffers: Address,
    _len: u32,
    _flags: u32,
    _received: Address,
    _received_flags: Address,
) -> Errno {
    on(fd)
}

/// Sends nothing.
#[unsafe(no_mangle)]
pub extern "C" fn sock_send(fd: u32, _buffers: Address, _len: u32, _flags: u32, _sent: Address) -> Errno {
    on(fd)
}

/// Shuts nothing down.
#[unsafe(no_mangle)]
pub extern "C" fn sock_shutdown(fd: u32, _how: u32) -> Errno {
    on(fd)
}

/// A stream is no socket; whatever else is not open.
fn on(fd: u32) -> Errno {
    answer(|| stdio::stream(fd).and(Err(Errno::Notsock)))
}
