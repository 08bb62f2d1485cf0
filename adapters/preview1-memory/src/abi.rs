//! Constants of preview1.

/// Error code of preview1.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Errno {
    Success = 0,
    TooBig = 1,
    Acces = 2,
    Again = 6,
    Already = 7,
    Badf = 8,
    Busy = 10,
    Deadlk = 16,
    Dquot = 19,
    Exist = 20,
    Fault = 21,
    Fbig = 22,
    Ilseq = 25,
    Inprogress = 26,
    Intr = 27,
    Inval = 28,
    Io = 29,
    Isdir = 31,
    Loop = 32,
    Mlink = 34,
    Msgsize = 35,
    Nametoolong = 37,
    Nodev = 43,
    Noent = 44,
    Nolck = 46,
    Nomem = 48,
    Nospc = 51,
    Notdir = 54,
    Notempty = 55,
    Notrecoverable = 56,
    Notsock = 57,
    Notsup = 58,
    Notty = 59,
    Nxio = 60,
    Overflow = 61,
    Perm = 63,
    Pipe = 64,
    Rofs = 69,
    Spipe = 70,
    Txtbsy = 74,
    Xdev = 75,
}

/// Result of an adapter's function, before conversion to an [`Errno`].
pub type Answer<T = ()> = Result<T, Errno>;

/// `fd_read`: the right to read.
pub const RIGHT_READ: u64 = 1 << 1;
/// `fd_seek`: the right to move the position.
pub const RIGHT_SEEK: u64 = 1 << 2;
/// `fd_write`: the right to write.
pub const RIGHT_WRITE: u64 = 1 << 6;
/// `fd_readdir`: the right to list a directory.
pub const RIGHT_READDIR: u64 = 1 << 14;
/// `path_filestat_set_size`: the right to resize the file at a path.
pub const RIGHT_PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
/// `fd_filestat_get`: the right to read attributes.
pub const RIGHT_FILESTAT_GET: u64 = 1 << 21;
/// `fd_filestat_set_size`: the right to resize a file.
pub const RIGHT_FILESTAT_SET_SIZE: u64 = 1 << 22;
/// `poll_fd_readwrite`: the right to wait for readiness.
pub const RIGHT_POLL: u64 = 1 << 27;
/// All defined rights.
pub const RIGHTS: u64 = (1 << 30) - 1;
/// Rights of a directory: all path functions, entries, attributes and times.
pub const RIGHTS_OF_FOLDERS: u64 = 0x3ff << 9 | 0b11 << 20 | 0b1111 << 23;
/// Rights of a file.
pub const RIGHTS_OF_FILES: u64 = 0b1_1111_1111 | 0b111 << 21 | RIGHT_POLL;

/// `append`: writes go to the end of the file.
pub const APPEND: u32 = 1;
/// `dsync`: each write synchronizes data to the disk.
pub const DSYNC: u32 = 1 << 1;
/// `nonblock`: calls do not block.
pub const NONBLOCK: u32 = 1 << 2;
/// `rsync`: reads are synchronized with the disk.
pub const RSYNC: u32 = 1 << 3;
/// `sync`: each write synchronizes data and attributes to the disk.
pub const SYNC: u32 = 1 << 4;
/// All defined `fdflags`.
pub const FDFLAGS: u32 = APPEND | DSYNC | NONBLOCK | RSYNC | SYNC;

/// `creat`: create the file if it does not exist.
pub const CREAT: u32 = 1;
/// `directory`: fail if it is not a directory.
pub const DIRECTORY: u32 = 1 << 1;
/// `excl`: fail if the file exists.
pub const EXCL: u32 = 1 << 2;
/// `trunc`: truncate the file to size 0.
pub const TRUNC: u32 = 1 << 3;

/// `atim`: set the access time to the given value.
pub const SET_ATIM: u32 = 1;
/// `atim_now`: set the access time to the current time.
pub const SET_ATIM_NOW: u32 = 1 << 1;
/// `mtim`: set the modification time to the given value.
pub const SET_MTIM: u32 = 1 << 2;
/// `mtim_now`: set the modification time to the current time.
pub const SET_MTIM_NOW: u32 = 1 << 3;

/// `set`: offset from the start of the file.
pub const SEEK_SET: u32 = 0;
/// `cur`: offset from the current position.
pub const SEEK_CUR: u32 = 1;
/// `end`: offset from the end of the file.
pub const SEEK_END: u32 = 2;

/// `realtime`: nanoseconds since 1970.
pub const CLOCK_REALTIME: u32 = 0;
/// `monotonic`: never decreases.
pub const CLOCK_MONOTONIC: u32 = 1;
/// `process_cputime_id` and `thread_cputime_id`: CPU time clocks.
pub const CLOCKS_CPU: [u32; 2] = [2, 3];

/// `clock`: subscription to a clock.
pub const EVENT_CLOCK: u8 = 0;
/// `fd_read`: subscription to a readable descriptor.
pub const EVENT_FD_READ: u8 = 1;
/// `fd_write`: subscription to a writable descriptor.
pub const EVENT_FD_WRITE: u8 = 2;
/// `subscription_clock_abstime`: the timeout is absolute.
pub const SUBSCRIPTION_ABSTIME: u16 = 1;
/// `fd_readwrite_hangup`: end of file.
pub const EVENT_HANGUP: u16 = 1;
