//! Standard streams of a guest, captured in memory or forwarded to a sink.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Stop;

/// Standard output or standard error. Clones share the stream.
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

    /// Writes all bytes at once.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the stream exceeds its limit.
    pub fn write(&self, data: &[u8]) -> Result<(), Stop> {
        match &mut *self.target() {
            Target::Memory { name, bytes, limit } => {
                if data.len() > limit.saturating_sub(bytes.len()) {
                    return Err(Stop::OutputLimit { stream: name, bytes: *limit });
                }
                bytes.extend_from_slice(data);
            }
            // Ignore a closed sink: the guest must not notice it.
            Target::Sink(sink) => drop(sink.write_all(data).and_then(|()| sink.flush())),
        }
        Ok(())
    }

    /// Returns the number of captured bytes.
    pub(crate) fn len(&self) -> usize {
        match &*self.target() {
            Target::Memory { bytes, .. } => bytes.len(),
            Target::Sink(_) => 0,
        }
    }

    /// Returns the captured bytes from an offset.
    pub(crate) fn since(&self, start: usize) -> Vec<u8> {
        match &*self.target() {
            Target::Memory { bytes, .. } => bytes.get(start..).unwrap_or_default().to_vec(),
            Target::Sink(_) => Vec::new(),
        }
    }

    /// Takes the captured bytes.
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

/// Standard input: bytes, read position, and the ends of the pieces in which it arrives.
#[derive(Debug)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    position: usize,
    /// End offsets of the pieces, in order. If empty, all bytes are one piece.
    ends: Vec<usize>,
    /// Start offset of the piece that has arrived.
    come: bool,
}

impl Input {
    /// The lengths of the pieces must add up to all bytes, or be empty.
    pub(crate) fn new(bytes: Vec<u8>, pieces: &[usize]) -> Self {
        let ends = pieces.iter().scan(0, |end, length| {
            *end += length;
            Some(*end)
        });
        Self { bytes, position: 0, ends: ends.collect(), come: true }
    }

    /// Reads up to `most` bytes of one piece, waiting for it; returns none at the end.
    pub(crate) fn read(&mut self, most: usize) -> Vec<u8> {
        let end = self.ends.iter().copied().find(|end| *end > self.position).unwrap_or(self.bytes.len());
        let rest = &self.bytes[self.position..end];
        let read = rest[..most.min(rest.len())].to_vec();
        self.position += read.len();
        self.come = !self.ends.contains(&self.position) || self.position == self.bytes.len();
        read
    }

    /// Appends input, as a separate piece if the input arrives in pieces.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if !self.ends.is_empty() {
            self.ends.push(self.bytes.len());
        }
    }

    /// Returns true if a read would not wait: input is available, or it is at its end.
    pub(crate) fn is_ready(&self) -> bool {
        self.come
    }

    /// Waits for the next piece.
    pub(crate) fn wait(&mut self) {
        self.come = true;
    }

    /// Returns true if all input was read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.position == self.bytes.len()
    }
}
