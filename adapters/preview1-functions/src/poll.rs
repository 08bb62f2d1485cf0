//! `poll_oneoff`. Only clocks are waited for: input and output are always ready.

use crate::abi::{Answer, EVENT_CLOCK, EVENT_FD_READ, EVENT_FD_WRITE, Errno, SUBSCRIPTION_ABSTIME};
use crate::memory::{self, Address};
use crate::stdio::{self, Stream};
use crate::{answer, clock, my_cli};

/// `subscription`: a clock with its timeout, or a descriptor.
struct Subscription {
    userdata: [u8; 8],
    kind: u8,
    clock_or_fd: u32,
    timeout: u64,
    flags: u16,
}

/// Waits until the first of `len` subscriptions is ready, and writes an event for each ready subscription.
#[unsafe(no_mangle)]
pub extern "C" fn poll_oneoff(subscriptions: Address, events: Address, len: u32, count: Address) -> Errno {
    answer(|| {
        let bytes = memory::bytes(subscriptions, len.checked_mul(48).ok_or(Errno::Fault)?)?;
        let (records, _) = bytes.as_chunks::<48>();
        let waits = records.iter().map(Subscription::read).map(|subscription| (subscription.wait(), subscription));
        let waits: Vec<(Answer<u64>, Subscription)> = waits.collect();

        // An invalid subscription is ready immediately.
        let shortest = waits.iter().map(|(wait, _)| wait.unwrap_or(0)).min().ok_or(Errno::Inval)?;
        if shortest > 0 {
            my_cli::sleep(shortest);
        }

        let due: Vec<_> = waits.iter().filter(|(wait, _)| wait.unwrap_or(0) <= shortest).collect();
        let written: Vec<u8> = due.iter().flat_map(|(wait, subscription)| subscription.event(*wait)).collect();
        memory::write(events, &written)?;
        memory::write(count, &(due.len() as u32).to_le_bytes())
    })
}

impl Subscription {
    fn read(bytes: &[u8; 48]) -> Subscription {
        let field = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        Subscription {
            userdata: field(0).to_le_bytes(),
            kind: bytes[8],
            clock_or_fd: field(16) as u32,
            timeout: field(24),
            flags: field(40) as u16,
        }
    }

    /// Returns the time to wait in nanoseconds.
    fn wait(&self) -> Answer<u64> {
        let (clock, fd) = (self.clock_or_fd, self.clock_or_fd);
        match self.kind {
            EVENT_CLOCK if self.flags & SUBSCRIPTION_ABSTIME != 0 => {
                Ok(self.timeout.saturating_sub(clock::now(clock)?))
            }
            EVENT_CLOCK => clock::exists(clock).map(|()| self.timeout),
            EVENT_FD_READ if matches!(stdio::stream(fd)?, Stream::Input) => Ok(0),
            EVENT_FD_READ => Err(Errno::Badf),
            EVENT_FD_WRITE => stdio::sink(fd).map(|_| 0),
            _ => Err(Errno::Inval),
        }
    }

    /// Writes an `event`. A ready descriptor has at least one byte.
    fn event(&self, wait: Answer<u64>) -> [u8; 32] {
        let mut event = [0; 32];
        event[..8].copy_from_slice(&self.userdata);
        event[8] = wait.err().unwrap_or(Errno::Success) as u8;
        event[10] = self.kind;
        event[16] = u8::from(wait.is_ok() && self.kind != EVENT_CLOCK);
        event
    }
}
