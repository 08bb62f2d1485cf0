//! Numbers that preview1 lays down.

/// What a function of preview1 answers.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Errno {
    Success = 0,
    TooBig = 1,
    Badf = 8,
    Fault = 21,
    Inval = 28,
    Io = 29,
    Notdir = 54,
    Notsock = 57,
    Notsup = 58,
    Spipe = 70,
}

/// What the functions of this crate give, which [`crate::answer`] makes an [`Errno`].
pub type Answer<T = ()> = Result<T, Errno>;

/// The right to read.
pub const RIGHT_READ: u64 = 1 << 1;
/// The right to write.
pub const RIGHT_WRITE: u64 = 1 << 6;
/// The right to ask for attributes.
pub const RIGHT_FILESTAT_GET: u64 = 1 << 21;
/// The right to wait for readiness.
pub const RIGHT_POLL: u64 = 1 << 27;

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
