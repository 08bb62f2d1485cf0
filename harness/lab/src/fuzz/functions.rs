//! Signatures of the preview1 functions <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>.

/// A function.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Name of the function.
    pub name: &'static str,
    /// Parameters in order. One of them can be several parameters of the core function.
    pub parameters: &'static [Parameter],
}

/// A parameter, or a pointer together with its length.
#[derive(Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name of the parameter.
    pub name: &'static str,
    /// Kind of the parameter.
    pub kind: Kind,
}

/// Kinds of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A descriptor.
    Fd,
    /// A 32-bit number.
    Word(Domain),
    /// A 64-bit number.
    Long(Domain),
    /// Pointer and length of a path.
    Path,
    /// Pointer and length of a list of buffers to fill.
    Read,
    /// Pointer and length of a list of buffers to write.
    Write,
    /// Pointer and length of a buffer to fill.
    Buffer,
    /// Pointer to a buffer whose size another function reports.
    Room,
    /// Pointer to a result.
    Out(Out),
    /// Pointer to subscriptions, whose number is [`Kind::Count`].
    Subscriptions,
    /// Pointer to a buffer for events.
    Events,
    /// Number of subscriptions.
    Count,
}

/// Meaning of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of preview1")]
pub enum Domain {
    Clock,
    Precision,
    Offset,
    Position,
    Length,
    Size,
    Advice,
    FdFlags,
    Rights,
    Time,
    TimeFlags,
    Cookie,
    Whence,
    LookupFlags,
    OpenFlags,
    ExitCode,
    Signal,
    SocketFlags,
    Shutdown,
}

/// A result in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of preview1")]
pub enum Out {
    /// A 32-bit number that is equal on all sides.
    Size,
    /// Number of bytes read or written. Not compared.
    Count,
    Fd,
    Time,
    Filesize,
    Fdstat,
    Filestat,
    Prestat,
    RoFlags,
}

impl Out {
    /// Returns its size in bytes.
    pub fn size(self) -> usize {
        match self {
            Out::RoFlags => 2,
            Out::Size | Out::Count | Out::Fd => 4,
            Out::Time | Out::Filesize | Out::Prestat => 8,
            Out::Fdstat => 24,
            Out::Filestat => 64,
        }
    }
}

impl Kind {
    /// Returns the core parameters.
    pub fn core(self) -> &'static [Core] {
        match self {
            Kind::Fd | Kind::Word(_) | Kind::Out(_) | Kind::Room | Kind::Subscriptions | Kind::Events | Kind::Count => {
                &[Core::I32]
            }
            Kind::Long(_) => &[Core::I64],
            Kind::Path | Kind::Read | Kind::Write | Kind::Buffer => &[Core::I32, Core::I32],
        }
    }
}

/// Core type of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core {
    /// 32 bits.
    I32,
    /// 64 bits.
    I64,
}

impl Core {
    /// Returns the name of the type in text format.
    pub fn word(self) -> &'static str {
        match self {
            Core::I32 => "i32",
            Core::I64 => "i64",
        }
    }
}

impl Function {
    /// Returns the core parameters of the function.
    pub fn core(&self) -> impl Iterator<Item = Core> {
        self.parameters.iter().flat_map(|parameter| parameter.kind.core().iter().copied())
    }

    /// Returns true if the function returns an errno. `proc_exit` never returns.
    pub fn returns(&self) -> bool {
        self.name != "proc_exit"
    }
}

/// Finds a function and its index by name.
pub fn find(name: &str) -> Option<(usize, &'static Function)> {
    FUNCTIONS.iter().enumerate().find(|(_, function)| function.name == name)
}

/// Table of functions, one per line.
macro_rules! functions {
    ($($name:ident ($($parameter:ident: $kind:expr),*);)*) => {
        &[$(Function {
            name: stringify!($name),
            parameters: &[$(Parameter { name: stringify!($parameter), kind: $kind }),*],
        }),*]
    };
}

use Domain::*;
use Kind::*;

