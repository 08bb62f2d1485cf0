//! Waiting: for a clock, in truth; input and output are always ready.

use crate::abi::{
    EVENT_CLOCK, EVENT_FD_READ, EVENT_FD_WRITE, Errno, Event, Readiness, SUBSCRIPTION_ABSTIME, Subscription,
};
use crate::memory::{Array, Out};
use crate::stdio::{self, Stream};
use crate::{clock, my_cli};

/// Waits until the first of `len` subscriptions is due, and gives an event for each one that is due then.
#[unsafe(no_mangle)]
pub extern "C" fn poll_oneoff(
    subscriptions: Array<Subscription>,
    events: Out<Event>,
    len: u32,
    count: Out<u32>,
) -> Errno {
    if len == 0 {
        return Errno::Inval;
    }

    // There is room for an event for each subscription: until it is known which of them are due, that room also
    // holds how long each one has to wait, so that no clock is asked twice and nothing is allocated.
    let mut shortest = u64::MAX;
    for (i, subscription) in subscriptions.values(len).enumerate() {
        let (wait, error) = match wait(&subscription) {
            Ok(wait) => (wait, Errno::Success),
            Err(errno) => (0, errno),
        };
        shortest = shortest.min(wait);
        events.at(i).set(Event {
            userdata: subscription.userdata,
            error: error as u16,
            kind: subscription.kind,
            readiness: Readiness { bytes: wait, flags: 0 },
        });
    }

    if shortest > 0 {
        my_cli::sleep(shortest);
    }

    let mut due = 0;
    for i in 0..len as usize {
        let mut event = events.at(i).get();
        if event.readiness.bytes <= shortest {
            let ready = event.kind != EVENT_CLOCK && event.error == Errno::Success as u16;
            event.readiness.bytes = u64::from(ready);
            events.at(due).set(event);
            due += 1;
        }
    }
    count.set(due as u32);
    Errno::Success
}

/// How many nanoseconds a subscription has to wait.
fn wait(subscription: &Subscription) -> Result<u64, Errno> {
    let to = &subscription.to;
    match subscription.kind {
        EVENT_CLOCK if to.flags & SUBSCRIPTION_ABSTIME != 0 => {
            Ok(to.timeout.saturating_sub(clock::now(to.clock_or_fd)?))
        }
        EVENT_CLOCK => clock::exists(to.clock_or_fd).map(|()| to.timeout),
        EVENT_FD_READ if stdio::stream(to.clock_or_fd)? == Stream::Input => Ok(0),
        EVENT_FD_WRITE if stdio::stream(to.clock_or_fd)? != Stream::Input => Ok(0),
        EVENT_FD_READ | EVENT_FD_WRITE => Err(Errno::Badf),
        _ => Err(Errno::Inval),
    }
}
