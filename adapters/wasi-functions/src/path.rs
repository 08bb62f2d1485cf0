//! Functions on paths.

use std::rc::Rc;

use wasip2::filesystem::types::{Descriptor, DescriptorFlags, DescriptorType, ErrorCode, OpenFlags, PathFlags};

use crate::abi::{
    APPEND, Answer, CREAT, DIRECTORY, DSYNC, EXCL, Errno, FDFLAGS, NONBLOCK, RIGHT_READ, RIGHT_WRITE, RSYNC, SYNC,
    TRUNC,
};
use crate::error::IntoAnswer;
use crate::file::File;
use crate::folder::Folder;
use crate::memory::{self, Address};
use crate::open::{Open, folder};
use crate::{answer, known, stat, table};

/// Opens a file or directory.
#[unsafe(no_mangle)]
pub extern "C" fn path_open(
    fd: u32,
    lookup: u32,
    path: Address,
    len: u32,
    open: u32,
    rights: u64,
    _inheriting: u64,
    flags: u32,
    opened: Address,
) -> Errno {
    answer(|| {
        let path = memory::text(path, len)?;
        let folder = match table::open(fd)? {
            Open::Folder(folder) => folder,
            Open::File(_) => return Err(Errno::Notdir),
            Open::Input(_) | Open::Output(_) | Open::Reserved => return Err(Errno::Badf),
        };
        let (lookup, open, access) = (lookup_flags(lookup)?, open_flags(open)?, access(rights, flags)?);
        memory::check(opened, 4)?;
        // Without a free descriptor, nothing is opened or created.
        table::prepare()?;
        let descriptor = folder.descriptor.open_at(lookup, &path, open, access).into_answer()?;
        let is_folder = match (open.contains(OpenFlags::DIRECTORY), access.contains(DescriptorFlags::WRITE)) {
            (true, _) => true,
            // A directory cannot be opened for writing.
            (false, true) => false,
            (false, false) => descriptor.get_type().into_answer()? == DescriptorType::Directory,
        };
        let open = if is_folder {
            Open::Folder(Rc::new(Folder::new(descriptor, None)))
        } else {
            Open::File(Rc::new(File::new(descriptor, flags & APPEND != 0, flags & NONBLOCK != 0)))
        };
        memory::write(opened, &table::add(open).to_le_bytes())
    })
}

fn open_flags(flags: u32) -> Answer<OpenFlags> {
    known(flags, CREAT | DIRECTORY | EXCL | TRUNC)?;
    let all = [
        (CREAT, OpenFlags::CREATE),
        (DIRECTORY, OpenFlags::DIRECTORY),
        (EXCL, OpenFlags::EXCLUSIVE),
        (TRUNC, OpenFlags::TRUNCATE),
    ];
    Ok(all.into_iter().filter(|(flag, _)| flags & flag != 0).map(|(_, flag)| flag).collect())
}

/// Access mode of an open; derived partly from the requested rights.
fn access(rights: u64, flags: u32) -> Answer<DescriptorFlags> {
    known(flags, FDFLAGS)?;
    let all = [
        (rights & RIGHT_READ != 0, DescriptorFlags::READ),
        (rights & RIGHT_WRITE != 0, DescriptorFlags::WRITE),
        (flags & SYNC != 0, DescriptorFlags::FILE_INTEGRITY_SYNC),
        (flags & DSYNC != 0, DescriptorFlags::DATA_INTEGRITY_SYNC),
        (flags & RSYNC != 0, DescriptorFlags::REQUESTED_WRITE_SYNC),
    ];
    Ok(all.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).collect())
}

fn lookup_flags(flags: u32) -> Answer<PathFlags> {
    const FOLLOW: u32 = 1;
    known(flags, FOLLOW)?;
    Ok(if flags == FOLLOW { PathFlags::SYMLINK_FOLLOW } else { PathFlags::empty() })
}

/// Creates a directory.
#[unsafe(no_mangle)]
pub extern "C" fn path_create_directory(fd: u32, path: Address, len: u32) -> Errno {
    at(fd, path, len, Descriptor::create_directory_at)
}

