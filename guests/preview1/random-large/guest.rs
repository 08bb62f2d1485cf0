//! Requests more random bytes than one host call returns, and checks that all are filled.

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn random_get(start: *mut u8, len: usize) -> u32;
}

const GUARD: usize = 16;

fn main() {
    for len in [1000, 65_536, 100_003, 3 << 20] {
        let mut bytes = vec![0u8; GUARD + len + GUARD];
        // SAFETY: the buffer has room for `len` bytes after the guard.
        let errno = unsafe { random_get(bytes[GUARD..].as_mut_ptr(), len) };

        let random = &bytes[GUARD..GUARD + len];
        let intact = bytes[..GUARD].iter().chain(&bytes[GUARD + len..]).all(|byte| *byte == 0);
        // A kilobyte of random bytes has about 4 zeros; none consists of zeros.
        let filled = random.chunks(1000).filter(|chunk| chunk.len() == 1000).all(|chunk| chunk.iter().any(|b| *b != 0));
        let last = random[len - 3..].iter().any(|byte| *byte != 0);
        println!("{len}: errno {errno}, filled {}, guards intact {intact}", filled && last);
    }
}
