//! Who polls while a guest runs: nobody has to where the host's functions block, a runtime where they are asynchronous.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tokio::runtime::Builder;

/// Does the work to its end. What waits for nothing but functions that block is done when it is first asked.
pub(crate) fn drive<T>(asynchronous: bool, work: impl Future<Output = T>) -> Result<T, String> {
    if asynchronous {
        // One thread, this one: calls come in the same order in every run.
        let runtime = Builder::new_current_thread().enable_all().build();
        return runtime.map(|runtime| runtime.block_on(work)).map_err(|error| format!("no runtime: {error}"));
    }
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Ok(done);
        }
    }
}
