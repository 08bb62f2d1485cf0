//! Closes and renumbers standard output, and checks the destination of written bytes.

#[repr(C)]
struct Buffer {
    start: *const u8,
    len: usize,
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn fd_write(fd: u32, buffers: *const Buffer, len: usize, written: *mut usize) -> u32;
    fn fd_close(fd: u32) -> u32;
    fn fd_renumber(from: u32, to: u32) -> u32;
}

fn main() {
    // SAFETY: nothing else in this program uses a descriptor.
    unsafe {
        report("first", write(1, "to 1\n"));
        report("close 0", fd_close(0));
        report("close 0 again", fd_close(0));
        report("renumber onto itself", fd_renumber(1, 1));
        report("renumber a closed one", fd_renumber(0, 1));
        report("close 1", fd_close(1));
        report("closed", write(1, "nobody reads this\n"));
        report("stdin", write(0, "nor this\n"));
        report("never open", write(1_000_000, "nor this\n"));
    }
}

fn write(fd: u32, text: &str) -> u32 {
    let buffer = Buffer { start: text.as_ptr(), len: text.len() };
    let mut written = 0;
    // SAFETY: the buffer outlives the call.
    unsafe { fd_write(fd, &buffer, 1, &mut written) }
}

/// Prints to standard error, which stays open.
fn report(what: &str, errno: u32) {
    assert_eq!(write(2, &format!("{what}: {errno}\n")), 0);
}
