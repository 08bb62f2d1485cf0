//! Standard streams. Each is requested from the host at its first use, and its handle is kept until it is closed.

use std::cell::{Cell, OnceCell};

use wasip2::cli::{stderr, stdin, stdout, terminal_stderr, terminal_stdin, terminal_stdout};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

use crate::TRIES;
use crate::abi::{Answer, Errno};
use crate::error::IntoAnswer;
use crate::memory::{self, Buffer};

/// Maximum number of bytes that a host accepts in one write.
pub const PIECE: u32 = 4096;

/// Standard input.
pub struct Input {
    stream: OnceCell<InputStream>,
    /// `nonblock`: reads do not block.
    pub nonblocking: Cell<bool>,
}

/// Standard output or error.
pub struct Output {
    stream: OnceCell<OutputStream>,
    is_error: bool,
    /// `nonblock`: writes do not block.
    pub nonblocking: Cell<bool>,
}

impl Input {
    pub fn new() -> Input {
        Input { stream: OnceCell::new(), nonblocking: Cell::new(false) }
    }

    pub fn stream(&self) -> &InputStream {
        self.stream.get_or_init(stdin::get_stdin)
    }

    pub fn is_terminal(&self) -> bool {
        terminal_stdin::get_terminal_stdin().is_some()
    }

    /// Reads available bytes; waits if there are none.
    pub fn read(&self, into: Buffer) -> Answer<u32> {
        let Some(piece) = into.pieces().next() else { return Ok(0) };
        preview1_memory::heap::prepare(piece.len as usize)?;
        let bytes = self.bytes(piece.len)?;
        assert!(bytes.len() <= piece.len as usize, "the host gave {} bytes of at most {}", bytes.len(), piece.len);
        memory::write(piece.start, &bytes)?;
        Ok(bytes.len() as u32)
    }

    /// Reads bytes. An empty result means end of file.
    fn bytes(&self, len: u32) -> Answer<Vec<u8>> {
        let stream = self.stream();
        let nonblocking = self.nonblocking.get();
        for _ in 0..TRIES {
            let read = if nonblocking { stream.read(len.into()) } else { stream.blocking_read(len.into()) };
            match read {
                Err(StreamError::Closed) => return Ok(Vec::new()),
                Ok(bytes) if bytes.is_empty() && !nonblocking => {}
                Ok(bytes) if bytes.is_empty() => return Err(Errno::Again),
                read => return read.into_answer(),
            }
        }
        Err(Errno::Intr)
    }
}

impl Output {
    pub fn new(is_error: bool) -> Output {
        Output { stream: OnceCell::new(), is_error, nonblocking: Cell::new(false) }
    }

    pub fn stream(&self) -> &OutputStream {
        self.stream.get_or_init(|| if self.is_error { stderr::get_stderr() } else { stdout::get_stdout() })
    }

    pub fn is_terminal(&self) -> bool {
        match self.is_error {
            true => terminal_stderr::get_terminal_stderr().is_some(),
            false => terminal_stdout::get_terminal_stdout().is_some(),
        }
    }

    /// Writes all of a buffer, or as much as the host accepts.
    pub fn write(&self, from: Buffer) -> Answer<u32> {
        if self.nonblocking.get() { self.try_write(from) } else { write(self.stream(), from) }
    }

    fn try_write(&self, from: Buffer) -> Answer<u32> {
        let Some(piece) = from.pieces_of(PIECE).next() else { return Ok(0) };
        let room = self.stream().check_write().into_answer()?;
        let len = room.min(piece.len.into()) as u32;
        if len == 0 {
            return Err(Errno::Again);
        }
        self.stream().write(&memory::bytes(piece.start, len)?).into_answer()?;
        self.stream().flush().into_answer()?;
        Ok(len)
    }
}

/// Writes all of a buffer, in pieces. If a piece fails after others succeeded, returns the partial length.
pub fn write(stream: &OutputStream, from: Buffer) -> Answer<u32> {
    let mut total = 0;
    for piece in from.pieces_of(PIECE) {
        match stream.blocking_write_and_flush(&memory::bytes(piece.start, piece.len)?).into_answer() {
            Ok(()) => total += piece.len,
            Err(errno) if total == 0 => return Err(errno),
            Err(_) => break,
        }
    }
    Ok(total)
}

/// Writes to standard error, if available.
pub fn print_error(text: &str) {
    let stream = stderr::get_stderr();
    for piece in text.as_bytes().chunks(PIECE as usize) {
        if stream.blocking_write_and_flush(piece).is_err() {
            break;
        }
    }
}
