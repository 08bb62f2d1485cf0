//! Standard input for wasmtime-wasi that arrives in pieces, or is closed.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdinStream};
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

use super::stdio::Input;

/// `EBADF`, the system's error code for a descriptor that is not open.
const BAD_DESCRIPTOR: i32 = if cfg!(windows) { 6 } else { 9 };

/// Standard input that arrives in pieces, or between calls: each piece becomes readable once the guest waits for it.
#[derive(Clone)]
pub(super) struct Pipe(pub(super) Arc<Mutex<Input>>);

impl Pipe {
    fn input(&self) -> MutexGuard<'_, Input> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IsTerminal for Pipe {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for Pipe {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }
}

impl AsyncRead for Pipe {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        buffer.put_slice(&self.input().read(buffer.remaining()));
        Poll::Ready(Ok(()))
    }
}

#[async_trait]
impl InputStream for Pipe {
    fn read(&mut self, most: usize) -> StreamResult<Bytes> {
        let mut input = self.input();
        match (input.is_at_end(), input.is_ready()) {
            (true, _) => Err(StreamError::Closed),
            (false, true) => Ok(input.read(most).into()),
            (false, false) => Ok(Bytes::new()),
        }
    }
}

#[async_trait]
impl Pollable for Pipe {
    async fn ready(&mut self) {
        self.input().wait();
    }
}

/// Closed standard input: each read fails.
#[derive(Clone)]
pub(super) struct Closed;

impl Closed {
    fn error() -> io::Error {
        io::Error::from_raw_os_error(BAD_DESCRIPTOR)
    }
}

impl IsTerminal for Closed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for Closed {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }
}

impl AsyncRead for Closed {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(Self::error()))
    }
}

#[async_trait]
impl InputStream for Closed {
    fn read(&mut self, _: usize) -> StreamResult<Bytes> {
        Err(StreamError::LastOperationFailed(Self::error().into()))
    }
}

#[async_trait]
impl Pollable for Closed {
    async fn ready(&mut self) {}
}
