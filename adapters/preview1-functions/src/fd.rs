//! Functions on descriptors. There are three: nothing can be opened.

use crate::abi::{Errno, FILETYPE_UNKNOWN, Fdstat, Filestat, RIGHT_FILESTAT_GET, RIGHT_POLL, RIGHT_READ, RIGHT_WRITE};
use crate::memory::{Array, Buffer, Out};
use crate::stdio::{self, Stream};

/// Writes all buffers, in order, until the host takes less than it was offered.
#[unsafe(no_mangle)]
pub extern "C" fn fd_write(fd: u32, buffers: Array<Buffer>, len: u32, written: Out<u32>) -> Errno {
    let stream = match stdio::stream(fd) {
        Ok(Stream::Input) => return Errno::Badf,
        Ok(stream) => stream,
        Err(errno) => return errno,
    };
    let mut total = 0u32;
    for buffer in buffers.values(len).filter(|buffer| !buffer.is_empty()) {
        let taken = match stream.write(buffer.bytes()) {
            Ok(taken) => taken.min(buffer.len()),
            Err(errno) => return errno,
        };
        total = total.saturating_add(taken);
        if taken < buffer.len() {
            break;
        }
    }
    written.set(total);
    Errno::Success
}

/// Reads into the first buffer that has room. Not into more of them: a second question could wait for input that
/// nobody gives while the first one's answer is here already.
#[unsafe(no_mangle)]
pub extern "C" fn fd_read(fd: u32, buffers: Array<Buffer>, len: u32, read: Out<u32>) -> Errno {
    let stream = match stdio::stream(fd) {
        Ok(Stream::Input) => Stream::Input,
        Ok(_) => return Errno::Badf,
        Err(errno) => return errno,
    };
    let count = match buffers.values(len).find(|buffer| !buffer.is_empty()) {
        Some(buffer) => stream.read(buffer),
        None => Ok(0),
    };
    match count {
        Ok(count) => {
            read.set(count);
            Errno::Success
        }
        Err(errno) => errno,
    }
}

/// Closes a descriptor. What is written to it afterwards goes nowhere.
#[unsafe(no_mangle)]
pub extern "C" fn fd_close(fd: u32) -> Errno {
    done(stdio::close(fd))
}

/// Moves a descriptor onto another one.
#[unsafe(no_mangle)]
pub extern "C" fn fd_renumber(from: u32, to: u32) -> Errno {
    done(stdio::renumber(from, to))
}

/// Says what may be done with a descriptor. None is a terminal.
#[unsafe(no_mangle)]
pub extern "C" fn fd_fdstat_get(fd: u32, stat: Out<Fdstat>) -> Errno {
    let stream = match stdio::stream(fd) {
        Ok(stream) => stream,
        Err(errno) => return errno,
    };
    let direction = if stream == Stream::Input { RIGHT_READ } else { RIGHT_WRITE };
    stat.set(Fdstat {
        filetype: FILETYPE_UNKNOWN,
        flags: 0,
        rights: direction | RIGHT_FILESTAT_GET | RIGHT_POLL,
        rights_inheriting: 0,
    });
    Errno::Success
}

/// No flags are there to be set.
#[unsafe(no_mangle)]
pub extern "C" fn fd_fdstat_set_flags(fd: u32, flags: u32) -> Errno {
    on_stream(fd, if flags == 0 { Errno::Success } else { Errno::Notsup })
}

/// Rights cannot be changed.
#[unsafe(no_mangle)]
pub extern "C" fn fd_fdstat_set_rights(fd: u32, _rights: u64, _inheriting: u64) -> Errno {
    on_stream(fd, Errno::Notsup)
}

/// A stream has no attributes, which is no error.
#[unsafe(no_mangle)]
pub extern "C" fn fd_filestat_get(fd: u32, stat: Out<Filestat>) -> Errno {
    if let Err(errno) = stdio::stream(fd) {
        return errno;
    }
    stat.set(Filestat {
        device: 0,
        inode: 0,
        filetype: FILETYPE_UNKNOWN,
        links: 0,
        size: 0,
        accessed: 0,
        modified: 0,
        changed: 0,
    });
    Errno::Success
}

/// A stream has no size.
#[unsafe(no_mangle)]
pub extern "C" fn fd_filestat_set_size(fd: u32, _size: u64) -> Errno {
    on_stream(fd, Errno::Inval)
}

/// A stream has no times.
#[unsafe(no_mangle)]
pub extern "C" fn fd_filestat_set_times(fd: u32, _accessed: u64, _modified: u64, _flags: u32) -> Errno {
    on_stream(fd, Errno::Notsup)
}

/// A stream has no positions to give advice about.
#[unsafe(no_mangle)]
pub extern "C" fn fd_advise(fd: u32, _offset: u64, _len: u64, _advice: u32) -> Errno {
    on_stream(fd, Errno::Spipe)
}

/// A stream has no positions to make room at.
#[unsafe(no_mangle)]
pub extern "C" fn fd_allocate(fd: u32, _offset: u64, _len: u64) -> Errno {
    on_stream(fd, Errno::Spipe)
}

/// A stream has no positions to read at.
#[unsafe(no_mangle)]
pub extern "C" fn fd_pread(fd: u32, _buffers: Array<Buffer>, _len: u32, _offset: u64, _read: Out<u32>) -> Errno {
    on_stream(fd, Errno::Spipe)
}

/// A stream has no positions to write at.
#[unsafe(no_mangle)]
pub extern "C" fn fd_pwrite(fd: u32, _buffers: Array<Buffer>, _len: u32, _offset: u64, _written: Out<u32>) -> Errno {
    on_stream(fd, Errno::Spipe)
}

/// A stream has no position to change.
#[unsafe(no_mangle)]
pub extern "C" fn fd_seek(fd: u32, _offset: i64, _whence: u32, _position: Out<u64>) -> Errno {
    on_stream(fd, Errno::Spipe)
}

/// A stream has no position to tell.
#[unsafe(no_mangle)]
pub extern "C" fn fd_tell(fd: u32, _position: Out<u64>) -> Errno {
    on_stream(fd, Errno::Spipe)
}

/// A stream cannot be brought to a disk.
#[unsafe(no_mangle)]
pub extern "C" fn fd_datasync(fd: u32) -> Errno {
    on_stream(fd, Errno::Inval)
}

/// A stream cannot be brought to a disk.
#[unsafe(no_mangle)]
pub extern "C" fn fd_sync(fd: u32) -> Errno {
    on_stream(fd, Errno::Inval)
}

/// A stream is no directory.
#[unsafe(no_mangle)]
pub extern "C" fn fd_readdir(fd: u32, _start: Out<u8>, _len: u32, _cookie: u64, _used: Out<u32>) -> Errno {
    on_stream(fd, Errno::Notdir)
}

/// No directory is open from the start. This answer also ends the search for them in a C library.
#[unsafe(no_mangle)]
pub extern "C" fn fd_prestat_get(_fd: u32, _prestat: Out<u64>) -> Errno {
    Errno::Badf
}

/// No directory is open from the start.
#[unsafe(no_mangle)]
pub extern "C" fn fd_prestat_dir_name(_fd: u32, _start: Out<u8>, _len: u32) -> Errno {
    Errno::Badf
}

fn on_stream(fd: u32, answer: Errno) -> Errno {
    stdio::stream(fd).map_or_else(|errno| errno, |_| answer)
}

fn done(result: Result<(), Errno>) -> Errno {
    result.map_or_else(|errno| errno, |()| Errno::Success)
}
