//! Random bytes.

use crate::abi::Errno;
use crate::memory::{self, Address, Buffer};
use crate::{answer, my_wasi};

/// Fills a buffer.
#[unsafe(no_mangle)]
pub extern "C" fn random_get(start: Address, len: u32) -> Errno {
    answer(|| {
        for piece in (Buffer { start, len }).pieces() {
            let bytes = my_wasi::random_get(piece.len);
            assert_eq!(bytes.len(), piece.len as usize, "`random-get` gave another number of bytes than asked for");
            memory::write(piece.start, &bytes)?;
        }
        Ok(())
    })
}
