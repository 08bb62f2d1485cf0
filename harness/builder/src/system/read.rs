//! Files that users name: regular files only, and no more of them than a bound.
//!
//! Opening a FIFO waits for a writer, and a device like `/dev/zero` has no end. Both are refused before anything is read.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use thiserror::Error;

/// The largest file that is read, in bytes: 1 GiB.
pub const MOST_BYTES: u64 = 1 << 30;

/// The largest text file that is read, in bytes: 64 MiB.
pub const MOST_TEXT: u64 = 64 << 20;

/// A file that is refused, as the source of an [`io::Error`] of the kind [`ErrorKind::InvalidInput`]. The path is in the
/// error around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// A FIFO, a device, a socket or a directory.
    #[error("is {kind}; expected a regular file")]
    Kind {
        /// The kind with its article: `a FIFO`.
        kind: &'static str,
    },
    /// More bytes than the bound.
    #[error("has more than {most} bytes; expected at most that many")]
    TooLarge {
        /// The bound, in bytes.
        most: u64,
    },
}

impl From<Unreadable> for io::Error {
    fn from(problem: Unreadable) -> io::Error {
        io::Error::new(ErrorKind::InvalidInput, problem)
    }
}

/// Reads a regular file of at most [`MOST_BYTES`]. Links are followed.
///
/// # Errors
///
/// Any error of the system, and [`Unreadable`] for another kind of file or for a larger one.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    read_up_to(path.as_ref(), MOST_BYTES)
}

/// Reads a regular file of at most [`MOST_TEXT`] that is UTF-8.
///
/// # Errors
///
/// As [`read`], and [`ErrorKind::InvalidData`] for other bytes.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let bytes = read_up_to(path.as_ref(), MOST_TEXT)?;
    String::from_utf8(bytes).map_err(|_| io::Error::new(ErrorKind::InvalidData, "stream did not contain valid UTF-8"))
}

/// Reads a file that was typed on the command line: as [`read`], but `/dev/stdin` and `/dev/fd/N`, as shells have them for
/// `<(command)`, are read to their end.
///
/// # Errors
///
/// As [`read`].
pub fn read_argument(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let path = path.as_ref();
    match is_stream(path) {
        true => bounded(File::open(path)?, 0, MOST_BYTES),
        false => read(path),
    }
}

/// Reads standard input to its end: at most [`MOST_BYTES`].
///
/// # Errors
///
/// As [`read`].
pub fn read_stdin() -> io::Result<Vec<u8>> {
    bounded(io::stdin().lock(), 0, MOST_BYTES)
}

/// Rejects a path that is neither a regular file nor a directory, without opening it. A missing path is not an error.
pub fn require_regular(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_dir() => check(&metadata),
        _ => Ok(()),
    }
}

fn is_stream(path: &Path) -> bool {
    cfg!(unix) && (path == Path::new("/dev/stdin") || path.parent() == Some(Path::new("/dev/fd")))
}

fn read_up_to(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (file, size) = open(path)?;
    if size > most {
        return Err(Unreadable::TooLarge { most }.into());
    }
    bounded(file, size, most)
}

/// Looks at the file, opens it without waiting, and looks again: it may be another one by then.
fn open(path: &Path) -> io::Result<(File, u64)> {
    check(&std::fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits() as i32);
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    check(&metadata)?;
    Ok((file, metadata.len()))
}

/// A file can grow while it is read, and those of `/proc` have no size.
fn bounded(from: impl Read, size: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(size as usize);
    from.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Unreadable::TooLarge { most }.into());
    }
    Ok(bytes)
}

fn check(metadata: &Metadata) -> io::Result<()> {
    match metadata.is_file() {
        true => Ok(()),
        false => Err(Unreadable::Kind { kind: kind(metadata) }.into()),
    }
}

fn kind(metadata: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        for (is, name) in [
            (kind.is_fifo(), "a FIFO"),
            (kind.is_socket(), "a socket"),
            (kind.is_char_device(), "a character device"),
            (kind.is_block_device(), "a block device"),
        ] {
            if is {
                return name;
            }
        }
    }
    if metadata.is_dir() { "a directory" } else { "a special file" }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[track_caller]
    fn refused(read: io::Result<Vec<u8>>, expected: Unreadable) {
        let error = read.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.get_ref().and_then(|source| source.downcast_ref()), Some(&expected));
    }

    #[test]
    fn kinds_of_files_that_are_not_regular_are_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        let _listener = UnixListener::bind(at("socket")).unwrap();
        std::os::unix::fs::symlink("fifo", at("link")).unwrap();
        refused(read(at("fifo")), Unreadable::Kind { kind: "a FIFO" });
        refused(read(at("link")), Unreadable::Kind { kind: "a FIFO" });
        refused(read_argument(at("fifo")), Unreadable::Kind { kind: "a FIFO" });
        refused(read(at("socket")), Unreadable::Kind { kind: "a socket" });
        refused(read("/dev/zero"), Unreadable::Kind { kind: "a character device" });
        refused(read(folder.path()), Unreadable::Kind { kind: "a directory" });
        assert!(read_to_string(at("fifo")).is_err());
        assert!(require_regular(&at("link")).is_err());
        assert!(require_regular(folder.path()).is_ok() && require_regular(&at("nothing")).is_ok());
    }

    #[test]
    fn files_beyond_the_bound_are_refused_before_they_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sparse");
        File::create(&path).unwrap().set_len(MOST_BYTES + 1).unwrap();
        refused(read(&path), Unreadable::TooLarge { most: MOST_BYTES });
        // As a file that grows meanwhile.
        refused(bounded(io::repeat(0), 0, 10), Unreadable::TooLarge { most: 10 });
        assert_eq!(bounded(io::repeat(7).take(10), 0, 10).unwrap(), [7; 10]);
    }
}
