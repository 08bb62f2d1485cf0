//! Line buffer for standard output.

use core::fmt;

use crate::preview0::{self, Buffer};

/// Line buffer.
pub struct Output {
    bytes: [u8; 256],
    len: usize,
}

impl Default for Output {
    fn default() -> Self {
        Output { bytes: [0; 256], len: 0 }
    }
}

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}

impl Output {
    /// Writes the line, in two buffers.
    pub fn write(&self) {
        let (first, second) = self.bytes[..self.len].split_at(self.len / 2);
        let buffers = [Buffer::of(first), Buffer::of(second)];
        let mut written = 0;
        let errno = preview0::fd_write(1, buffers.as_ptr(), buffers.len(), &mut written);
        if errno != 0 || written != self.len {
            preview0::proc_exit(102);
        }
    }
}