/// All functions, in the order of the preview1 documentation.
pub static FUNCTIONS: &[Function] = functions! {
    args_get(argv: Room, argv_buf: Room);
    args_sizes_get(argc: Out(Out::Size), argv_buf_size: Out(Out::Size));
    environ_get(environ: Room, environ_buf: Room);
    environ_sizes_get(environc: Out(Out::Size), environ_buf_size: Out(Out::Size));
    clock_res_get(id: Word(Clock), resolution: Out(Out::Time));
    clock_time_get(id: Word(Clock), precision: Long(Precision), time: Out(Out::Time));
    fd_advise(fd: Fd, offset: Long(Position), len: Long(Length), advice: Word(Advice));
    fd_allocate(fd: Fd, offset: Long(Position), len: Long(Length));
    fd_close(fd: Fd);
    fd_datasync(fd: Fd);
    fd_fdstat_get(fd: Fd, stat: Out(Out::Fdstat));
    fd_fdstat_set_flags(fd: Fd, flags: Word(FdFlags));
    fd_fdstat_set_rights(fd: Fd, base: Long(Rights), inheriting: Long(Rights));
    fd_filestat_get(fd: Fd, stat: Out(Out::Filestat));
    fd_filestat_set_size(fd: Fd, size: Long(Size));
    fd_filestat_set_times(fd: Fd, atim: Long(Time), mtim: Long(Time), fst_flags: Word(TimeFlags));
    fd_pread(fd: Fd, iovs: Read, offset: Long(Position), nread: Out(Out::Count));
    fd_prestat_get(fd: Fd, prestat: Out(Out::Prestat));
    fd_prestat_dir_name(fd: Fd, path: Buffer);
    fd_pwrite(fd: Fd, iovs: Write, offset: Long(Position), nwritten: Out(Out::Count));
    fd_read(fd: Fd, iovs: Read, nread: Out(Out::Count));
    fd_readdir(fd: Fd, buf: Buffer, cookie: Long(Cookie), bufused: Out(Out::Count));
    fd_renumber(fd: Fd, to: Fd);
    fd_seek(fd: Fd, offset: Long(Offset), whence: Word(Whence), newoffset: Out(Out::Filesize));
    fd_sync(fd: Fd);
    fd_tell(fd: Fd, offset: Out(Out::Filesize));
    fd_write(fd: Fd, iovs: Write, nwritten: Out(Out::Count));
    path_create_directory(fd: Fd, path: Path);
    path_filestat_get(fd: Fd, flags: Word(LookupFlags), path: Path, stat: Out(Out::Filestat));
    path_filestat_set_times(
        fd: Fd, flags: Word(LookupFlags), path: Path, atim: Long(Time), mtim: Long(Time), fst_flags: Word(TimeFlags));
    path_link(fd: Fd, baseline_flags: Word(LookupFlags), baseline_path: Path, candidate_fd: Fd, candidate_path: Path);
    path_open(
        fd: Fd, dirflags: Word(LookupFlags), path: Path, oflags: Word(OpenFlags), base: Long(Rights),
        inheriting: Long(Rights), fdflags: Word(FdFlags), opened_fd: Out(Out::Fd));
    path_readlink(fd: Fd, path: Path, buf: Buffer, bufused: Out(Out::Count));
    path_remove_directory(fd: Fd, path: Path);
    path_rename(fd: Fd, baseline_path: Path, candidate_fd: Fd, candidate_path: Path);
    path_symlink(baseline_path: Path, fd: Fd, candidate_path: Path);
    path_unlink_file(fd: Fd, path: Path);
    poll_oneoff(in_: Subscriptions, out: Events, nsubscriptions: Count, nevents: Out(Out::Size));
    proc_exit(rval: Word(ExitCode));
    proc_raise(sig: Word(Signal));
    random_get(buf: Buffer);
    sched_yield();
    sock_accept(fd: Fd, flags: Word(FdFlags), connection: Out(Out::Fd));
    sock_recv(
        fd: Fd, ri_data: Read, ri_flags: Word(SocketFlags), ro_datalen: Out(Out::Count), ro_flags: Out(Out::RoFlags));
    sock_send(fd: Fd, si_data: Write, si_flags: Word(SocketFlags), so_datalen: Out(Out::Count));
    sock_shutdown(fd: Fd, how: Word(Shutdown));
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_contains_all_functions() {
        assert_eq!(FUNCTIONS.len(), 46);
        let (number, open) = find("path_open").unwrap();
        assert_eq!((FUNCTIONS[number].name, open.core().count()), ("path_open", 9));
        assert!(FUNCTIONS.iter().all(|function| function.core().count() <= 9));
    }
}
