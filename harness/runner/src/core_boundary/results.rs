//! What the functions of `wasi_snapshot_preview1` write to main's memory: the results that their WITX declares, and the
//! buffers that they fill.

/// A place that a call may write to. Numbers are those of the core function's parameters, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Out {
    /// A result of so many bytes, at the address in a parameter.
    Value { at: usize, bytes: u64 },
    /// A result of type `filestat`, which is smaller in `wasi_unstable`.
    Filestat { at: usize },
    /// A buffer, filled as far as a parameter says.
    Whole { at: usize, len: usize },
    /// A buffer of so much room, filled as far as the `size` that is a result says.
    Filled { at: usize, room: usize, count: usize },
    /// An array of buffers, filled in their order as far as the `size` that is a result says.
    Scattered { array: usize, len: usize, count: usize },
    /// An array of at most so many events, as many as the `size` that is a result says.
    Events { at: usize, most: usize, count: usize },
    /// A pointer to each argument.
    ArgPointers { at: usize },
    /// The arguments.
    ArgTexts { at: usize },
    /// A pointer to each variable of the environment.
    EnvironPointers { at: usize },
    /// The environment.
    EnvironTexts { at: usize },
}

use Out::*;

const fn value(at: usize, bytes: u64) -> Out {
    Value { at, bytes }
}

/// Sizes of types.
const FD: u64 = 4;
const FDSTAT: u64 = 24;
const FILESIZE: u64 = 8;
const PRESTAT: u64 = 8;
const ROFLAGS: u64 = 2;
const SIZE: u64 = 4;
const TIMESTAMP: u64 = 8;

/// All 46 functions. Those of `wasi_unstable` have the same parameters.
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

/// What the published adapters have beside them: a number that is nobody's.
const OPEN_BADFD: [Out; 1] = [value(0, FD)];

/// Something that a function reads while it fills a buffer: at the address in a parameter, as many as another one says, each
/// of so many bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reads {
    pub(super) at: usize,
    pub(super) count: usize,
    pub(super) size: u64,
}

/// What functions read that fill buffers.
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

/// Where a function writes; nowhere, if it is not known.
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
