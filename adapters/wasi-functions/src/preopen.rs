//! Preopened folders. Each knows its name, whatever its number is by now.

use crate::abi::Errno;
use crate::memory::{self, Address};
use crate::open::Open;
use crate::{answer, table};

/// Says how long a preopened folder's name is.
#[unsafe(no_mangle)]
pub extern "C" fn fd_prestat_get(fd: u32, prestat: Address) -> Errno {
    answer(|| {
        let Open::Folder(folder) = table::open(fd)? else { return Err(Errno::Badf) };
        let name = folder.name.as_ref().ok_or(Errno::Badf)?;
        // `prestat`: a folder, which is 0, and a length.
        memory::write(prestat, &u64::to_le_bytes((name.len() as u64) << 32))
    })
}

/// Gives a preopened folder's name, without a 0 at its end.
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
