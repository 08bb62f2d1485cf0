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

    /// How many bytes were written, where they are kept.
    pub(crate) fn len(&self) -> usize {
        match &*self.target() {
            Target::Memory { bytes, .. } => bytes.len(),
            Target::Sink(_) => 0,
        }
    }

    /// What was written after so many bytes, where it is kept.
    pub(crate) fn since(&self, start: usize) -> Vec<u8> {
        match &*self.target() {
            Target::Memory { bytes, .. } => bytes.get(start..).unwrap_or_default().to_vec(),
            Target::Sink(_) => Vec::new(),
        }
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

/// Standard input: bytes, how many of them were read, and where pieces of them end.
#[derive(Debug)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    position: usize,
    /// The places behind each piece, in order; all bytes are one without any.
    ends: Vec<usize>,
    /// The piece that begins here has come: it was waited for.
    come: bool,
}

impl Input {
    /// The lengths of the pieces come to all bytes, or there are none.
    pub(crate) fn new(bytes: Vec<u8>, pieces: &[usize]) -> Self {
        let ends = pieces.iter().scan(0, |end, length| {
            *end += length;
            Some(*end)
        });
        Self { bytes, position: 0, ends: ends.collect(), come: true }
    }

    /// At most so many bytes of one piece, which is waited for; none at the end.
    pub(crate) fn read(&mut self, most: usize) -> Vec<u8> {
        let end = self.ends.iter().copied().find(|end| *end > self.position).unwrap_or(self.bytes.len());
        let rest = &self.bytes[self.position..end];
        let read = rest[..most.min(rest.len())].to_vec();
        self.position += read.len();
        self.come = !self.ends.contains(&self.position) || self.position == self.bytes.len();
        read
    }

    /// More behind all that there is; a piece of its own where it comes in pieces.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if !self.ends.is_empty() {
            self.ends.push(self.bytes.len());
        }
    }

    /// Whether there is something to be read, or the end, without waiting.
    pub(crate) fn is_ready(&self) -> bool {
        self.come
    }

    /// Waits for the next piece.
    pub(crate) fn wait(&mut self) {
        self.come = true;
    }

    /// Whether all was read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.position == self.bytes.len()
    }
}
