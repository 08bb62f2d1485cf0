//! Attributes of open descriptors.

use wasip2::filesystem::types::{DescriptorFlags, DescriptorType};

use crate::abi::{
    APPEND, Answer, DSYNC, Errno, FDFLAGS, NONBLOCK, RIGHT_FILESTAT_SET_SIZE, RIGHT_PATH_FILESTAT_SET_SIZE, RIGHT_READ,
    RIGHT_READDIR, RIGHT_SEEK, RIGHT_WRITE, RIGHTS, RIGHTS_OF_FILES, RIGHTS_OF_FOLDERS, RSYNC, SYNC,
};
use crate::error::IntoAnswer;
use crate::memory::{self, Address};
use crate::open::{Entry, Open};
use crate::{answer, known, open, stat, table};

/// `fdstat`.
struct Fdstat {
    kind: u8,
    flags: u32,
    rights: u64,
    inheriting: u64,
}

/// Writes the type, flags and rights of a descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn fd_fdstat_get(fd: u32, to: Address) -> Errno {
    answer(|| {
        let found = match table::open(fd)? {
            Open::Input(input) => Fdstat::stream(input.is_terminal(), input.nonblocking.get(), RIGHT_READ),
            Open::Output(output) => Fdstat::stream(output.is_terminal(), output.nonblocking.get(), RIGHT_WRITE),
            Open::Folder(folder) if folder.name.is_some() => Fdstat::preopened(),
            Open::Folder(folder) => Fdstat::entry(&Entry::Folder(folder))?,
            Open::File(file) => {
                let flags = [(file.append.get(), APPEND), (file.nonblocking.get(), NONBLOCK)];
                let mut found = Fdstat::entry(&Entry::File(file))?;
                found.flags |= flags.iter().filter(|(is_set, _)| *is_set).fold(0, |flags, (_, flag)| flags | flag);
                found
            }
            Open::Reserved => return Err(Errno::Badf),
        };
        memory::write(to, &found.bytes())
    })
}

impl Fdstat {
    fn stream(is_terminal: bool, nonblocking: bool, rights: u64) -> Fdstat {
        let flags = if nonblocking { NONBLOCK } else { 0 };
        Fdstat { kind: stat::stream(is_terminal), flags, rights, inheriting: rights }
    }

    /// Returns the `fdstat` of a preopened directory. Programs derive the rights of everything below it from this one.
    fn preopened() -> Fdstat {
        let kind = stat::kind(DescriptorType::Directory);
        Fdstat { kind, flags: 0, rights: RIGHTS_OF_FOLDERS, inheriting: RIGHTS_OF_FOLDERS | RIGHTS_OF_FILES }
    }

    /// WASI 0.2 has no rights: they are derived from the access mode of the open.
    fn entry(entry: &Entry) -> Answer<Fdstat> {
        let opened = entry.descriptor().get_flags().into_answer()?;
        let kind = entry.descriptor().get_type().into_answer()?;
        let mut rights = RIGHTS;
        if kind == DescriptorType::Directory {
            rights &= !(RIGHT_SEEK | RIGHT_FILESTAT_SET_SIZE | RIGHT_PATH_FILESTAT_SET_SIZE);
        }
        if !opened.contains(DescriptorFlags::READ) {
            rights &= !(RIGHT_READ | RIGHT_READDIR);
        }
        if !opened.contains(DescriptorFlags::WRITE) {
            rights &= !RIGHT_WRITE;
        }
        let flags = [
            (DescriptorFlags::DATA_INTEGRITY_SYNC, DSYNC),
            (DescriptorFlags::REQUESTED_WRITE_SYNC, RSYNC),
            (DescriptorFlags::FILE_INTEGRITY_SYNC, SYNC),
        ];
        let flags = flags.iter().filter(|(of, _)| opened.contains(*of)).fold(0, |flags, (_, flag)| flags | flag);
        Ok(Fdstat { kind: stat::kind(kind), flags, rights, inheriting: rights })
    }

    fn bytes(&self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[0] = self.kind;
        bytes[2..4].copy_from_slice(&(self.flags as u16).to_le_bytes());
        bytes[8..16].copy_from_slice(&self.rights.to_le_bytes());
        bytes[16..].copy_from_slice(&self.inheriting.to_le_bytes());
        bytes
    }
}

/// Sets the flags `append` and `nonblock`. The others cannot be changed.
#[unsafe(no_mangle)]
pub extern "C" fn fd_fdstat_set_flags(fd: u32, flags: u32) -> Errno {
    answer(|| {
        let found = table::open(fd)?;
        if matches!(found, Open::Folder(_)) {
            return Err(Errno::Badf);
        }
        known(flags, FDFLAGS)?;
        known(flags, APPEND | NONBLOCK)?;
        let nonblocking = flags & NONBLOCK != 0;
        match found {
            Open::File(file) => {
                file.append.set(flags & APPEND != 0);
                file.nonblocking.set(nonblocking);
            }
            // A stream always appends.
            Open::Input(input) => input.nonblocking.set(nonblocking),
            Open::Output(output) => output.nonblocking.set(nonblocking),
            Open::Folder(_) | Open::Reserved => return Err(Errno::Badf),
        }
        Ok(())
    })
}

/// Fails: rights cannot be reduced.
#[unsafe(no_mangle)]
pub extern "C" fn fd_fdstat_set_rights(fd: u32, _rights: u64, _inheriting: u64) -> Errno {
    answer(|| open::entry(fd).and(Err(Errno::Notsup)))
}

/// Writes the attributes of a descriptor. A stream has none, which is not an error.
#[unsafe(no_mangle)]
pub extern "C" fn fd_filestat_get(fd: u32, to: Address) -> Errno {
    answer(|| {
        let found = match table::open(fd)? {
            Open::Input(input) => stat::filestat_of(stat::stream(input.is_terminal())),
            Open::Output(output) => stat::filestat_of(stat::stream(output.is_terminal())),
            Open::File(_) | Open::Folder(_) | Open::Reserved => {
                let entry = open::entry(fd)?;
                let found = entry.descriptor().stat().into_answer()?;
                stat::filestat(&found, &entry.descriptor().metadata_hash().into_answer()?)?
            }
        };
        memory::write(to, &found)
    })
}

/// Sets the size of a file.
#[unsafe(no_mangle)]
pub extern "C" fn fd_filestat_set_size(fd: u32, size: u64) -> Errno {
    answer(|| open::file(fd)?.descriptor.set_size(size).into_answer())
}

/// Sets the times of a file or directory.
#[unsafe(no_mangle)]
pub extern "C" fn fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32) -> Errno {
    answer(|| {
        let (accessed, modified) = stat::new_times(accessed, modified, flags)?;
        open::entry(fd)?.descriptor().set_times(accessed, modified).into_answer()
    })
}
