//! Descriptor functions. Only the three standard streams exist; nothing can be opened.

use crate::abi::{Errno, RIGHT_FILESTAT_GET, RIGHT_POLL, RIGHT_READ, RIGHT_WRITE};
use crate::memory::{self, Address, Buffer};
use crate::stdio::{self, Stream};
use crate::{answer, my_cli};

/// Writes all buffers, in order, until a short write of the host.
#[unsafe(no_mangle)]
pub extern "C" fn fd_write(fd: u32, buffers: Address, len: u32, written: Address) -> Errno {
    answer(|| {
        let sink = stdio::sink(fd)?;
        let mut total = 0u32;
        for piece in Buffer::array(buffers, len)?.into_iter().flat_map(Buffer::pieces) {
            let taken = sink.write(&memory::bytes(piece.start, piece.len)?).min(piece.len);
            total = total.saturating_add(taken);
            if taken < piece.len {
                break;
            }
        }
        memory::write(written, &total.to_le_bytes())
    })
}

/// Reads into the first nonempty buffer only: a second read could block for input that
/// arrives only after the program has used the first.
#[unsafe(no_mangle)]
pub extern "C" fn fd_read(fd: u32, buffers: Address, len: u32, read: Address) -> Errno {
    answer(|| {
        let Stream::Input = stdio::stream(fd)? else {
            return Err(Errno::Badf);
        };
        let mut count = 0;
        if let Some(piece) = Buffer::array(buffers, len)?.into_iter().flat_map(Buffer::pieces).next() {
            let bytes = my_cli::read(piece.len);
            count = bytes.len() as u32;
            assert!(count <= piece.len, "`read` gave {count} bytes of at most {}", piece.len);
            memory::write(piece.start, &bytes)?;
        }
        memory::write(read, &count.to_le_bytes())
    })
}

/// Closes a descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn fd_close(fd: u32) -> Errno {
    answer(|| stdio::close(fd))
}

/// Renumbers a descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn fd_renumber(from: u32, to: u32) -> Errno {
    answer(|| stdio::renumber(from, to))
}

/// Writes the type, flags and rights of a descriptor. None is a terminal.
#[unsafe(no_mangle)]
pub extern "C" fn fd_fdstat_get(fd: u32, stat: Address) -> Errno {
    answer(|| {
        let direction = if matches!(stdio::stream(fd)?, Stream::Input) { RIGHT_READ } else { RIGHT_WRITE };
        // File type `unknown`, no flags, and rights.
        let mut bytes = [0; 24];
        bytes[8..16].copy_from_slice(&(direction | RIGHT_FILESTAT_GET | RIGHT_POLL).to_le_bytes());
        memory::write(stat, &bytes)
    })
}

/// Accepts no flags.
#[unsafe(no_mangle)]
pub extern "C" fn fd_fdstat_set_flags(fd: u32, flags: u32) -> Errno {
    on_stream(fd, if flags == 0 { Errno::Success } else { Errno::Notsup })
}

/// Fails: rights cannot be changed.
#[unsafe(no_mangle)]
pub extern "C" fn fd_fdstat_set_rights(fd: u32, _rights: u64, _inheriting: u64) -> Errno {
    on_stream(fd, Errno::Notsup)
}

/// Writes zeros: a stream has no attributes.
#[unsafe(no_mangle)]
pub extern "C" fn fd_filestat_get(fd: u32, stat: Address) -> Errno {
    answer(|| stdio::stream(fd).and_then(|_| memory::write(stat, &[0; 64])))
}

/// Fails: a stream has no size.
#[unsafe(no_mangle)]
pub extern "C" fn fd_filestat_set_size(fd: u32, _size: u64) -> Errno {
    on_stream(fd, Errno::Inval)
}

/// Fails: a stream has no times.
#[unsafe(no_mangle)]
pub extern "C" fn fd_filestat_set_times(fd: u32, _accessed: u64, _modified: u64, _flags: u32) -> Errno {
    on_stream(fd, Errno::Notsup)
}

/// Fails: a stream has no position.
#[unsafe(no_mangle)]
pub extern "C" fn fd_advise(fd: u32, _offset: u64, _len: u64, _advice: u32) -> Errno {
    on_stream(fd, Errno::Spipe)
}

/// Fails: a stream cannot be allocated.
#[unsafe(no_mangle)]
pub extern "C" fn fd_allocate(fd: u32, _offset: u64, _len: u64) -> Errno {
    on_stream(fd, Errno::Spipe)
}

/// Fails: a stream cannot be read at an offset.
#[unsafe(no_mangle)]
pub extern "C" fn fd_pread(fd: u32, _buffers: Address, _len: u32, _offset: u64, _read: Address) -> Errno {
    on_stream(fd, Errno::Spipe)
}

/// Fails: a stream cannot be written at an offset.
#[unsafe(no_mangle)]
pub extern "C" fn fd_pwrite(fd: u32, _buffers: Address, _len: u32, _offset: u64, _written: Address) -> Errno {
    on_stream(fd, Errno::Spipe)
}

/// Fails: a stream has no position to change.
#[unsafe(no_mangle)]
pub extern "C" fn fd_seek(fd: u32, _offset: i64, _whence: u32, _position: Address) -> Errno {
    on_stream(fd, Errno::Spipe)
}

/// Fails: a stream has no position.
#[unsafe(no_mangle)]
pub extern "C" fn fd_tell(fd: u32, _position: Address) -> Errno {
    on_stream(fd, Errno::Spipe)
}

/// Fails: a stream cannot be synchronized.
#[unsafe(no_mangle)]
pub extern "C" fn fd_datasync(fd: u32) -> Errno {
    on_stream(fd, Errno::Inval)
}

/// Fails: a stream cannot be synchronized.
#[unsafe(no_mangle)]
pub extern "C" fn fd_sync(fd: u32) -> Errno {
    on_stream(fd, Errno::Inval)
}

/// Fails: a stream is not a directory.
#[unsafe(no_mangle)]
pub extern "C" fn fd_readdir(fd: u32, _start: Address, _len: u32, _cookie: u64, _used: Address) -> Errno {
    on_stream(fd, Errno::Notdir)
}

/// Fails: there are no preopened directories. `badf` ends the search for them in a C library.
#[unsafe(no_mangle)]
pub extern "C" fn fd_prestat_get(_fd: u32, _prestat: Address) -> Errno {
    Errno::Badf
}

/// Fails: there are no preopened directories.
#[unsafe(no_mangle)]
pub extern "C" fn fd_prestat_dir_name(_fd: u32, _start: Address, _len: u32) -> Errno {
    Errno::Badf
}

fn on_stream(fd: u32, answered: Errno) -> Errno {
    answer(|| stdio::stream(fd).and(if answered == Errno::Success { Ok(()) } else { Err(answered) }))
}
