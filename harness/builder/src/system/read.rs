//! Reads users' files: only regular files, up to a maximum size.
//!
//! Opening a FIFO waits for a writer, and a device such as `/dev/zero` has no end. Both are rejected before anything is
//! read.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use thiserror::Error;

/// Maximum size of a file in bytes: 1 GiB.
pub const MOST_BYTES: u64 = 1 << 30;

/// Maximum size of a text file in bytes: 64 MiB.
pub const MOST_TEXT: u64 = 64 << 20;

/// Rejection of a file, as the source of an [`io::Error`] of kind [`ErrorKind::InvalidInput`]. The outer error names
/// the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// The file is a FIFO, a device, a socket or a directory.
    #[error("is {kind}; expected a regular file")]
    Kind {
        /// Kind of file with its article: `a FIFO`.
        kind: &'static str,
    },
    /// The file exceeds the maximum size.
    #[error("has more than {most} bytes; expected at most that many")]
    TooLarge {
        /// Maximum size in bytes.
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
/// Fails with [`Unreadable`] for another kind of file or a larger file, or with the system's error.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    read_up_to(path.as_ref(), MOST_BYTES)
}

/// Reads a UTF-8 file of at most [`MOST_TEXT`].
///
/// # Errors
///
/// Fails like [`read`], and with [`ErrorKind::InvalidData`] if the file is not UTF-8.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let bytes = read_up_to(path.as_ref(), MOST_TEXT)?;
    String::from_utf8(bytes).map_err(|_| io::Error::new(ErrorKind::InvalidData, "stream did not contain valid UTF-8"))
}

/// Reads a file that was named on the command line: like [`read`], but also reads `/dev/stdin` and `/dev/fd/N`
/// (`<(command)` in shells) to their end.
///
/// # Errors
///
/// Fails like [`read`].
pub fn read_argument(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let path = path.as_ref();
    if is_stream(path) { bounded(File::open(path)?, 0, MOST_BYTES) } else { read(path) }
}

/// Reads standard input to its end: at most [`MOST_BYTES`].
///
/// # Errors
///
/// Fails like [`read`].
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

/// Checks the file, opens it without blocking, and checks it again, because it may have been replaced in between.
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

/// Reads up to a maximum size. A file can grow while it is read, and files in `/proc` report no size.
fn bounded(from: impl Read, size: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(size as usize);
    from.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Unreadable::TooLarge { most }.into());
    }
    Ok(bytes)
}

fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() { Ok(()) } else { Err(Unreadable::Kind { kind: kind(metadata) }.into()) }
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
    fn irregular_files_are_rejected_without_waiting() {
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
    fn larger_files_are_rejected_before_they_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sparse");
        File::create(&path).unwrap().set_len(MOST_BYTES + 1).unwrap();
        refused(read(&path), Unreadable::TooLarge { most: MOST_BYTES });
        // Like a file that grows while it is read.
        refused(bounded(io::repeat(0), 0, 10), Unreadable::TooLarge { most: 10 });
        assert_eq!(bounded(io::repeat(7).take(10), 0, 10).unwrap(), [7; 10]);
    }
}
