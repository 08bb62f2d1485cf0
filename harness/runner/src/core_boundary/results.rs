//! Output places of the functions of `wasi_snapshot_preview1`: the results declared in the
//! [WITX](https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md) and the buffers that they fill.

/// Place that a call may write to. Numbers are parameter indices of the core function, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Out {
    /// Result of `bytes` bytes, at the address in a parameter.
    Value { at: usize, bytes: u64 },
    /// Result of type `filestat`, which is smaller in `wasi_unstable`.
    Filestat { at: usize },
    /// Buffer, filled up to the length in a parameter.
    Whole { at: usize, len: usize },
    /// Buffer with capacity `room`, filled up to the resulting `size`.
    Filled { at: usize, room: usize, count: usize },
    /// Array of buffers, filled in order up to the resulting `size`.
    Scattered { array: usize, len: usize, count: usize },
    /// Array of at most `most` events; their number is the resulting `size`.
    Events { at: usize, most: usize, count: usize },
    /// Pointers to the arguments.
    ArgPointers { at: usize },
    /// Argument strings.
    ArgTexts { at: usize },
    /// Pointers to the environment variables.
    EnvironPointers { at: usize },
    /// Environment strings.
    EnvironTexts { at: usize },
}

use Out::*;

const fn value(at: usize, bytes: u64) -> Out {
    Value { at, bytes }
}

/// Sizes of types in bytes.
const FD: u64 = 4;
const FDSTAT: u64 = 24;
const FILESIZE: u64 = 8;
const PRESTAT: u64 = 8;
const ROFLAGS: u64 = 2;
const SIZE: u64 = 4;
const TIMESTAMP: u64 = 8;

/// All 46 functions. Functions of `wasi_unstable` have the same parameters.
pub(super) const RESULTS: [(&str, &[Out]); 46] = [
    ("args_get", &[ArgPointers { at: 0 }, ArgTexts { at: 1 }]),
    ("args_sizes_get", &[value(0, SIZE), value(1, SIZE)]),
    ("clock_res_get", &[value(1, TIMESTAMP)]),
    ("clock_time_get", &[value(2, TIMESTAMP)]),
    ("environ_get", &[EnvironPointers { at: 0 }, EnvironTexts { at: 1 }]),
    ("environ_sizes_get", &[value(0, SIZE), value(1, SIZE)]),
    ("fd_advise", &[]),
    ("fd_allocate", &[]),
    ("fd_close", &[]),
    ("fd_datasync", &[]),
    ("fd_fdstat_get", &[value(1, FDSTAT)]),
    ("fd_fdstat_set_flags", &[]),
    ("fd_fdstat_set_rights", &[]),
    ("fd_filestat_get", &[Filestat { at: 1 }]),
    ("fd_filestat_set_size", &[]),
    ("fd_filestat_set_times", &[]),
    ("fd_pread", &[Scattered { array: 1, len: 2, count: 4 }, value(4, SIZE)]),
    ("fd_prestat_dir_name", &[Whole { at: 1, len: 2 }]),
    ("fd_prestat_get", &[value(1, PRESTAT)]),
    ("fd_pwrite", &[value(4, SIZE)]),
    ("fd_read", &[Scattered { array: 1, len: 2, count: 3 }, value(3, SIZE)]),
    ("fd_readdir", &[Filled { at: 1, room: 2, count: 4 }, value(4, SIZE)]),
    ("fd_renumber", &[]),
    ("fd_seek", &[value(3, FILESIZE)]),
    ("fd_sync", &[]),
    ("fd_tell", &[value(1, FILESIZE)]),
    ("fd_write", &[value(3, SIZE)]),
    ("path_create_directory", &[]),
    ("path_filestat_get", &[Filestat { at: 4 }]),
    ("path_filestat_set_times", &[]),
    ("path_link", &[]),
    ("path_open", &[value(8, FD)]),
    ("path_readlink", &[Filled { at: 3, room: 4, count: 5 }, value(5, SIZE)]),
    ("path_remove_directory", &[]),
    ("path_rename", &[]),
    ("path_symlink", &[]),
    ("path_unlink_file", &[]),
    ("poll_oneoff", &[Events { at: 1, most: 2, count: 3 }, value(3, SIZE)]),
    ("proc_exit", &[]),
    ("proc_raise", &[]),
    ("random_get", &[Whole { at: 0, len: 1 }]),
    ("sched_yield", &[]),
    ("sock_accept", &[value(2, FD)]),
    ("sock_recv", &[Scattered { array: 1, len: 2, count: 4 }, value(4, SIZE), value(5, ROFLAGS)]),
    ("sock_send", &[value(4, SIZE)]),
    ("sock_shutdown", &[]),
];

/// Outputs of `adapter_open_badfd`, an additional function of the published adapters: an invalid descriptor.
const OPEN_BADFD: [Out; 1] = [value(0, FD)];

/// Input that a function reads while it fills a buffer: an array at the address in parameter `at`, with the number of
/// elements in parameter `count` and `size` bytes per element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reads {
    pub(super) at: usize,
    pub(super) count: usize,
    pub(super) size: u64,
}

/// Returns the inputs of functions that fill buffers.
pub(super) fn reads(function: &str) -> &'static [Reads] {
    const BUFFERS: [Reads; 1] = [Reads { at: 1, count: 2, size: 8 }];
    const PATH: [Reads; 1] = [Reads { at: 1, count: 2, size: 1 }];
    const SUBSCRIPTIONS: [Reads; 1] = [Reads { at: 0, count: 2, size: 48 }];
    match function {
        "fd_pread" | "fd_read" | "sock_recv" => &BUFFERS,
        "path_readlink" => &PATH,
        "poll_oneoff" => &SUBSCRIPTIONS,
        _ => &[],
    }
}

/// Returns the output places of a function; empty if it is unknown.
pub(super) fn of(function: &str) -> &'static [Out] {
    let found = RESULTS.binary_search_by_key(&function, |(name, _)| name);
    match found {
        Ok(index) => RESULTS[index].1,
        Err(_) if function == "adapter_open_badfd" => &OPEN_BADFD,
        Err(_) => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(RESULTS.is_sorted_by(|(a, _), (b, _)| a < b));
        assert_eq!(of("sock_accept"), [value(2, FD)]);
        assert_eq!(of("adapter_open_badfd"), [value(0, FD)]);
        assert_eq!(of("other"), []);
    }
}
