//! Lines of a host that the harness has not heard yet: few, and few bytes of them. A host that says more waits.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Lines that are held.
const MOST_LINES: usize = 256;

/// Bytes that are held, or else one line.
const MOST_BYTES: usize = 4 << 20;

/// A piece of a host's output.
pub(super) enum Line {
    /// A line, and whether something was read together with it that follows it.
    Text {
        text: String,
        more: bool,
    },
    TooLong,
    Broken(String),
}

impl Line {
    fn len(&self) -> usize {
        match self {
            Line::Text { text, .. } => text.len(),
            Line::TooLong | Line::Broken(_) => 0,
        }
    }
}

/// The number of lines and bytes that are held.
#[derive(Default)]
pub(super) struct Backlog {
    held: Mutex<Held>,
    changed: Condvar,
}

#[derive(Default)]
struct Held {
    lines: usize,
    bytes: usize,
    closed: bool,
}

/// The end that lines go into.
pub(super) struct Lines {
    backlog: Arc<Backlog>,
    sender: Sender<Line>,
}

/// A backlog with nothing in it, and both of its ends.
pub(super) fn new() -> (Arc<Backlog>, Lines, Receiver<Line>) {
    let backlog = Arc::new(Backlog::default());
    let (sender, receiver) = channel();
    (backlog.clone(), Lines { backlog, sender }, receiver)
}

impl Backlog {
    /// For each line that was received.
    pub(super) fn taken(&self, line: &Line) {
        let mut held = self.lock();
        held.lines -= 1;
        held.bytes -= line.len();
        self.changed.notify_all();
    }

    /// Ends all waiting: lines are not received any more.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// Waits for room. False where lines are not received any more.
    pub(super) fn send(&self, line: Line) -> bool {
        let no_room = |held: &mut Held| {
            let full = held.lines >= MOST_LINES || held.bytes + line.len() > MOST_BYTES;
            !held.closed && held.lines > 0 && full
        };
        let held = self.backlog.lock();
        let mut held = self.backlog.changed.wait_while(held, no_room).unwrap_or_else(PoisonError::into_inner);
        if held.closed {
            return false;
        }
        held.lines += 1;
        held.bytes += line.len();
        drop(held);
        self.sender.send(line).is_ok()
    }
}
