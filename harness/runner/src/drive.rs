//! Drives a run: a single poll for hosts with blocking functions, a Tokio runtime for asynchronous hosts.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Builder;

/// Runs the future to completion. A future that only blocks completes on the first poll. Returns no result if
/// asynchronous work exceeds `clock`.
pub(crate) fn drive<T>(
    asynchronous: bool,
    clock: Duration,
    work: impl Future<Output = T>,
) -> Result<Option<T>, String> {
    if asynchronous {
        // A current-thread runtime, so that calls have the same order in every run.
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        return Ok(runtime.block_on(async { tokio::time::timeout(clock, work).await.ok() }));
    }
    Ok(Some(drive_at_once(work)))
}

/// Runs a future that only blocks.
pub(crate) fn drive_at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}
