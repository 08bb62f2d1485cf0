//! Descriptor table: the stream of each of the three descriptors, after closing and renumbering.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard};

use crate::abi::{Answer, Errno};
use crate::{my_cli, my_wasi};

/// A stream of the host.
#[derive(Clone, Copy)]
pub enum Stream {
    /// Standard input.
    Input,
    /// Standard output or error.
    Output(&'static dyn Sink),
}

/// Destination of written bytes.
pub trait Sink: Sync {
    /// Writes bytes, and returns the number of bytes that the host accepted.
    fn write(&self, bytes: &[u8]) -> u32;
}

struct Output;
struct Error;

impl Sink for Output {
    fn write(&self, bytes: &[u8]) -> u32 {
        my_wasi::print(bytes)
    }
}

impl Sink for Error {
    fn write(&self, bytes: &[u8]) -> u32 {
        my_cli::print_error(bytes)
    }
}

/// Stream of each open descriptor.
static OPEN: LazyLock<Mutex<HashMap<u32, Stream>>> = LazyLock::new(|| {
    Mutex::new(HashMap::from([(0, Stream::Input), (1, Stream::Output(&Output)), (2, Stream::Output(&Error))]))
});

/// Returns the descriptor table. It must not be borrowed during a host call.
fn open() -> MutexGuard<'static, HashMap<u32, Stream>> {
    OPEN.lock().expect("no panic while the table is held")
}

/// Returns the stream of a descriptor, if it is open.
pub fn stream(fd: u32) -> Answer<Stream> {
    open().get(&fd).copied().ok_or(Errno::Badf)
}

/// Returns the destination of a descriptor, if it is writable.
pub fn sink(fd: u32) -> Answer<&'static dyn Sink> {
    match stream(fd)? {
        Stream::Output(sink) => Ok(sink),
        Stream::Input => Err(Errno::Badf),
    }
}

/// Closes a descriptor.
pub fn close(fd: u32) -> Answer {
    open().remove(&fd).map(drop).ok_or(Errno::Badf)
}

/// Closes `to`, and renumbers `from` to `to`.
pub fn renumber(from: u32, to: u32) -> Answer {
    let mut open = open();
    let moved = *open.get(&from).ok_or(Errno::Badf)?;
    *open.get_mut(&to).ok_or(Errno::Badf)? = moved;
    if from != to {
        open.remove(&from);
    }
    Ok(())
}
