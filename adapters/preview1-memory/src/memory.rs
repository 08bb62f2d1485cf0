//! Main's memory, which the adapter accesses only through three functions of the encoder.
//!
//! This code works in both forms, with a shared memory and with a memory of its own: an address in main's memory is a
//! number here, and bytes are copied.

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

/// Copies `len` bytes from main's memory.
pub fn bytes(from: Address, len: u32) -> Answer<Vec<u8>> {
    check(from, len)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len as usize).map_err(|_| Errno::Nomem)?;
    // SAFETY: `bytes` has capacity for `len` bytes, main's memory contains as many there, and all of them are written.
    unsafe {
        load(bytes.as_mut_ptr(), from, len as usize);
        bytes.set_len(len as usize);
    }
    Ok(bytes)
}

/// Copies `len` bytes from main's memory, which must be UTF-8.
pub fn text(from: Address, len: u32) -> Answer<String> {
    String::from_utf8(bytes(from, len)?).map_err(|_| Errno::Ilseq)
}

/// Writes bytes to main's memory.
pub fn write(to: Address, bytes: &[u8]) -> Answer {
    check(to, bytes.len() as u32)?;
    // SAFETY: the range is in main's memory. The function's contract with main allows writing there.
    unsafe { store(to, bytes.as_ptr(), bytes.len()) };
    Ok(())
}

/// Buffer in main's memory: preview1's `iovec` and `ciovec`, which have the same layout.
#[derive(Clone, Copy)]
pub struct Buffer {
    /// Start address.
    pub start: Address,
    /// Length in bytes.
    pub len: u32,
}

impl Buffer {
    /// Reads an array of buffers.
    pub fn array(start: Address, len: u32) -> Answer<Vec<Buffer>> {
        let bytes = bytes(start, len.checked_mul(8).ok_or(Errno::Fault)?)?;
        let (fields, _) = bytes.as_chunks::<4>();
        let (buffers, _) = fields.as_chunks::<2>();
        Ok(buffers
            .iter()
            .map(|&[start, len]| Buffer { start: u32::from_le_bytes(start), len: u32::from_le_bytes(len) })
            .collect())
    }

    /// Returns the first nonempty buffer of an array, or an empty one, after checking its bounds.
    pub fn first(start: Address, len: u32) -> Answer<Buffer> {
        check(start, len.checked_mul(8).ok_or(Errno::Fault)?)?;
        for index in 0..len {
            let mut fields = [[0; 4]; 2];
            // SAFETY: the destination has 8 bytes, and so does each element of the array in main's memory.
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

/// Returns true if the range is in main's memory.
pub fn check(start: Address, len: u32) -> Answer {
    let end = start.checked_add(len).ok_or(Errno::Fault)?;
    if end <= size() { Ok(()) } else { Err(Errno::Fault) }
}

/// Traps like an out-of-bounds memory access.
pub fn out_of_bounds() -> ! {
    // SAFETY: the copy traps before it writes: the range is never in bounds.
    unsafe { load([0; 2].as_mut_ptr(), u32::MAX, 2) };
    panic!("an address is out of bounds")
}
