//! Imports all 46 functions of preview1, calls each one, and prints its errno.
//!
//! Most calls are invalid: their descriptors are of the wrong kind.

use std::ptr::null_mut;

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn args_get(a: *mut u8, b: *mut u8) -> u32;
    fn args_sizes_get(a: *mut u8, b: *mut u8) -> u32;
    fn clock_res_get(a: u32, b: *mut u8) -> u32;
    fn clock_time_get(a: u32, b: u64, c: *mut u8) -> u32;
    fn environ_get(a: *mut u8, b: *mut u8) -> u32;
    fn environ_sizes_get(a: *mut u8, b: *mut u8) -> u32;
    fn fd_advise(a: u32, b: u64, c: u64, d: u32) -> u32;
    fn fd_allocate(a: u32, b: u64, c: u64) -> u32;
    fn fd_close(a: u32) -> u32;
    fn fd_datasync(a: u32) -> u32;
    fn fd_fdstat_get(a: u32, b: *mut u8) -> u32;
    fn fd_fdstat_set_flags(a: u32, b: u32) -> u32;
    fn fd_fdstat_set_rights(a: u32, b: u64, c: u64) -> u32;
    fn fd_filestat_get(a: u32, b: *mut u8) -> u32;
    fn fd_filestat_set_size(a: u32, b: u64) -> u32;
    fn fd_filestat_set_times(a: u32, b: u64, c: u64, d: u32) -> u32;
    fn fd_pread(a: u32, b: *mut u8, c: u32, d: u64, e: *mut u8) -> u32;
    fn fd_prestat_dir_name(a: u32, b: *mut u8, c: u32) -> u32;
    fn fd_prestat_get(a: u32, b: *mut u8) -> u32;
    fn fd_pwrite(a: u32, b: *mut u8, c: u32, d: u64, e: *mut u8) -> u32;
    fn fd_read(a: u32, b: *mut u8, c: u32, d: *mut u8) -> u32;
    fn fd_readdir(a: u32, b: *mut u8, c: u32, d: u64, e: *mut u8) -> u32;
    fn fd_renumber(a: u32, b: u32) -> u32;
    fn fd_seek(a: u32, b: u64, c: u32, d: *mut u8) -> u32;
    fn fd_sync(a: u32) -> u32;
    fn fd_tell(a: u32, b: *mut u8) -> u32;
    fn fd_write(a: u32, b: *mut u8, c: u32, d: *mut u8) -> u32;
    fn path_create_directory(a: u32, b: *mut u8, c: u32) -> u32;
    fn path_filestat_get(a: u32, b: u32, c: *mut u8, d: u32, e: *mut u8) -> u32;
    fn path_filestat_set_times(a: u32, b: u32, c: *mut u8, d: u32, e: u64, f: u64, g: u32) -> u32;
    fn path_link(a: u32, b: u32, c: *mut u8, d: u32, e: u32, f: *mut u8, g: u32) -> u32;
    fn path_open(a: u32, b: u32, c: *mut u8, d: u32, e: u32, f: u64, g: u64, h: u32, i: *mut u8) -> u32;
    fn path_readlink(a: u32, b: *mut u8, c: u32, d: *mut u8, e: u32, f: *mut u8) -> u32;
    fn path_remove_directory(a: u32, b: *mut u8, c: u32) -> u32;
    fn path_rename(a: u32, b: *mut u8, c: u32, d: u32, e: *mut u8, f: u32) -> u32;
    fn path_symlink(a: *mut u8, b: u32, c: u32, d: *mut u8, e: u32) -> u32;
    fn path_unlink_file(a: u32, b: *mut u8, c: u32) -> u32;
    fn poll_oneoff(a: *mut u8, b: *mut u8, c: u32, d: *mut u8) -> u32;
    fn proc_raise(a: u32) -> u32;
    fn random_get(a: *mut u8, b: u32) -> u32;
    fn sched_yield() -> u32;
    fn sock_accept(a: u32, b: u32, c: *mut u8) -> u32;
    fn sock_recv(a: u32, b: *mut u8, c: u32, d: u32, e: *mut u8, f: *mut u8) -> u32;
    fn sock_send(a: u32, b: *mut u8, c: u32, d: u32, e: *mut u8) -> u32;
    fn sock_shutdown(a: u32, b: u32) -> u32;
    fn proc_exit(code: u32) -> !;
}

