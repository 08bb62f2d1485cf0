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
    /// Returns the size of main's memory in bytes.
    safe fn size() -> u32;
}

/// An address in main's memory.
pub type Address = u32;

/// `len` bytes of main's.
pub fn bytes(from: Address, len: u32) -> Answer<Vec<u8>> {
    check(from, len)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len as usize).map_err(|_| Errno::Nomem)?;
    // SAFETY: `bytes` has room for `len` bytes, main's memory has as many, and all of them are written.
    unsafe {
        load(bytes.as_mut_ptr(), from, len as usize);
        bytes.set_len(len as usize);
    }
    Ok(bytes)
}

/// `len` bytes of main's that are to be text.
pub fn text(from: Address, len: u32) -> Answer<String> {
    String::from_utf8(bytes(from, len)?).map_err(|_| Errno::Ilseq)
}

/// Writes bytes to main's memory.
pub fn write(to: Address, bytes: &[u8]) -> Answer {
    check(to, bytes.len() as u32)?;
    // SAFETY: main's memory has as many bytes there. It trusts preview1 to write nowhere else.
    unsafe { store(to, bytes.as_ptr(), bytes.len()) };
    Ok(())
}

/// Some bytes of main's, to read from or to write to: preview1 has the same layout for both.
#[derive(Clone, Copy)]
pub struct Buffer {
    /// Start address.
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

    /// The first one of an array that is not empty, or an empty one; all of it is there.
    pub fn first(start: Address, len: u32) -> Answer<Buffer> {
        check(start, len.checked_mul(8).ok_or(Errno::Fault)?)?;
        for index in 0..len {
            let mut fields = [[0; 4]; 2];
            // SAFETY: there is room for 8 bytes, and main's memory has as many in each place of the array.
            unsafe { load(fields.as_mut_ptr().cast(), start + index * 8, 8) };
            let [start, len] = fields.map(u32::from_le_bytes);
            if len > 0 {
                check(start, len)?;
                return Ok(Buffer { start, len });
            }
        }
        Ok(Buffer { start: 0, len: 0 })
    }

    /// Splits it into nonempty pieces that are small enough to be copied.
    pub fn pieces(self) -> impl Iterator<Item = Buffer> {
        self.pieces_of(16 * 1024)
    }

    /// Splits it into nonempty pieces of limited size.
    pub fn pieces_of(self, most: u32) -> impl Iterator<Item = Buffer> {
        (0..self.len)
            .step_by(most as usize)
            .map(move |at| Buffer { start: self.start.wrapping_add(at), len: most.min(self.len - at) })
    }
}

/// Returns true if main's memory has `len` bytes there.
pub fn check(start: Address, len: u32) -> Answer {
    let end = start.checked_add(len).ok_or(Errno::Fault)?;
    if end <= size() { Ok(()) } else { Err(Errno::Fault) }
}

/// Traps as an access beyond the end of memory does.
pub fn out_of_bounds() -> ! {
    // SAFETY: nothing is read: no memory has so many bytes.
    unsafe { load([0; 2].as_mut_ptr(), u32::MAX, 2) };
    panic!("an address is out of bounds")
}
