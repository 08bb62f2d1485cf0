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

/// The right to read.
pub const RIGHT_READ: u64 = 1 << 1;
/// The right to move the position.
pub const RIGHT_SEEK: u64 = 1 << 2;
/// The right to write.
pub const RIGHT_WRITE: u64 = 1 << 6;
/// The right to ask for entries.
pub const RIGHT_READDIR: u64 = 1 << 14;
/// The right to give what a path leads to another size.
pub const RIGHT_PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
/// The right to ask for attributes.
pub const RIGHT_FILESTAT_GET: u64 = 1 << 21;
/// The right to give a file another size.
pub const RIGHT_FILESTAT_SET_SIZE: u64 = 1 << 22;
/// The right to wait for readiness.
pub const RIGHT_POLL: u64 = 1 << 27;
/// All rights that there are.
pub const RIGHTS: u64 = (1 << 30) - 1;
/// Rights of a directory: all path functions, entries, attributes and times.
pub const RIGHTS_OF_FOLDERS: u64 = 0x3ff << 9 | 0b11 << 20 | 0b1111 << 23;
/// Rights of a file.
pub const RIGHTS_OF_FILES: u64 = 0b1_1111_1111 | 0b111 << 21 | RIGHT_POLL;

/// Writes go to the end.
pub const APPEND: u32 = 1;
/// Data is on the disk after each write.
pub const DSYNC: u32 = 1 << 1;
/// Calls do not wait.
pub const NONBLOCK: u32 = 1 << 2;
/// Reads are synchronized with the disk.
pub const RSYNC: u32 = 1 << 3;
/// All is on the disk after each write.
pub const SYNC: u32 = 1 << 4;
/// All flags of descriptors.
pub const FDFLAGS: u32 = APPEND | DSYNC | NONBLOCK | RSYNC | SYNC;

/// Make a file if there is none.
pub const CREAT: u32 = 1;
/// Fail if it is not a directory.
pub const DIRECTORY: u32 = 1 << 1;
/// Fail if there is a file.
pub const EXCL: u32 = 1 << 2;
/// Make a file empty.
pub const TRUNC: u32 = 1 << 3;

/// Set the time of access.
pub const SET_ATIM: u32 = 1;
/// Set the time of access to what it is now.
pub const SET_ATIM_NOW: u32 = 1 << 1;
/// Set the time of modification.
pub const SET_MTIM: u32 = 1 << 2;
/// Set the time of modification to what it is now.
pub const SET_MTIM_NOW: u32 = 1 << 3;

/// A position from the start.
pub const SEEK_SET: u32 = 0;
/// A position from where it is.
pub const SEEK_CUR: u32 = 1;
/// A position from the end.
pub const SEEK_END: u32 = 2;

/// The clock that counts from 1970.
pub const CLOCK_REALTIME: u32 = 0;
/// The clock that never runs backwards.
pub const CLOCK_MONOTONIC: u32 = 1;
/// The clocks of the process's and of the thread's share of the processor.
pub const CLOCKS_CPU: [u32; 2] = [2, 3];

/// A subscription to a clock.
pub const EVENT_CLOCK: u8 = 0;
/// A subscription to a descriptor that may be read.
pub const EVENT_FD_READ: u8 = 1;
/// A subscription to a descriptor that may be written.
pub const EVENT_FD_WRITE: u8 = 2;
/// The timeout is a point in time, not a duration.
pub const SUBSCRIPTION_ABSTIME: u16 = 1;
/// There is nothing more to read.
pub const EVENT_HANGUP: u16 = 1;