/// Writes the attributes of the file at a path.
#[unsafe(no_mangle)]
pub extern "C" fn path_filestat_get(fd: u32, lookup: u32, path: Address, len: u32, to: Address) -> Errno {
    answer(|| {
        let (folder, path, lookup) = (folder(fd)?, memory::text(path, len)?, lookup_flags(lookup)?);
        let found = folder.descriptor.stat_at(lookup, &path).into_answer()?;
        let hash = folder.descriptor.metadata_hash_at(lookup, &path).into_answer()?;
        memory::write(to, &stat::filestat(&found, &hash)?)
    })
}

/// Sets the times of the file at a path.
#[unsafe(no_mangle)]
pub extern "C" fn path_filestat_set_times(
    fd: u32,
    lookup: u32,
    path: Address,
    len: u32,
    accessed: u64,
    modified: u64,
    times: u32,
) -> Errno {
    answer(|| {
        let (accessed, modified) = stat::new_times(accessed, modified, times)?;
        let (folder, path, lookup) = (folder(fd)?, memory::text(path, len)?, lookup_flags(lookup)?);
        folder.descriptor.set_times_at(lookup, &path, accessed, modified).into_answer()
    })
}

/// Creates a hard link.
#[unsafe(no_mangle)]
pub extern "C" fn path_link(
    old_fd: u32,
    lookup: u32,
    old: Address,
    old_len: u32,
    new_fd: u32,
    new: Address,
    new_len: u32,
) -> Errno {
    answer(|| {
        let (from, to, lookup) = (folder(old_fd)?, folder(new_fd)?, lookup_flags(lookup)?);
        let (old, new) = (memory::text(old, old_len)?, memory::text(new, new_len)?);
        from.descriptor.link_at(lookup, &old, &to.descriptor, &new).into_answer()
    })
}

/// Reads a symbolic link, truncated to the buffer.
#[unsafe(no_mangle)]
pub extern "C" fn path_readlink(fd: u32, path: Address, len: u32, start: Address, room: u32, used: Address) -> Errno {
    answer(|| {
        let folder = folder(fd)?;
        let text = folder.descriptor.readlink_at(&memory::text(path, len)?).into_answer()?;
        let (fits, _) = text.as_bytes().split_at(text.len().min(room as usize));
        memory::write(start, fits)?;
        memory::write(used, &(fits.len() as u32).to_le_bytes())
    })
}

/// Removes a directory.
#[unsafe(no_mangle)]
pub extern "C" fn path_remove_directory(fd: u32, path: Address, len: u32) -> Errno {
    at(fd, path, len, Descriptor::remove_directory_at)
}

/// Renames a file or directory.
#[unsafe(no_mangle)]
pub extern "C" fn path_rename(
    old_fd: u32,
    old: Address,
    old_len: u32,
    new_fd: u32,
    new: Address,
    new_len: u32,
) -> Errno {
    answer(|| {
        let (from, to) = (folder(old_fd)?, folder(new_fd)?);
        let (old, new) = (memory::text(old, old_len)?, memory::text(new, new_len)?);
        from.descriptor.rename_at(&old, &to.descriptor, &new).into_answer()
    })
}

/// Creates a symbolic link.
#[unsafe(no_mangle)]
pub extern "C" fn path_symlink(to: Address, to_len: u32, fd: u32, path: Address, len: u32) -> Errno {
    answer(|| {
        let folder = folder(fd)?;
        let (to, path) = (memory::text(to, to_len)?, memory::text(path, len)?);
        folder.descriptor.symlink_at(&to, &path).into_answer()
    })
}

/// Removes a file.
#[unsafe(no_mangle)]
pub extern "C" fn path_unlink_file(fd: u32, path: Address, len: u32) -> Errno {
    at(fd, path, len, Descriptor::unlink_file_at)
}

/// Performs an operation on a directory and a path below it.
fn at(fd: u32, path: Address, len: u32, work: fn(&Descriptor, &str) -> Result<(), ErrorCode>) -> Errno {
    answer(|| {
        let folder = folder(fd)?;
        work(&folder.descriptor, &memory::text(path, len)?).into_answer()
    })
}
