//! The functions and types of preview0 that this guest uses.

#[link(wasm_import_module = "wasi_unstable")]
unsafe extern "C" {
    pub safe fn args_sizes_get(count: &mut usize, size: &mut usize) -> u32;
    pub safe fn random_get(start: *mut u8, len: usize) -> u32;
    pub safe fn fd_write(fd: u32, buffers: *const Buffer, len: usize, written: &mut usize) -> u32;
    pub safe fn fd_seek(fd: u32, offset: i64, whence: u32, position: &mut u64) -> u32;
    pub safe fn fd_filestat_get(fd: u32, stat: &mut Filestat) -> u32;
    pub safe fn path_filestat_get(fd: u32, flags: u32, path: *const u8, len: usize, stat: &mut Filestat) -> u32;
    pub safe fn poll_oneoff(from: *const Subscription, to: *mut Event, len: usize, count: &mut usize) -> u32;
    pub safe fn proc_exit(code: u32) -> !;
}

/// `ciovec`
#[repr(C)]
pub struct Buffer {
    start: *const u8,
    len: usize,
}

impl Buffer {
    pub fn of(bytes: &[u8]) -> Buffer {
        Buffer { start: bytes.as_ptr(), len: bytes.len() }
    }
}

/// `filestat`, with the number of links in 32 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Filestat {
    device: u64,
    inode: u64,
    kind: u8,
    links: u32,
    size: u64,
    times: [u64; 3],
}

/// `subscription`, in which an identifier precedes the clock.
#[repr(C)]
pub struct Subscription {
    userdata: u64,
    kind: u8,
    name_or_fd: u64,
    clock: u32,
    timeout: u64,
    precision: u64,
    flags: u16,
}

impl Subscription {
    pub fn clock(userdata: u64, clock: u32, timeout: u64, flags: u16) -> Subscription {
        Subscription { userdata, kind: 0, name_or_fd: 99, clock, timeout, precision: 1, flags }
    }

    pub fn write(userdata: u64, fd: u32) -> Subscription {
        let name_or_fd = fd.into();
        Subscription { userdata, kind: 2, name_or_fd, clock: 0, timeout: 0, precision: 0, flags: 0 }
    }
}

/// `event`
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Event {
    userdata: u64,
    error: u16,
    kind: u8,
    bytes: u64,
    flags: u16,
}
