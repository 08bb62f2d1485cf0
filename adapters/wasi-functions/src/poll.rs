//! `poll_oneoff`, for clocks and streams. Files are always ready; the host does not wait for them, because it would read ahead.

use wasip2::clocks::monotonic_clock::{subscribe_duration, subscribe_instant};
use wasip2::io::poll::{Pollable, poll};

use crate::abi::{
    Answer, CLOCK_MONOTONIC, CLOCK_REALTIME, EVENT_CLOCK, EVENT_FD_READ, EVENT_FD_WRITE, EVENT_HANGUP, Errno,
    SUBSCRIPTION_ABSTIME,
};
use crate::memory::{self, Address};
use crate::open::Open;
use crate::{answer, clock, table};

/// Sizes in bytes of a subscription and of an event.
const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;

/// Subscription with its pollable. The pollable is dropped before its parent stream.
struct Wait {
    pollable: Option<Pollable>,
    userdata: [u8; 8],
    kind: u8,
    open: Option<Open>,
}

/// Waits until the first of `len` subscriptions is ready, and writes an event for each ready subscription. All of them are
/// read before an event is written, because subscriptions and events may overlap.
#[unsafe(no_mangle)]
pub extern "C" fn poll_oneoff(subscriptions: Address, events: Address, len: u32, count: Address) -> Errno {
    answer(|| {
        if len == 0 {
            return Err(Errno::Inval);
        }
        let bytes = memory::bytes(subscriptions, len.checked_mul(SUBSCRIPTION).ok_or(Errno::Fault)?)?;
        memory::check(events, len * EVENT)?;
        let (records, _) = bytes.as_chunks::<{ SUBSCRIPTION as usize }>();
        let mut waits = Vec::new();
        waits.try_reserve_exact(records.len()).map_err(|_| Errno::Nomem)?;
        for record in records {
            waits.push(Wait::new(record)?);
        }
        let due = due(&waits)?;
        let mut written = Vec::new();
        written.try_reserve_exact(due.len() * EVENT as usize).map_err(|_| Errno::Nomem)?;
        for wait in &due {
            written.extend_from_slice(&wait.event()?);
        }
        memory::write(events, &written)?;
        memory::write(count, &(due.len() as u32).to_le_bytes())?;
        // In reverse order, so that a host with a stack of free handles reuses them in the same order.
        waits.into_iter().rev().for_each(drop);
        Ok(())
    })
}

/// Returns the ready subscriptions; immediately, if there is no pollable.
fn due(waits: &[Wait]) -> Answer<Vec<&Wait>> {
    let mut due = Vec::new();
    due.try_reserve_exact(waits.len()).map_err(|_| Errno::Nomem)?;
    if waits.iter().any(|wait| wait.pollable.is_none()) {
        due.extend(waits.iter().filter(|wait| wait.pollable.as_ref().is_none_or(Pollable::ready)));
        return Ok(due);
    }
    let mut pollables = Vec::new();
    pollables.try_reserve_exact(waits.len()).map_err(|_| Errno::Nomem)?;
    pollables.extend(waits.iter().filter_map(|wait| wait.pollable.as_ref()));
    preview1_memory::heap::prepare(size_of_val(&*pollables))?;
    let ready = poll(&pollables);
    // In the order of subscriptions, each once, independent of the host's list.
    let is_ready = |index: &usize| ready.contains(&(*index as u32));
    due.extend(waits.iter().enumerate().filter(|(index, _)| is_ready(index)).map(|(_, wait)| wait));
    Ok(due)
}

impl Wait {
    fn new(record: &[u8; SUBSCRIPTION as usize]) -> Answer<Wait> {
        let field = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| record[at + i]));
        let (userdata, kind, id) = (field(0).to_le_bytes(), record[8], field(16) as u32);
        let (pollable, open) = match kind {
            EVENT_CLOCK => (Some(time(id, field(24), field(40) as u16 & SUBSCRIPTION_ABSTIME != 0)?), None),
            EVENT_FD_READ => match table::open(id)? {
                Open::Input(input) => (Some(input.stream().subscribe()), Some(Open::Input(input))),
                Open::File(file) => (None, Some(Open::File(file))),
                _ => return Err(Errno::Badf),
            },
            EVENT_FD_WRITE => match table::open(id)? {
                Open::Output(output) => (Some(output.stream().subscribe()), Some(Open::Output(output))),
                Open::File(file) => (None, Some(Open::File(file))),
                _ => return Err(Errno::Badf),
            },
            _ => return Err(Errno::Inval),
        };
        Ok(Wait { pollable, userdata, kind, open })
    }

    /// Writes an `event`. A ready stream has at least one byte; for a file, the number of remaining bytes is known.
    fn event(&self) -> Answer<[u8; EVENT as usize]> {
        let (bytes, flags) = match (&self.open, self.kind) {
            (None, _) => (0, 0),
            (Some(Open::File(file)), EVENT_FD_READ) => {
                let left = file.size()?.saturating_sub(file.position()?);
                (left, if left == 0 { EVENT_HANGUP } else { 0 })
            }
            (Some(_), _) => (1, 0),
        };
        let mut event = [0; EVENT as usize];
        event[..8].copy_from_slice(&self.userdata);
        event[10] = self.kind;
        event[16..24].copy_from_slice(&bytes.to_le_bytes());
        event[24..26].copy_from_slice(&flags.to_le_bytes());
        Ok(event)
    }
}

/// Subscribes to a clock. A deadline of the wall clock is converted to a duration: the host waits only for its monotonic one.
fn time(id: u32, timeout: u64, absolute: bool) -> Answer<Pollable> {
    match (id, absolute) {
        (CLOCK_MONOTONIC, true) => Ok(subscribe_instant(timeout)),
        (CLOCK_REALTIME, true) => Ok(subscribe_duration(timeout.saturating_sub(clock::now(CLOCK_REALTIME)?))),
        (CLOCK_MONOTONIC | CLOCK_REALTIME, false) => Ok(subscribe_duration(timeout)),
        _ => Err(Errno::Inval),
    }
}
