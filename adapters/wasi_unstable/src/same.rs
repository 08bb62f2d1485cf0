//! Functions that are the same in both versions.

use crate::{Address, Errno};

macro_rules! pass_on {
    ($($name:ident($($parameter:ident: $ty:ty),*);)*) => {
        mod next {
            use super::*;

            #[link(wasm_import_module = "wasi_snapshot_preview1")]
            unsafe extern "C" {
                $(pub safe fn $name($($parameter: $ty),*) -> Errno;)*
            }
        }

        $(
            /// Calls the function of preview1.
            #[unsafe(no_mangle)]
            pub extern "C" fn $name($($parameter: $ty),*) -> Errno {
                next::$name($($parameter),*)
            }
        )*
    };
}

pass_on! {
    args_get(pointers: Address, texts: Address);
    args_sizes_get(count: Address, size: Address);
    clock_res_get(id: u32, resolution: Address);
    clock_time_get(id: u32, precision: u64, time: Address);
    environ_get(pointers: Address, texts: Address);
    environ_sizes_get(count: Address, size: Address);
    fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
    fd_allocate(fd: u32, offset: u64, len: u64);
    fd_close(fd: u32);
    fd_datasync(fd: u32);
    fd_fdstat_get(fd: u32, stat: Address);
    fd_fdstat_set_flags(fd: u32, flags: u32);
    fd_fdstat_set_rights(fd: u32, rights: u64, inheriting: u64);
    fd_filestat_set_size(fd: u32, size: u64);
    fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32);
    fd_pread(fd: u32, buffers: Address, len: u32, offset: u64, read: Address);
    fd_prestat_dir_name(fd: u32, start: Address, len: u32);
    fd_prestat_get(fd: u32, prestat: Address);
    fd_pwrite(fd: u32, buffers: Address, len: u32, offset: u64, written: Address);
    fd_read(fd: u32, buffers: Address, len: u32, read: Address);
    fd_readdir(fd: u32, start: Address, len: u32, cookie: u64, used: Address);
    fd_renumber(from: u32, to: u32);
    fd_sync(fd: u32);
    fd_tell(fd: u32, position: Address);
    fd_write(fd: u32, buffers: Address, len: u32, written: Address);
    path_create_directory(fd: u32, path: Address, len: u32);
    path_filestat_set_times(
        fd: u32, flags: u32, path: Address, len: u32, accessed: u64, modified: u64, times: u32
    );
    path_link(fd: u32, flags: u32, old: Address, old_len: u32, new_fd: u32, new: Address, new_len: u32);
    path_open(
        fd: u32, lookup: u32, path: Address, len: u32, open: u32, rights: u64, inheriting: u64, flags: u32,
        opened: Address
    );
    path_readlink(fd: u32, path: Address, len: u32, start: Address, room: u32, used: Address);
    path_remove_directory(fd: u32, path: Address, len: u32);
    path_rename(fd: u32, old: Address, old_len: u32, new_fd: u32, new: Address, new_len: u32);
    path_symlink(to: Address, to_len: u32, fd: u32, path: Address, len: u32);
    path_unlink_file(fd: u32, path: Address, len: u32);
    proc_raise(signal: u32);
    random_get(start: Address, len: u32);
    sched_yield();
    sock_recv(fd: u32, buffers: Address, len: u32, flags: u32, received: Address, received_flags: Address);
    sock_send(fd: u32, buffers: Address, len: u32, flags: u32, sent: Address);
    sock_shutdown(fd: u32, how: u32);
}

mod end {
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub safe fn proc_exit(code: u32) -> !;
    }
}

/// Calls the function of preview1.
#[unsafe(no_mangle)]
pub extern "C" fn proc_exit(code: u32) -> ! {
    end::proc_exit(code)
}
