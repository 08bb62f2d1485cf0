//! Random bytes.

use wasip2::random::random::get_random_bytes;

use crate::abi::Errno;
use crate::answer;
use crate::memory::{self, Address, Buffer};

/// Fills a buffer.
#[unsafe(no_mangle)]
pub extern "C" fn random_get(start: Address, len: u32) -> Errno {
    answer(|| {
        memory::check(start, len)?;
        for piece in (Buffer { start, len }).pieces() {
            preview1_memory::heap::prepare(piece.len as usize)?;
            let bytes = get_random_bytes(piece.len.into());
            assert_eq!(bytes.len(), piece.len as usize, "the host gave another number of random bytes than asked for");
            memory::write(piece.start, &bytes)?;
        }
        Ok(())
    })
}
