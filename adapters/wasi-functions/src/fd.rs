//! Reading, writing and closing. Only the first nonempty buffer is used, which `readv` and `writev` permit.

use crate::abi::Errno;
use crate::memory::{self, Address, Buffer};
use crate::open::Open;
use crate::{answer, table};

/// Reads at the position.
#[unsafe(no_mangle)]
pub extern "C" fn fd_read(fd: u32, buffers: Address, len: u32, read: Address) -> Errno {
    answer(|| {
        let into = Buffer::first(buffers, len)?;
        let count = match table::open(fd)? {
            Open::File(file) => file.read(into)?,
            Open::Input(input) => input.read(into)?,
            _ => return Err(Errno::Badf),
        };
        memory::write(read, &count.to_le_bytes())
    })
}

/// Writes at the position.
#[unsafe(no_mangle)]
pub extern "C" fn fd_write(fd: u32, buffers: Address, len: u32, written: Address) -> Errno {
    answer(|| {
        let from = Buffer::first(buffers, len)?;
        let count = match table::open(fd)? {
            Open::File(file) => file.write(from)?,
            Open::Output(output) => output.write(from)?,
            _ => return Err(Errno::Badf),
        };
        memory::write(written, &count.to_le_bytes())
    })
}

/// Reads at an offset, independent of the position.
#[unsafe(no_mangle)]
pub extern "C" fn fd_pread(fd: u32, buffers: Address, len: u32, offset: u64, read: Address) -> Errno {
    answer(|| {
        let into = Buffer::first(buffers, len)?;
        let count = match table::open(fd)? {
            Open::File(file) => file.read_at(into, offset)?,
            Open::Input(_) => return Err(Errno::Spipe),
            _ => return Err(Errno::Badf),
        };
        memory::write(read, &count.to_le_bytes())
    })
}

/// Writes at an offset, independent of the position.
#[unsafe(no_mangle)]
pub extern "C" fn fd_pwrite(fd: u32, buffers: Address, len: u32, offset: u64, written: Address) -> Errno {
    answer(|| {
        let from = Buffer::first(buffers, len)?;
        let count = match table::open(fd)? {
            Open::File(file) => file.write_at(from, offset)?,
            Open::Output(_) => return Err(Errno::Spipe),
            _ => return Err(Errno::Badf),
        };
        memory::write(written, &count.to_le_bytes())
    })
}

/// Closes a descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn fd_close(fd: u32) -> Errno {
    answer(|| table::close(fd).map(drop))
}

/// Renumbers a descriptor, and closes the descriptor that had the new number.
#[unsafe(no_mangle)]
pub extern "C" fn fd_renumber(from: u32, to: u32) -> Errno {
    answer(|| table::renumber(from, to).map(drop))
}
