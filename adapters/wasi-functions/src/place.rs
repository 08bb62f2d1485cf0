//! Functions on offsets in files.

use wasip2::filesystem::types::Advice;

use crate::abi::{Errno, SEEK_CUR, SEEK_END, SEEK_SET};
use crate::error::IntoAnswer;
use crate::memory::{self, Address};
use crate::{answer, open};

/// Moves the position. The largest offset is 2^63-1.
#[unsafe(no_mangle)]
pub extern "C" fn fd_seek(fd: u32, offset: i64, whence: u32, position: Address) -> Errno {
    answer(|| {
        let file = open::seekable(fd)?;
        let from = match whence {
            SEEK_SET => 0,
            SEEK_CUR => file.position()?,
            SEEK_END => file.size()?,
            _ => return Err(Errno::Inval),
        };
        let to = from.checked_add_signed(offset).filter(|to| i64::try_from(*to).is_ok()).ok_or(Errno::Inval)?;
        file.move_to(to);
        memory::write(position, &to.to_le_bytes())
    })
}

/// Returns the position.
#[unsafe(no_mangle)]
pub extern "C" fn fd_tell(fd: u32, position: Address) -> Errno {
    answer(|| memory::write(position, &open::seekable(fd)?.position()?.to_le_bytes()))
}

/// Passes access advice to the host, which may ignore it.
#[unsafe(no_mangle)]
pub extern "C" fn fd_advise(fd: u32, offset: u64, len: u64, advice: u32) -> Errno {
    answer(|| {
        let file = open::file(fd)?;
        let advice = match advice {
            0 => Advice::Normal,
            1 => Advice::Sequential,
            2 => Advice::Random,
            3 => Advice::WillNeed,
            4 => Advice::DontNeed,
            5 => Advice::NoReuse,
            _ => return Err(Errno::Inval),
        };
        file.descriptor.advise(offset, len, advice).into_answer()
    })
}

/// Fails: WASI 0.2 cannot allocate file space.
#[unsafe(no_mangle)]
pub extern "C" fn fd_allocate(fd: u32, _offset: u64, _len: u64) -> Errno {
    answer(|| open::file(fd).and(Err(Errno::Notsup)))
}

/// Synchronizes data to the disk.
#[unsafe(no_mangle)]
pub extern "C" fn fd_datasync(fd: u32) -> Errno {
    answer(|| open::file(fd)?.descriptor.sync_data().into_answer())
}

/// Synchronizes data and attributes to the disk.
#[unsafe(no_mangle)]
pub extern "C" fn fd_sync(fd: u32) -> Errno {
    answer(|| open::file(fd)?.descriptor.sync().into_answer())
}
