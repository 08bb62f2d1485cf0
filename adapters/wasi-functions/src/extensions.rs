//! Functions that are none of preview1, and that programs know from the published adapters.

use crate::abi::Errno;
use crate::memory::{self, Address};
use crate::open::Open;
use crate::{answer, table};

/// Reserves a number, under which nothing is open.
#[unsafe(no_mangle)]
pub extern "C" fn adapter_open_badfd(fd: Address) -> Errno {
    answer(|| {
        table::prepare()?;
        memory::check(fd, 4)?;
        memory::write(fd, &table::add(Open::Reserved).to_le_bytes())
    })
}

/// Gives back a number that was reserved.
#[unsafe(no_mangle)]
pub extern "C" fn adapter_close_badfd(fd: u32) -> Errno {
    answer(|| table::give_back(fd))
}

/// Forgets all that is open, for programs of which a snapshot is taken.
#[unsafe(no_mangle)]
pub extern "C" fn reset_adapter_state() {
    table::reset();
}
