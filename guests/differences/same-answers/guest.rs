//! Makes calls whose results differ between wasmtime and other runtimes.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let (mut count, mut size) = (0, 0);
    must("args_sizes_get", unsafe { raw::args_sizes_get(&mut count, &mut size) });
    say("args_sizes_get", &[count as i64, size as i64]);
    let file = open("file", 0, READ_WRITE, 0);
    let (mut by_fd, mut by_path) = (Filestat::default(), Filestat::default());
    must("fd_filestat_get", unsafe { raw::fd_filestat_get(file, &mut by_fd) });
    must("path_filestat_get", unsafe { raw::path_filestat_get(ROOT, 0, "file".as_ptr(), 4, &mut by_path) });
    say("fd_filestat_get dev nlink", &[by_fd.dev as i64, by_fd.nlink as i64]);
    say("one inode", &[(by_fd.ino == by_path.ino).into()]);
    say("times", &[(by_fd.mtim / 1_000_000_000) as i64, (by_fd.ctim > 0).into()]);
    report("fd_allocate", unsafe { raw::fd_allocate(file, 0, 100) });
    let (mut first, mut second) = (*b"....", *b"....");
    let iovecs = [Iovec { buf: first.as_mut_ptr(), len: 4 }, Iovec { buf: second.as_mut_ptr(), len: 4 }];
    must("fd_read", unsafe { raw::fd_read(file, iovecs.as_ptr(), 2, &mut count) });
    say("fd_read two buffers", &[count as i64]);
    for fd in 0..3 {
        let mut stat = Filestat { dev: 7, nlink: 7, size: 7, ..Filestat::default() };
        must("fd_filestat_get", unsafe { raw::fd_filestat_get(fd, &mut stat) });
        say("fd_filestat_get stream", &[stat.filetype.into(), stat.dev as i64, stat.nlink as i64, stat.size as i64]);
    }
    0
}
