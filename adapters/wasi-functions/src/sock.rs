//! Functions on sockets, of which none is ever open.

use crate::abi::Errno;
use crate::memory::Address;
use crate::{answer, table};

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

/// Whatever is open is no socket.
fn on(fd: u32) -> Errno {
    answer(|| table::open(fd).and(Err(Errno::Notsock)))
}
