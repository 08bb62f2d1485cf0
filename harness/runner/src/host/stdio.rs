//! Standard streams of a guest: kept in memory, or passed on to a sink as they come.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Stop;

/// Standard output or standard error. Clones are the same stream.
#[derive(Clone)]
pub struct Output(Arc<Mutex<Target>>);

enum Target {
    Memory { name: &'static str, bytes: Vec<u8>, limit: usize },
    Sink(Box<dyn Write + Send>),
}

impl Output {
    pub(crate) fn new(name: &'static str, sink: Option<Box<dyn Write + Send>>, limit: usize) -> Self {
        let target = match sink {
            None => Target::Memory { name, bytes: Vec::new(), limit },
            Some(sink) => Target::Sink(sink),
        };
        Self(Arc::new(Mutex::new(target)))
    }

    /// Writes all of the bytes, at once.
    pub fn write(&self, data: &[u8]) -> Result<(), Stop> {
        match &mut *self.target() {
            Target::Memory { name, bytes, limit } => {
                if data.len() > limit.saturating_sub(bytes.len()) {
                    return Err(Stop::OutputLimit { stream: name, bytes: *limit });
                }
                bytes.extend_from_slice(data);
            }
            // A reader that has gone is not the guest's affair.
            Target::Sink(sink) => drop(sink.write_all(data).and_then(|()| sink.flush())),
        }
        Ok(())
    }

    /// Takes what was written out of memory.
    pub(crate) fn take(&self) -> Vec<u8> {
        match &mut *self.target() {
            Target::Memory { bytes, .. } => std::mem::take(bytes),
            Target::Sink(_) => Vec::new(),
        }
    }

    fn target(&self) -> MutexGuard<'_, Target> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Output")
    }
}

/// Standard input: bytes and how many of them were read.
#[derive(Debug)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    position: usize,
}

impl Input {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, position: 0 }
    }

    /// At most so many bytes; none at the end.
    pub(crate) fn read(&mut self, most: usize) -> Vec<u8> {
        let rest = &self.bytes[self.position..];
        let read = rest[..most.min(rest.len())].to_vec();
        self.position += read.len();
        read
    }
}
