//! Who polls while a guest runs: nobody has to where the host's functions block, a runtime where they are asynchronous.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Builder;

/// Does the work to its end. What waits for nothing but functions that block is done when it is first asked. Nothing comes of
/// asynchronous work that takes longer than `clock`, which may be waiting for something that never happens.
pub(crate) fn drive<T>(
    asynchronous: bool,
    clock: Duration,
    work: impl Future<Output = T>,
) -> Result<Option<T>, String> {
    if asynchronous {
        // One thread, this one: calls come in the same order in every run.
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
        return Ok(runtime.block_on(async { tokio::time::timeout(clock, work).await.ok() }));
    }
    Ok(Some(drive_at_once(work)))
}

/// The same with work that waits for nothing but functions that block.
pub(crate) fn drive_at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}
