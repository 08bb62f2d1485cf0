//! Attributes in the layout of preview1.

use wasip2::clocks::wall_clock::Datetime;
use wasip2::filesystem::types::{DescriptorStat, DescriptorType, MetadataHashValue, NewTimestamp};

use crate::abi::{Answer, Errno, SET_ATIM, SET_ATIM_NOW, SET_MTIM, SET_MTIM_NOW};
use crate::known;

/// `filetype`: `unknown`, also for a stream.
pub const UNKNOWN: u8 = 0;
/// `filetype`: `character_device`, for a terminal.
pub const CHARACTER_DEVICE: u8 = 2;

/// Converts a type of the host to a `filetype`. Preview1 has no type for a pipe, and two for sockets.
pub fn kind(kind: DescriptorType) -> u8 {
    match kind {
        DescriptorType::Unknown | DescriptorType::Fifo => UNKNOWN,
        DescriptorType::BlockDevice => 1,
        DescriptorType::CharacterDevice => CHARACTER_DEVICE,
        DescriptorType::Directory => 3,
        DescriptorType::RegularFile => 4,
        DescriptorType::Socket => 6,
        DescriptorType::SymbolicLink => 7,
    }
}

/// Returns the `filetype` of a stream.
pub fn stream(is_terminal: bool) -> u8 {
    if is_terminal { CHARACTER_DEVICE } else { UNKNOWN }
}

/// Returns the `filestat` of an object in a file system.
pub fn filestat(stat: &DescriptorStat, hash: &MetadataHashValue) -> Answer<[u8; 64]> {
    let time = |time: Option<Datetime>| time.map_or(Ok(0), nanoseconds);
    let mut bytes = filestat_of(kind(stat.type_));
    let fields = [
        (0, 1),
        (8, hash.lower),
        (24, stat.link_count),
        (32, stat.size),
        (40, time(stat.data_access_timestamp)?),
        (48, time(stat.data_modification_timestamp)?),
        (56, time(stat.status_change_timestamp)?),
    ];
    for (at, field) in fields {
        bytes[at..at + 8].copy_from_slice(&field.to_le_bytes());
    }
    Ok(bytes)
}

/// Returns a `filestat` with only the type.
pub fn filestat_of(kind: u8) -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[16] = kind;
    bytes
}

/// Converts a time to nanoseconds since 1970, if they fit in 64 bits.
pub fn nanoseconds(time: Datetime) -> Answer<u64> {
    let seconds = time.seconds.checked_mul(1_000_000_000).ok_or(Errno::Overflow)?;
    seconds.checked_add(time.nanoseconds.into()).ok_or(Errno::Overflow)
}

/// Converts `fstflags` to new values of both times.
pub fn new_times(accessed: u64, modified: u64, flags: u32) -> Answer<(NewTimestamp, NewTimestamp)> {
    known(flags, SET_ATIM | SET_ATIM_NOW | SET_MTIM | SET_MTIM_NOW)?;
    let new = |time: u64, set: u32, now: u32| match (flags & set != 0, flags & now != 0) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(NewTimestamp::Timestamp(Datetime {
            seconds: time / 1_000_000_000,
            nanoseconds: (time % 1_000_000_000) as u32,
        })),
        (false, true) => Ok(NewTimestamp::Now),
        (false, false) => Ok(NewTimestamp::NoChange),
    };
    Ok((new(accessed, SET_ATIM, SET_ATIM_NOW)?, new(modified, SET_MTIM, SET_MTIM_NOW)?))
}
