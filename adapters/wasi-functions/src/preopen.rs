//! Preopened directories. Each keeps its name if it is renumbered.

use crate::abi::Errno;
use crate::memory::{self, Address};
use crate::open::Open;
use crate::{answer, table};

/// Writes the length of a preopened directory's name.
#[unsafe(no_mangle)]
pub extern "C" fn fd_prestat_get(fd: u32, prestat: Address) -> Errno {
    answer(|| {
        let Open::Folder(folder) = table::open(fd)? else { return Err(Errno::Badf) };
        let name = folder.name.as_ref().ok_or(Errno::Badf)?;
        // `prestat`: the tag 0 for a directory, and a length.
        memory::write(prestat, &u64::to_le_bytes((name.len() as u64) << 32))
    })
}

/// Writes a preopened directory's name, without a terminating 0.
#[unsafe(no_mangle)]
pub extern "C" fn fd_prestat_dir_name(fd: u32, start: Address, len: u32) -> Errno {
    answer(|| {
        let Open::Folder(folder) = table::open(fd)? else { return Err(Errno::Notdir) };
        let name = folder.name.as_ref().ok_or(Errno::Notdir)?;
        if name.len() > len as usize {
            return Err(Errno::Nametoolong);
        }
        memory::write(start, name.as_bytes())
    })
}
