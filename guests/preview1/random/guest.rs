//! Requests random bytes, and prints them.

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn random_get(start: *mut u8, len: usize) -> u32;
}

fn main() {
    for len in [0, 1, 7, 32] {
        let mut bytes = vec![0u8; len];
        fill(&mut bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("{len}: [{hex}]");
    }
}

fn fill(bytes: &mut [u8]) {
    // SAFETY: the length is that of the buffer.
    assert_eq!(unsafe { random_get(bytes.as_mut_ptr(), bytes.len()) }, 0);
}
