//! Pointers that come from main.
//!
//! Main vouches for them: both modules share one memory, and a wrong pointer harms main alone, by a trap or by
//! overwriting what is its own, as with any implementation of preview1. The types here have no constructor, so that
//! a pointer can only come in as a parameter of an exported function; in exchange, using one is a safe operation.

/// Where one value is to be put. Preview1 promises no alignment.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Out<T>(*mut T);

impl<T: Copy> Out<T> {
    /// Puts the value there.
    pub fn set(self, value: T) {
        // SAFETY: main vouches for the pointer.
        unsafe { self.0.write_unaligned(value) }
    }

    /// The value that was put there.
    pub fn get(self) -> T {
        // SAFETY: main vouches for the pointer.
        unsafe { self.0.read_unaligned() }
    }

    /// The place `n` values further on.
    pub fn at(self, n: usize) -> Out<T> {
        Out(self.0.wrapping_add(n))
    }
}

impl Out<u8> {
    /// Copies bytes there.
    pub fn copy_from(self, bytes: &[u8]) {
        // SAFETY: main vouches for the pointer; it may not point into the adapter's own data.
        unsafe { self.0.copy_from(bytes.as_ptr(), bytes.len()) }
    }
}

/// The start of an array of values that main wrote.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Array<T>(*const T);

impl<T: Copy> Array<T> {
    /// Its first `len` values, one after the other.
    pub fn values(self, len: u32) -> impl Iterator<Item = T> {
        // SAFETY: main vouches for the pointer and the length.
        (0..len as usize).map(move |i| unsafe { self.0.wrapping_add(i).read_unaligned() })
    }
}

/// Some bytes of main, to read from or to write to: preview1 has the same layout for both.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Buffer {
    start: *mut u8,
    len: u32,
}

impl Buffer {
    /// A buffer that was given by two parameters.
    pub fn new(start: Out<u8>, len: u32) -> Buffer {
        Buffer { start: start.0, len }
    }

    /// True when there is nothing to read or write.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The number of bytes.
    pub fn len(self) -> u32 {
        self.len
    }

    /// Where it begins.
    pub fn start(self) -> *mut u8 {
        self.start
    }

    /// What is left of it after its first `len` bytes, and no more than `most` bytes of that.
    pub fn part(self, len: u32, most: u32) -> Buffer {
        Buffer { start: self.start.wrapping_add(len as usize), len: self.len.saturating_sub(len).min(most) }
    }

    /// The bytes themselves; not to be kept beyond the call that brought them.
    pub fn bytes<'a>(self) -> &'a [u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: main vouches for the bytes and does not run while the adapter does.
        unsafe { core::slice::from_raw_parts(self.start, self.len as usize) }
    }

    /// Copies as many of `bytes` as there is room for.
    pub fn copy_from(self, bytes: &[u8]) -> u32 {
        let len = self.len.min(bytes.len() as u32);
        Out(self.start).copy_from(&bytes[..len as usize]);
        len
    }
}
