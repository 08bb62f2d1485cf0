//! Random bytes, placed by the host in main's own buffer.

use crate::abi::Errno;
use crate::memory::{Buffer, Out};
use crate::{my_wasi, placement};

/// As many bytes as are asked for at once: fewer than the heap has room for, should the host not use the buffer.
const CHUNK: u32 = 16 * 1024;

/// Fills a buffer.
#[unsafe(no_mangle)]
pub extern "C" fn random_get(start: Out<u8>, len: u32) -> Errno {
    let buffer = Buffer::new(start, len);
    let mut filled = 0;
    while filled < len {
        let count = placement::read_into(buffer.part(filled, CHUNK), my_wasi::random_get);
        if count == 0 {
            return Errno::Io;
        }
        filled += count;
    }
    Errno::Success
}
