//! Directory entries.

use wasip2::filesystem::types::{DescriptorType, DirectoryEntry, PathFlags};

use crate::abi::{Answer, Errno};
use crate::error::IntoAnswer;
use crate::folder::Folder;
use crate::memory::{self, Address};
use crate::{answer, open, stat};

/// Size in bytes of the header before an entry's name.
const HEAD: usize = 24;
/// The entries `.` and `..`, which the host does not list.
const OWN: u64 = 2;

/// Fills a buffer with entries, starting at a cookie: the number of the next entry.
#[unsafe(no_mangle)]
pub extern "C" fn fd_readdir(fd: u32, start: Address, len: u32, cookie: u64, used: Address) -> Errno {
    answer(|| {
        let folder = open::folder(fd)?;
        memory::check(start, len)?;
        let mut room = Room { bytes: Vec::new(), len: len as usize };
        fill(&folder, cookie, &mut room)?;
        memory::write(start, &room.bytes)?;
        memory::write(used, &(room.bytes.len() as u32).to_le_bytes())
    })
}

fn fill(folder: &Folder, cookie: u64, room: &mut Room) -> Answer {
    if cookie < OWN {
        let inode = folder.descriptor.metadata_hash().into_answer()?.lower;
        for number in cookie..OWN {
            let name = if number == 0 { "." } else { ".." };
            if !room.put(number + 1, inode, DescriptorType::Directory, name)? {
                return Ok(());
            }
        }
    }
    let mut list = folder.list(cookie.saturating_sub(OWN))?;
    while let Some((number, entry)) = list.take()? {
        // A removed entry has no inode, but is listed.
        let inode = folder.descriptor.metadata_hash_at(PathFlags::empty(), &entry.name).map_or(0, |hash| hash.lower);
        let DirectoryEntry { type_, name } = &entry;
        if !room.put(OWN + number + 1, inode, *type_, name)? {
            list.put_back(entry);
            break;
        }
    }
    folder.keep(list);
    Ok(())
}

/// Remaining space of a buffer in main's memory.
struct Room {
    bytes: Vec<u8>,
    len: usize,
}

impl Room {
    /// Writes as much of an entry as fits. Returns true if all of it was written.
    fn put(&mut self, next: u64, inode: u64, kind: DescriptorType, name: &str) -> Answer<bool> {
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(&next.to_le_bytes());
        head[8..16].copy_from_slice(&inode.to_le_bytes());
        head[16..20].copy_from_slice(&(name.len() as u32).to_le_bytes());
        head[20] = stat::kind(kind);
        Ok(self.add(&head)? && self.add(name.as_bytes())?)
    }

    fn add(&mut self, bytes: &[u8]) -> Answer<bool> {
        let (fits, _) = bytes.split_at(bytes.len().min(self.len - self.bytes.len()));
        self.bytes.try_reserve(fits.len()).map_err(|_| Errno::Nomem)?;
        self.bytes.extend_from_slice(fits);
        Ok(fits.len() == bytes.len())
    }
}
