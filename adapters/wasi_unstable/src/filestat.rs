//! `filestat`: its number of links has grown from 32 to 64 bits.

use core::mem::{MaybeUninit, offset_of};
use core::ptr;

use crate::{Address, Errno, SUCCESS, address, next};

/// As preview1 has it.
#[derive(Clone, Copy)]
#[repr(C)]
struct New {
    device: u64,
    inode: u64,
    kind: u8,
    links: u64,
    size_and_times: [u64; 4],
}

/// As preview0 has it.
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

/// The attributes of a descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn fd_filestat_get(fd: u32, stat: Address) -> Errno {
    converted(stat, |new| next::fd_filestat_get(fd, new))
}

/// The attributes of a path.
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
    // SAFETY: zeros and whatever else are a `New`.
    let New { device, inode, kind, links, size_and_times } = unsafe { new.assume_init() };
    let links = u32::try_from(links).unwrap_or(u32::MAX);
    let old = Old { device, inode, kind, links, size_and_times };
    // SAFETY: main vouches for its pointers.
    unsafe { ptr::with_exposed_provenance_mut::<Old>(stat as usize).write_unaligned(old) };
    SUCCESS
}
