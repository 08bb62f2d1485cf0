//! Shared code of regression guests in Rust: the functions of preview1 without a libc, and output
//! without formatting. A guest prints a line for each result; its case has the correct results.
#![allow(dead_code)]

use core::mem::MaybeUninit;

pub const SUCCESS: u16 = 0;
pub const AGAIN: u16 = 6;
pub const BADF: u16 = 8;
pub const INVAL: u16 = 28;
pub const NOTSUP: u16 = 58;

pub const CREAT: u16 = 1;
pub const DIRECTORY: u16 = 2;
pub const EXCL: u16 = 4;
pub const TRUNC: u16 = 8;

pub const APPEND: u16 = 1;
pub const NONBLOCK: u16 = 4;

pub const FD_READ: u64 = 1 << 1;
pub const FD_SEEK: u64 = 1 << 2;
pub const FD_TELL: u64 = 1 << 5;
pub const FD_WRITE: u64 = 1 << 6;
pub const READ_WRITE: u64 = FD_READ | FD_SEEK | FD_TELL | FD_WRITE;
/// Rights to list a directory, and to read and set its times.
pub const FOLDER: u64 = 1 << 14 | 1 << 21 | 1 << 23;
/// All 30 rights.
pub const EVERYTHING: u64 = (1 << 30) - 1;

/// First preopened directory.
pub const ROOT: u32 = 3;

pub const SET: u8 = 0;
pub const CUR: u8 = 1;
pub const END: u8 = 2;

