//! Conversion of the host's errors to preview1.

use wasip2::filesystem::types::{ErrorCode, filesystem_error_code};
use wasip2::io::streams::StreamError;

use crate::abi::{Answer, Errno};

/// Converts a result of the host to preview1.
pub trait IntoAnswer<T> {
    fn into_answer(self) -> Answer<T>;
}

impl<T> IntoAnswer<T> for Result<T, ErrorCode> {
    fn into_answer(self) -> Answer<T> {
        self.map_err(errno)
    }
}

impl<T> IntoAnswer<T> for Result<T, StreamError> {
    fn into_answer(self) -> Answer<T> {
        self.map_err(|error| match error {
            StreamError::Closed => Errno::Io,
            StreamError::LastOperationFailed(error) => filesystem_error_code(&error).map_or(Errno::Io, errno),
        })
    }
}

/// Returns the equivalent errno.
pub fn errno(code: ErrorCode) -> Errno {
    match code {
        ErrorCode::Access => Errno::Acces,
        ErrorCode::WouldBlock => Errno::Again,
        ErrorCode::Already => Errno::Already,
        ErrorCode::BadDescriptor => Errno::Badf,
        ErrorCode::Busy => Errno::Busy,
        ErrorCode::Deadlock => Errno::Deadlk,
        ErrorCode::Quota => Errno::Dquot,
        ErrorCode::Exist => Errno::Exist,
        ErrorCode::FileTooLarge => Errno::Fbig,
        ErrorCode::IllegalByteSequence => Errno::Ilseq,
        ErrorCode::InProgress => Errno::Inprogress,
        ErrorCode::Interrupted => Errno::Intr,
        ErrorCode::Invalid => Errno::Inval,
        ErrorCode::Io => Errno::Io,
        ErrorCode::IsDirectory => Errno::Isdir,
        ErrorCode::Loop => Errno::Loop,
        ErrorCode::TooManyLinks => Errno::Mlink,
        ErrorCode::MessageSize => Errno::Msgsize,
        ErrorCode::NameTooLong => Errno::Nametoolong,
        ErrorCode::NoDevice => Errno::Nodev,
        ErrorCode::NoEntry => Errno::Noent,
        ErrorCode::NoLock => Errno::Nolck,
        ErrorCode::InsufficientMemory => Errno::Nomem,
        ErrorCode::InsufficientSpace => Errno::Nospc,
        ErrorCode::NotDirectory => Errno::Notdir,
        ErrorCode::NotEmpty => Errno::Notempty,
        ErrorCode::NotRecoverable => Errno::Notrecoverable,
        ErrorCode::Unsupported => Errno::Notsup,
        ErrorCode::NoTty => Errno::Notty,
        ErrorCode::NoSuchDevice => Errno::Nxio,
        ErrorCode::Overflow => Errno::Overflow,
        ErrorCode::NotPermitted => Errno::Perm,
        ErrorCode::Pipe => Errno::Pipe,
        ErrorCode::ReadOnly => Errno::Rofs,
        ErrorCode::InvalidSeek => Errno::Spipe,
        ErrorCode::TextFileBusy => Errno::Txtbsy,
        ErrorCode::CrossDevice => Errno::Xdev,
    }
}
