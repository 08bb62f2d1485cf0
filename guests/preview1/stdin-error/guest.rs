//! Reads standard input twice, and prints the result of each read: an error or a length.

#[repr(C)]
struct Iovec {
    buffer: *mut u8,
    length: usize,
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn fd_read(fd: u32, iovecs: *const Iovec, count: usize, read: *mut usize) -> u16;
}

fn main() {
    for _ in 0..2 {
        let mut buffer = [0; 8];
        let iovec = Iovec { buffer: buffer.as_mut_ptr(), length: buffer.len() };
        let mut read = 0;
        // The standard library would turn this error into an end of file.
        let errno = unsafe { fd_read(0, &iovec, 1, &mut read) };
        println!("errno {errno}, {read} bytes");
    }
}
