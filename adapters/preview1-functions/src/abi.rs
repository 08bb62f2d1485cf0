//! Numbers and layouts that preview1 lays down.

/// What a function of preview1 answers.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Errno {
    Success = 0,
    Badf = 8,
    Inval = 28,
    Io = 29,
    Notdir = 54,
    Notsock = 57,
    Notsup = 58,
    Spipe = 70,
}

/// The file type of standard input, output and error: not a terminal, and nothing else that has a name.
pub const FILETYPE_UNKNOWN: u8 = 0;

/// The right to read.
pub const RIGHT_READ: u64 = 1 << 1;
/// The right to write.
pub const RIGHT_WRITE: u64 = 1 << 6;
/// The right to ask for attributes.
pub const RIGHT_FILESTAT_GET: u64 = 1 << 21;
/// The right to wait for readiness.
pub const RIGHT_POLL: u64 = 1 << 27;

/// `fdstat`
#[allow(missing_docs)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Fdstat {
    pub filetype: u8,
    pub flags: u16,
    pub rights: u64,
    pub rights_inheriting: u64,
}

/// `filestat`
#[allow(missing_docs)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Filestat {
    pub device: u64,
    pub inode: u64,
    pub filetype: u8,
    pub links: u64,
    pub size: u64,
    pub accessed: u64,
    pub modified: u64,
    pub changed: u64,
}

/// The clock that counts from 1970.
pub const CLOCK_REALTIME: u32 = 0;
/// The clock that never runs backwards.
pub const CLOCK_MONOTONIC: u32 = 1;
/// The clock of the process's share of the processor.
pub const CLOCK_PROCESS: u32 = 2;
/// The clock of the thread's share of the processor.
pub const CLOCK_THREAD: u32 = 3;

/// A subscription to a clock.
pub const EVENT_CLOCK: u8 = 0;
/// A subscription to a descriptor that may be read.
pub const EVENT_FD_READ: u8 = 1;
/// A subscription to a descriptor that may be written.
pub const EVENT_FD_WRITE: u8 = 2;
/// The timeout is a point in time, not a duration.
pub const SUBSCRIPTION_ABSTIME: u16 = 1;

/// `subscription`
#[allow(missing_docs)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Subscription {
    pub userdata: u64,
    pub kind: u8,
    pub to: SubscribedTo,
}

/// The payload of a subscription: that of a clock, whose first field is also the descriptor of the other two kinds.
#[allow(missing_docs)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct SubscribedTo {
    pub clock_or_fd: u32,
    pub timeout: u64,
    pub precision: u64,
    pub flags: u16,
}

/// `event`
#[allow(missing_docs)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Event {
    pub userdata: u64,
    pub error: u16,
    pub kind: u8,
    pub readiness: Readiness,
}

/// How ready a descriptor is.
#[allow(missing_docs)]
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Readiness {
    pub bytes: u64,
    pub flags: u16,
}

const _: () = {
    assert!(size_of::<Fdstat>() == 24 && size_of::<Filestat>() == 64);
    assert!(size_of::<Subscription>() == 48 && core::mem::offset_of!(Subscription, to) == 16);
    assert!(size_of::<Event>() == 32 && core::mem::offset_of!(Event, readiness) == 16);
};