pub const REALTIME: u32 = 0;
pub const MONOTONIC: u32 = 1;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Iovec {
    pub buf: *mut u8,
    pub len: usize,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Filestat {
    pub dev: u64,
    pub ino: u64,
    pub filetype: u8,
    pub nlink: u64,
    pub size: u64,
    pub atim: u64,
    pub mtim: u64,
    pub ctim: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Fdstat {
    pub filetype: u8,
    pub flags: u16,
    pub rights_base: u64,
    pub rights_inheriting: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Prestat {
    pub tag: u32,
    pub name_len: usize,
}

/// Subscription to a clock. In a subscription to a descriptor, the descriptor is at the offset of `id`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Subscription {
    pub userdata: u64,
    pub tag: u8,
    /// Aligns the payload of the tag to eight bytes.
    pub gap: [u8; 7],
    pub id: u32,
    pub timeout: u64,
    pub precision: u64,
    pub flags: u16,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Event {
    pub userdata: u64,
    pub error: u16,
    pub kind: u8,
    pub nbytes: u64,
    pub flags: u16,
}

/// Imports of preview1.
pub mod raw {
    use super::{Event, Fdstat, Filestat, Iovec, Prestat, Subscription};

    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub fn args_get(argv: *mut *mut u8, buf: *mut u8) -> u16;
        pub fn args_sizes_get(count: *mut usize, size: *mut usize) -> u16;
        pub fn environ_get(environ: *mut *mut u8, buf: *mut u8) -> u16;
        pub fn environ_sizes_get(count: *mut usize, size: *mut usize) -> u16;
        pub fn clock_res_get(id: u32, resolution: *mut u64) -> u16;
        pub fn clock_time_get(id: u32, precision: u64, time: *mut u64) -> u16;
        pub fn fd_advise(fd: u32, offset: u64, len: u64, advice: u8) -> u16;
        pub fn fd_allocate(fd: u32, offset: u64, len: u64) -> u16;
        pub fn fd_close(fd: u32) -> u16;
        pub fn fd_datasync(fd: u32) -> u16;
        pub fn fd_fdstat_get(fd: u32, stat: *mut Fdstat) -> u16;
        pub fn fd_fdstat_set_flags(fd: u32, flags: u16) -> u16;
        pub fn fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64) -> u16;
        pub fn fd_filestat_get(fd: u32, stat: *mut Filestat) -> u16;
        pub fn fd_filestat_set_size(fd: u32, size: u64) -> u16;
        pub fn fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, flags: u16) -> u16;
        pub fn fd_pread(fd: u32, iovs: *const Iovec, count: usize, offset: u64, read: *mut usize) -> u16;
        pub fn fd_prestat_get(fd: u32, stat: *mut Prestat) -> u16;
        pub fn fd_prestat_dir_name(fd: u32, path: *mut u8, len: usize) -> u16;
        pub fn fd_pwrite(fd: u32, iovs: *const Iovec, count: usize, offset: u64, written: *mut usize) -> u16;
        pub fn fd_read(fd: u32, iovs: *const Iovec, count: usize, read: *mut usize) -> u16;
        pub fn fd_readdir(fd: u32, buf: *mut u8, len: usize, cookie: u64, used: *mut usize) -> u16;
        pub fn fd_renumber(from: u32, to: u32) -> u16;
        pub fn fd_seek(fd: u32, offset: i64, whence: u8, position: *mut u64) -> u16;
        pub fn fd_sync(fd: u32) -> u16;
        pub fn fd_tell(fd: u32, position: *mut u64) -> u16;
        pub fn fd_write(fd: u32, iovs: *const Iovec, count: usize, written: *mut usize) -> u16;
        pub fn path_create_directory(fd: u32, path: *const u8, len: usize) -> u16;
        pub fn path_filestat_get(fd: u32, follow: u32, path: *const u8, len: usize, stat: *mut Filestat) -> u16;
        pub fn path_filestat_set_times(
            fd: u32,
            follow: u32,
            path: *const u8,
            len: usize,
            atim: u64,
            mtim: u64,
            flags: u16,
        ) -> u16;
        pub fn path_link(
            fd: u32,
            follow: u32,
            path: *const u8,
            len: usize,
            new_fd: u32,
            new_path: *const u8,
            new_len: usize,
        ) -> u16;
        pub fn path_open(
            fd: u32,
            follow: u32,
            path: *const u8,
            len: usize,
            oflags: u16,
            base: u64,
            inheriting: u64,
            flags: u16,
            opened: *mut u32,
        ) -> u16;
        pub fn path_readlink(
            fd: u32,
            path: *const u8,
            len: usize,
            buf: *mut u8,
            buf_len: usize,
            used: *mut usize,
        ) -> u16;
        pub fn path_remove_directory(fd: u32, path: *const u8, len: usize) -> u16;
        pub fn path_rename(
            fd: u32,
            path: *const u8,
            len: usize,
            new_fd: u32,
            new_path: *const u8,
            new_len: usize,
        ) -> u16;
        pub fn path_symlink(to: *const u8, to_len: usize, fd: u32, path: *const u8, len: usize) -> u16;
        pub fn path_unlink_file(fd: u32, path: *const u8, len: usize) -> u16;
        pub fn poll_oneoff(input: *const Subscription, output: *mut Event, count: usize, events: *mut usize) -> u16;
        pub fn proc_exit(code: u32) -> !;
        pub fn proc_raise(signal: u8) -> u16;
        pub fn random_get(buf: *mut u8, len: usize) -> u16;
        pub fn sched_yield() -> u16;
        pub fn sock_accept(fd: u32, flags: u16, opened: *mut u32) -> u16;
        pub fn sock_recv(
            fd: u32,
            iovs: *const Iovec,
            count: usize,
            flags: u16,
            read: *mut usize,
            out_flags: *mut u16,
        ) -> u16;
        pub fn sock_send(fd: u32, iovs: *const Iovec, count: usize, flags: u16, written: *mut usize) -> u16;
        pub fn sock_shutdown(fd: u32, how: u8) -> u16;
    }
}

/// Writes all of the bytes to standard output.
pub fn print(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let iovec = Iovec { buf: bytes.as_ptr().cast_mut(), len: bytes.len() };
        let mut written = 0;
        if unsafe { raw::fd_write(1, &iovec, 1, &mut written) } != SUCCESS || written == 0 {
            unsafe { raw::proc_exit(99) }
        }
        bytes = bytes.get(written..).unwrap_or_default();
    }
}

/// Prints a line: a label and numbers.
pub fn say(text: &str, numbers: &[i64]) {
    let mut line = [0; 300];
    let mut end = 0;
    let mut put = |byte| {
        if let Some(place) = line.get_mut(end) {
            *place = byte;
            end += 1;
        }
    };
    text.bytes().for_each(&mut put);
    for number in numbers {
        put(b' ');
        if *number < 0 {
            put(b'-');
        }
        let mut digits = [0; 20];
        let mut rest = number.unsigned_abs();
        let mut count = 0;
        while count == 0 || rest > 0 {
            if let Some(place) = digits.get_mut(count) {
                *place = b'0' + (rest % 10) as u8;
            }
            rest /= 10;
            count += 1;
        }
        digits.iter().take(count).rev().copied().for_each(&mut put);
    }
    put(b'\n');
    print(line.get(..end).unwrap_or_default());
}

/// Prints a line: a label and an errno.
pub fn report(text: &str, errno: u16) {
    say(text, &[i64::from(errno)]);
}

