//! Shared code of fault injection guests: a call that fails is retried once, and all results are printed at the end.
#![allow(dead_code)]

#[path = "../../regressions/common/mod.rs"]
mod preview1;

pub use preview1::*;

/// Makes a call, retries once if it fails, and returns the last errno.
pub fn again(mut call: impl FnMut() -> u16) -> u16 {
    match call() {
        SUCCESS => SUCCESS,
        _ => call(),
    }
}

/// Results so far.
pub struct Log {
    bytes: [u8; 2000],
    end: usize,
}

impl Log {
    pub const fn new() -> Log {
        Log { bytes: [0; 2000], end: 0 }
    }

    fn put(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.end) {
            *place = byte;
            self.end += 1;
        }
    }

    fn number(&mut self, number: i64) {
        self.put(b' ');
        if number < 0 {
            self.put(b'-');
        }
        let mut digits = [0; 20];
        let mut rest = number.unsigned_abs();
        let mut count = 0;
        while count == 0 || rest > 0 {
            if let Some(place) = digits.get_mut(count) {
                *place = b'0' + (rest % 10) as u8;
            }
            rest /= 10;
            count += 1;
        }
        digits.iter().take(count).rev().for_each(|digit| self.put(*digit));
    }

    /// Adds a line: a label, an errno, and numbers.
    pub fn say(&mut self, text: &str, errno: u16, numbers: &[i64]) {
        text.bytes().for_each(|byte| self.put(byte));
        self.number(i64::from(errno));
        numbers.iter().for_each(|number| self.number(*number));
        self.put(b'\n');
    }

    /// Adds a line: a label, an errno, and bytes.
    pub fn show(&mut self, text: &str, errno: u16, bytes: &[u8]) {
        text.bytes().for_each(|byte| self.put(byte));
        self.number(i64::from(errno));
        self.put(b' ');
        self.put(b'<');
        bytes.iter().for_each(|byte| self.put(*byte));
        self.put(b'>');
        self.put(b'\n');
    }

    /// Prints all lines to standard output.
    pub fn print(&self) {
        write_all(1, self.bytes.get(..self.end).unwrap_or_default());
    }
}

/// Writes the bytes, as far as possible, and returns the last errno.
pub fn write_all(fd: u32, mut bytes: &[u8]) -> u16 {
    let mut failed = 0;
    while !bytes.is_empty() {
        let iovec = Iovec { buf: bytes.as_ptr().cast_mut(), len: bytes.len() };
        let mut written = 0;
        let errno = unsafe { raw::fd_write(fd, &iovec, 1, &mut written) };
        if errno != SUCCESS || written == 0 {
            failed += 1;
            if failed > 1 {
                return errno;
            }
            continue;
        }
        bytes = bytes.get(written..).unwrap_or_default();
        failed = 0;
    }
    SUCCESS
}

/// Reads into the buffer, as far as possible, and returns the last errno and the number of bytes.
pub fn fill(bytes: &mut [u8], mut read: impl FnMut(&Iovec, usize, &mut usize) -> u16) -> (u16, usize) {
    let (mut end, mut failed) = (0, 0);
    while end < bytes.len() {
        let rest = bytes.get_mut(end..).unwrap_or_default();
        let iovec = Iovec { buf: rest.as_mut_ptr(), len: rest.len() };
        let mut count = 0;
        let errno = read(&iovec, end, &mut count);
        if errno != SUCCESS || count == 0 {
            failed += 1;
            if failed > 1 {
                return (errno, end);
            }
            continue;
        }
        end += count;
        failed = 0;
    }
    (SUCCESS, end)
}

/// Reads at the current position.
pub fn read_full(fd: u32, bytes: &mut [u8]) -> (u16, usize) {
    fill(bytes, |iovec, _, count| unsafe { raw::fd_read(fd, iovec, 1, count) })
}

/// Opens a file or directory below the first preopened one, and returns the last errno and the descriptor.
pub fn open_again(path: &str, oflags: u16, rights: u64, flags: u16) -> (u16, u32) {
    let mut opened = 99;
    let errno = again(|| match open_at(ROOT, path, oflags, rights, flags) {
        Ok(fd) => {
            opened = fd;
            SUCCESS
        }
        Err(errno) => errno,
    });
    (errno, opened)
}
