//! Extensions of preview1 that the published adapters provide.

use crate::abi::Errno;
use crate::memory::{self, Address};
use crate::open::Open;
use crate::{answer, table};

/// Reserves a descriptor number without opening anything.
#[unsafe(no_mangle)]
pub extern "C" fn adapter_open_badfd(fd: Address) -> Errno {
    answer(|| {
        table::prepare()?;
        memory::check(fd, 4)?;
        memory::write(fd, &table::add(Open::Reserved).to_le_bytes())
    })
}

/// Frees a reserved descriptor number.
#[unsafe(no_mangle)]
pub extern "C" fn adapter_close_badfd(fd: u32) -> Errno {
    answer(|| table::give_back(fd))
}

/// Resets all state, for programs that are snapshotted.
#[unsafe(no_mangle)]
pub extern "C" fn reset_adapter_state() {
    table::reset();
}
