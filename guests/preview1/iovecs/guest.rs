//! Calls `fd_write` and `fd_read` with many buffers, with empty ones, and without any.

#[repr(C)]
struct Buffer {
    start: *const u8,
    len: usize,
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn fd_write(fd: u32, buffers: *const Buffer, len: usize, written: *mut usize) -> u32;
    fn fd_read(fd: u32, buffers: *const Buffer, len: usize, read: *mut usize) -> u32;
}

fn main() {
    report("none", write(&[]));
    report("one empty", write(&[""]));
    report("three empty", write(&["", "", ""]));
    report("two", write(&["two ", "buffers\n"]));
    report("empty between", write(&["", "empty ", "", "between\n", ""]));
    let numbers: Vec<String> = (0..1000).map(|n| format!("{n},")).collect();
    report("a thousand", write(&numbers.iter().map(String::as_str).collect::<Vec<_>>()));

    let mut text = [b'.'; 8];
    let (first, rest) = text.split_at_mut(4);
    let buffers = [buffer(&[]), buffer(first), buffer(rest)];
    let mut read = usize::MAX;
    // SAFETY: the buffers are in `text`.
    let errno = unsafe { fd_read(0, buffers.as_ptr(), buffers.len(), &mut read) };
    // An implementation may use any number of buffers, but in order.
    let same = text[..read] == *b"abcdefgh".get(..read).unwrap_or_default();
    println!("read: errno {errno}, something {}, in order {same}", read > 0);
}

fn write(texts: &[&str]) -> (u32, usize) {
    let buffers: Vec<Buffer> = texts.iter().map(|text| buffer(text.as_bytes())).collect();
    let mut written = usize::MAX;
    // SAFETY: the buffers outlive the call.
    let errno = unsafe { fd_write(1, buffers.as_ptr(), buffers.len(), &mut written) };
    (errno, written)
}

fn buffer(bytes: &[u8]) -> Buffer {
    Buffer { start: bytes.as_ptr(), len: bytes.len() }
}

fn report(what: &str, (errno, written): (u32, usize)) {
    println!("{what}: errno {errno}, written {written}");
}
