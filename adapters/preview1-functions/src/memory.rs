//! Main's memory, which the adapter reaches through three functions of the encoder's and in no other way.
//!
//! Whether the two share a memory or the adapter has one of its own is for the encoder to choose: an address of
//! main's is a number here, and bytes are copied.

use crate::abi::{Answer, Errno};

#[link(wasm_import_module = "__main_memory__")]
unsafe extern "C" {
    /// Copies from main's memory to the adapter's.
    fn load(to: *mut u8, from: u32, len: usize);
    /// Copies from the adapter's memory to main's.
    fn store(to: u32, from: *const u8, len: usize);
    /// How large main's memory is, in bytes.
    safe fn size() -> u32;
}

/// An address in main's memory.
pub type Address = u32;

/// `len` bytes of main's.
pub fn bytes(from: Address, len: u32) -> Answer<Vec<u8>> {
    check(from, len)?;
    let mut bytes = vec![0; len as usize];
    // SAFETY: `bytes` has room for `len` bytes, and main's memory has as many.
    unsafe { load(bytes.as_mut_ptr(), from, bytes.len()) };
    Ok(bytes)
}

/// Puts bytes into main's memory.
pub fn write(to: Address, bytes: &[u8]) -> Answer {
    check(to, bytes.len() as u32)?;
    // SAFETY: main's memory has as many bytes there. It trusts preview1 to write nowhere else.
    unsafe { store(to, bytes.as_ptr(), bytes.len()) };
    Ok(())
}

/// Some bytes of main's, to read from or to write to: preview1 has the same layout for both.
#[derive(Clone, Copy)]
pub struct Buffer {
    /// Where it begins.
    pub start: Address,
    /// The number of bytes.
    pub len: u32,
}

impl Buffer {
    /// An array of buffers.
    pub fn array(start: Address, len: u32) -> Answer<Vec<Buffer>> {
        let bytes = bytes(start, len.checked_mul(8).ok_or(Errno::Fault)?)?;
        let (fields, _) = bytes.as_chunks::<4>();
        let (buffers, _) = fields.as_chunks::<2>();
        Ok(buffers
            .iter()
            .map(|&[start, len]| Buffer { start: u32::from_le_bytes(start), len: u32::from_le_bytes(len) })
            .collect())
    }

    /// It in pieces that are small enough to be copied, none of them empty.
    pub fn pieces(self) -> impl Iterator<Item = Buffer> {
        const PIECE: u32 = 16 * 1024;
        (0..self.len)
            .step_by(PIECE as usize)
            .map(move |at| Buffer { start: self.start.wrapping_add(at), len: PIECE.min(self.len - at) })
    }
}

fn check(start: Address, len: u32) -> Answer {
    let end = start.checked_add(len).ok_or(Errno::Fault)?;
    if end <= size() { Ok(()) } else { Err(Errno::Fault) }
}