/// Buffer for ignored results. Its zeros also serve as an array of empty buffers.
static mut SCRATCH: [u64; 512] = [0; 512];

macro_rules! call {
    ($name:ident($($argument:expr),*)) => {
        // SAFETY: pointers refer to the scratch memory, which is larger than every result.
        println!("{} {}", stringify!($name), unsafe { $name($($argument),*) })
    };
}

fn main() {
    let p: *mut u8 = (&raw mut SCRATCH).cast();
    let none = null_mut();

    call!(args_sizes_get(p, p));
    call!(args_get(p, p.wrapping_add(2048)));
    call!(environ_sizes_get(p, p));
    call!(environ_get(p, p.wrapping_add(2048)));
    call!(clock_res_get(0, p));
    call!(clock_res_get(9, p));
    call!(clock_time_get(1, 0, p));
    call!(clock_time_get(2, 0, p));
    call!(random_get(p, 64));
    call!(random_get(none, 0));
    call!(sched_yield());
    call!(proc_raise(2));
    clear();
    call!(fd_advise(0, 0, 0, 0));
    call!(fd_allocate(1, 0, 1));
    call!(fd_datasync(1));
    call!(fd_fdstat_get(0, p));
    call!(fd_fdstat_set_flags(0, 0));
    call!(fd_fdstat_set_flags(0, 4));
    call!(fd_fdstat_set_rights(0, 0, 0));
    call!(fd_filestat_get(2, p));
    call!(fd_filestat_set_size(1, 0));
    call!(fd_filestat_set_times(1, 0, 0, 0));
    clear();
    call!(fd_pread(0, p, 1, 0, p.wrapping_add(1024)));
    call!(fd_pwrite(1, p, 1, 0, p.wrapping_add(1024)));
    call!(fd_prestat_get(3, p));
    call!(fd_prestat_dir_name(3, p, 64));
    call!(fd_read(0, p, 1, p.wrapping_add(1024)));
    call!(fd_read(1, p, 1, p.wrapping_add(1024)));
    call!(fd_readdir(0, p, 64, 0, p.wrapping_add(1024)));
    call!(fd_seek(0, 0, 0, p));
    call!(fd_sync(1));
    call!(fd_tell(1, p));
    clear();
    call!(fd_write(1, p, 1, p.wrapping_add(1024)));
    call!(fd_write(3, p, 1, p.wrapping_add(1024)));
    call!(path_create_directory(3, p, 1));
    call!(path_filestat_get(3, 0, p, 1, p.wrapping_add(1024)));
    call!(path_filestat_set_times(3, 0, p, 1, 0, 0, 0));
    call!(path_link(3, 0, p, 1, 3, p, 1));
    call!(path_open(3, 0, p, 1, 0, 0, 0, 0, p.wrapping_add(1024)));
    call!(path_open(0, 0, p, 1, 0, 0, 0, 0, p.wrapping_add(1024)));
    call!(path_readlink(3, p, 1, p, 64, p.wrapping_add(1024)));
    call!(path_remove_directory(3, p, 1));
    call!(path_rename(3, p, 1, 3, p, 1));
    call!(path_symlink(p, 1, 3, p, 1));
    call!(path_unlink_file(3, p, 1));
    call!(poll_oneoff(p, p.wrapping_add(1024), 0, p.wrapping_add(2048)));
    call!(sock_accept(0, 0, p));
    call!(sock_recv(3, p, 1, 0, p.wrapping_add(1024), p.wrapping_add(1032)));
    call!(sock_send(1, p, 1, 0, p.wrapping_add(1024)));
    call!(sock_shutdown(3, 0));
    call!(fd_renumber(0, 3));
    call!(fd_close(3));
    call!(fd_close(0));

    println!("proc_exit 5");
    // SAFETY: has no pointer parameter, and does not return.
    unsafe { proc_exit(5) }
}

/// Resets the scratch memory to an array of empty buffers.
fn clear() {
    // SAFETY: there is a single thread, and no reference to the scratch memory.
    unsafe { SCRATCH = [0; 512] }
}
