//! The three descriptors that there are: which number leads to which stream, after closing and renumbering.

use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use crate::abi::Errno;
use crate::memory::Buffer;
use crate::{my_cli, my_wasi, placement};

/// A stream of the host.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard input.
    Input = 0,
    /// Standard output.
    Output = 1,
    /// Standard error.
    Error = 2,
}

const CLOSED: u8 = u8::MAX;

/// The stream behind each descriptor.
static STREAMS: [AtomicU8; 3] = [const { AtomicU8::new(0) }, const { AtomicU8::new(1) }, const { AtomicU8::new(2) }];

/// The stream behind a descriptor, if it is open.
pub fn stream(fd: u32) -> Result<Stream, Errno> {
    let entry = STREAMS.get(fd as usize).ok_or(Errno::Badf)?;
    match entry.load(Relaxed) {
        0 => Ok(Stream::Input),
        1 => Ok(Stream::Output),
        2 => Ok(Stream::Error),
        _ => Err(Errno::Badf),
    }
}

/// Closes a descriptor.
pub fn close(fd: u32) -> Result<(), Errno> {
    stream(fd)?;
    STREAMS[fd as usize].store(CLOSED, Relaxed);
    Ok(())
}

/// Closes `to` and gives its number to the stream behind `from`.
pub fn renumber(from: u32, to: u32) -> Result<(), Errno> {
    let moved = stream(from)?;
    stream(to)?;
    if from != to {
        STREAMS[to as usize].store(moved as u8, Relaxed);
        STREAMS[from as usize].store(CLOSED, Relaxed);
    }
    Ok(())
}

impl Stream {
    /// Writes main's bytes; gives the number of bytes that the host took.
    pub fn write(self, bytes: &[u8]) -> Result<u32, Errno> {
        match self {
            Stream::Input => Err(Errno::Badf),
            Stream::Output => Ok(my_wasi::print(bytes)),
            Stream::Error => Ok(my_cli::print_error(bytes)),
        }
    }

    /// Fills main's buffer as far as there is input; 0 at its end.
    pub fn read(self, buffer: Buffer) -> Result<u32, Errno> {
        match self {
            Stream::Input => Ok(placement::read_into(buffer, my_cli::read)),
            Stream::Output | Stream::Error => Err(Errno::Badf),
        }
    }
}
