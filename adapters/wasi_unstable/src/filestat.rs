//! `filestat`: the number of links has 32 bits in preview0, and 64 bits in preview1.

use core::mem::{MaybeUninit, offset_of};
use core::ptr;

use crate::{Address, Errno, SUCCESS, address, next};

/// Layout of preview1.
#[derive(Clone, Copy)]
#[repr(C)]
struct New {
    device: u64,
    inode: u64,
    kind: u8,
    links: u64,
    size_and_times: [u64; 4],
}

/// Layout of preview0.
#[derive(Clone, Copy)]
#[repr(C)]
struct Old {
    device: u64,
    inode: u64,
    kind: u8,
    links: u32,
    size_and_times: [u64; 4],
}

const _: () = assert!(size_of::<New>() == 64 && offset_of!(New, size_and_times) == 32);
const _: () = assert!(size_of::<Old>() == 56 && offset_of!(Old, links) == 20);

/// Writes the attributes of a descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn fd_filestat_get(fd: u32, stat: Address) -> Errno {
    converted(stat, |new| next::fd_filestat_get(fd, new))
}

/// Writes the attributes of the file at a path.
#[unsafe(no_mangle)]
pub extern "C" fn path_filestat_get(fd: u32, flags: u32, path: Address, len: u32, stat: Address) -> Errno {
    converted(stat, |new| next::path_filestat_get(fd, flags, path, len, new))
}

fn converted(stat: Address, get: impl FnOnce(Address) -> Errno) -> Errno {
    let mut new = MaybeUninit::<New>::zeroed();
    let errno = get(address(new.as_mut_ptr()));
    if errno != SUCCESS {
        return errno;
    }
    // SAFETY: any bytes are a valid `New`.
    let New { device, inode, kind, links, size_and_times } = unsafe { new.assume_init() };
    let links = u32::try_from(links).unwrap_or(u32::MAX);
    let old = Old { device, inode, kind, links, size_and_times };
    // SAFETY: as required of the caller.
    unsafe { ptr::with_exposed_provenance_mut::<Old>(stat as usize).write_unaligned(old) };
    SUCCESS
}