/// Prints a line: a function, its object, and numbers.
pub fn say_of(function: &str, what: &str, numbers: &[i64]) {
    print(function.as_bytes());
    print(b" ");
    say(what, numbers);
}

/// Prints a line: a function, its object, and an errno.
pub fn report_of(function: &str, what: &str, errno: u16) {
    say_of(function, what, &[i64::from(errno)]);
}

/// Prints a line: a label and bytes.
pub fn show(text: &str, bytes: &[u8]) {
    print(text.as_bytes());
    print(b" ");
    print(bytes);
    print(b"\n");
}

/// Returns the first argument after the program's name, or an empty one if it is missing or the arguments are too long.
pub fn argument(room: &mut [u8]) -> &[u8] {
    let (mut count, mut size) = (0, 0);
    must("args_sizes_get", unsafe { raw::args_sizes_get(&mut count, &mut size) });
    let mut places = [core::ptr::null_mut(); 8];
    if count > places.len() || size > room.len() {
        return b"";
    }
    must("args_get", unsafe { raw::args_get(places.as_mut_ptr(), room.as_mut_ptr()) });
    room.split(|byte| *byte == 0).nth(1).unwrap_or_default()
}

/// Exits, because the test's precondition failed.
pub fn must(what: &str, errno: u16) {
    if errno != SUCCESS {
        report(what, errno);
        unsafe { raw::proc_exit(98) }
    }
}

/// Opens a file or directory below an open directory.
pub fn open_at(fd: u32, path: &str, oflags: u16, rights: u64, flags: u16) -> Result<u32, u16> {
    let mut opened = MaybeUninit::uninit();
    let errno =
        unsafe { raw::path_open(fd, 1, path.as_ptr(), path.len(), oflags, rights, rights, flags, opened.as_mut_ptr()) };
    if errno == SUCCESS { Ok(unsafe { opened.assume_init() }) } else { Err(errno) }
}

/// Opens an existing file or directory, or exits.
pub fn open(path: &str, oflags: u16, rights: u64, flags: u16) -> u32 {
    match open_at(ROOT, path, oflags, rights, flags) {
        Ok(fd) => fd,
        Err(errno) => {
            must(path, errno);
            0
        }
    }
}

/// Writes once, and returns the number of bytes, or the errno as a negative number.
pub fn write(fd: u32, bytes: &[u8]) -> i64 {
    let iovec = Iovec { buf: bytes.as_ptr().cast_mut(), len: bytes.len() };
    let mut written = 0;
    let errno = unsafe { raw::fd_write(fd, &iovec, 1, &mut written) };
    if errno == SUCCESS { written as i64 } else { -i64::from(errno) }
}

/// Reads once, and returns the number of bytes, or the errno as a negative number.
pub fn read(fd: u32, bytes: &mut [u8]) -> i64 {
    let iovec = Iovec { buf: bytes.as_mut_ptr(), len: bytes.len() };
    let mut read = 0;
    let errno = unsafe { raw::fd_read(fd, &iovec, 1, &mut read) };
    if errno == SUCCESS { read as i64 } else { -i64::from(errno) }
}

/// Reads to the end of the file or of the buffer, and returns the number of bytes.
pub fn read_all(fd: u32, bytes: &mut [u8]) -> usize {
    let mut end = 0;
    loop {
        match read(fd, bytes.get_mut(end..).unwrap_or_default()) {
            read @ 1.. => end += read as usize,
            0 => return end,
            errno => must("fd_read", -errno as u16),
        }
    }
}

/// Seeks and returns the new position, or the error as a negative number.
pub fn seek(fd: u32, offset: i64, whence: u8) -> i64 {
    let mut position = 0;
    let errno = unsafe { raw::fd_seek(fd, offset, whence, &mut position) };
    if errno == SUCCESS { position as i64 } else { -i64::from(errno) }
}

/// Returns the position, or the error as a negative number.
pub fn position(fd: u32) -> i64 {
    let mut position = 0;
    let errno = unsafe { raw::fd_tell(fd, &mut position) };
    if errno == SUCCESS { position as i64 } else { -i64::from(errno) }
}

/// Polls for a readable descriptor, and returns the errnos of the call and of its event.
pub fn wait_to_read(fd: u32) -> [u16; 2] {
    let subscription = Subscription { tag: 1, id: fd, ..Subscription::default() };
    let mut event = Event::default();
    let mut count = 0;
    let errno = unsafe { raw::poll_oneoff(&subscription, &mut event, 1, &mut count) };
    [errno, event.error]
}
