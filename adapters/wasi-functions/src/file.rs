//! Files: a descriptor of the host, and one position for reads and writes.

use std::cell::Cell;

use wasip2::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode};

use crate::TRIES;
use crate::abi::{Answer, Errno};
use crate::error::{IntoAnswer, errno};
use crate::memory::{self, Buffer};
use crate::stream;

/// Open file.
pub struct File {
    pub descriptor: Descriptor,
    /// Offset of the next read or write; `None` for the current end of the file.
    position: Cell<Option<u64>>,
    /// Writes go to the end.
    pub append: Cell<bool>,
    /// `nonblock`, which has no effect: files are always ready.
    pub nonblocking: Cell<bool>,
}

impl File {
    pub fn new(descriptor: Descriptor, append: bool, nonblocking: bool) -> File {
        let (append, nonblocking) = (Cell::new(append), Cell::new(nonblocking));
        File { descriptor, position: Cell::new(Some(0)), append, nonblocking }
    }

    pub fn position(&self) -> Answer<u64> {
        if let Some(position) = self.position.get() {
            return Ok(position);
        }
        let end = self.size()?;
        self.position.set(Some(end));
        Ok(end)
    }

    pub fn move_to(&self, position: u64) {
        self.position.set(Some(position));
    }

    pub fn size(&self) -> Answer<u64> {
        Ok(self.descriptor.stat().into_answer()?.size)
    }

    /// Reads at the position and advances it.
    pub fn read(&self, into: Buffer) -> Answer<u32> {
        let at = self.position()?;
        let count = self.read_at(into, at)?;
        self.move_to(at.checked_add(count.into()).ok_or(Errno::Overflow)?);
        Ok(count)
    }

    /// Writes at the position, or at the end, and advances the position.
    pub fn write(&self, from: Buffer) -> Answer<u32> {
        if self.append.get() {
            let count = self.append(from)?;
            // The data was written: failing to determine the offset is not an error of this call.
            self.position.set(self.size().ok());
            return Ok(count);
        }
        let at = self.position()?;
        let count = self.write_to(from, at)?;
        self.move_to(at.checked_add(count.into()).ok_or(Errno::Overflow)?);
        Ok(count)
    }

    /// Writes at an offset. In append mode, the offset is ignored, as on Linux.
    pub fn write_at(&self, from: Buffer, at: u64) -> Answer<u32> {
        if self.append.get() { self.append(from) } else { self.write_to(from, at) }
    }

    pub fn read_at(&self, into: Buffer, at: u64) -> Answer<u32> {
        in_pieces(into, |piece, done| {
            let bytes = self.bytes(piece.len, place(at, done)?)?;
            memory::write(piece.start, &bytes)?;
            Ok(bytes.len() as u32)
        })
    }

    fn write_to(&self, from: Buffer, at: u64) -> Answer<u32> {
        in_pieces(from, |piece, done| {
            let bytes = memory::bytes(piece.start, piece.len)?;
            self.put(&bytes, place(at, done)?)
        })
    }

    /// Writes at the end of the file, through a stream: a descriptor of the host cannot append.
    fn append(&self, from: Buffer) -> Answer<u32> {
        if from.len == 0 {
            // It must still fail if writes are not allowed.
            return self.put(&[], 0);
        }
        let stream = self.descriptor.append_via_stream();
        stream::write(&stream.map_err(|code| self.refused(code, DescriptorFlags::WRITE))?, from)
    }

    /// Reads bytes. An empty result means end of file.
    fn bytes(&self, len: u32, at: u64) -> Answer<Vec<u8>> {
        preview1_memory::heap::prepare(len as usize)?;
        for _ in 0..TRIES {
            let read = self.descriptor.read(len.into(), at);
            let (bytes, end) = read.map_err(|code| self.refused(code, DescriptorFlags::READ))?;
            assert!(bytes.len() <= len as usize, "the host gave {} bytes of at most {len}", bytes.len());
            if end || len == 0 || !bytes.is_empty() {
                return Ok(bytes);
            }
        }
        Err(Errno::Again)
    }

    fn put(&self, bytes: &[u8], at: u64) -> Answer<u32> {
        for _ in 0..TRIES {
            let written = self.descriptor.write(bytes, at);
            let count = written.map_err(|code| self.refused(code, DescriptorFlags::WRITE))?;
            assert!(count <= bytes.len() as u64, "the host took {count} bytes of {}", bytes.len());
            if count > 0 || bytes.is_empty() {
                return Ok(count as u32);
            }
        }
        Err(Errno::Again)
    }

    /// Returns `badf` for access that the file was not opened for, independent of the host's error.
    fn refused(&self, code: ErrorCode, needed: DescriptorFlags) -> Errno {
        let allowed = |flags: DescriptorFlags| flags.contains(needed);
        if code == ErrorCode::NotPermitted && !self.descriptor.get_flags().is_ok_and(allowed) {
            return Errno::Badf;
        }
        errno(code)
    }
}

/// Checks an offset in a file, which is at most 2^63-1 for every kind of descriptor.
fn place(at: u64, done: u32) -> Answer<u64> {
    at.checked_add(done.into()).filter(|place| i64::try_from(*place).is_ok()).ok_or(Errno::Inval)
}

/// Processes a buffer in pieces until one is processed partially. An empty buffer is processed too, because that can
/// fail. If a piece fails after others succeeded, returns the partial length.
fn in_pieces(buffer: Buffer, mut one: impl FnMut(Buffer, u32) -> Answer<u32>) -> Answer<u32> {
    if buffer.len == 0 {
        return one(buffer, 0);
    }
    let mut total = 0;
    for piece in buffer.pieces() {
        match one(piece, total) {
            Ok(count) => total += count,
            Err(errno) if total == 0 => return Err(errno),
            Err(_) => break,
        }
        if total < piece.start.wrapping_sub(buffer.start) + piece.len {
            break;
        }
    }
    Ok(total)
}
