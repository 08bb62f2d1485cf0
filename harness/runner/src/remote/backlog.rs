//! Bounded queue of a host's output lines. A host that writes faster than the harness reads is blocked.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Maximum number of queued lines.
const MOST_LINES: usize = 256;

/// Maximum number of queued bytes, except for a single longer line.
const MOST_BYTES: usize = 4 << 20;

/// Item of a host's output.
pub(super) enum Line {
    /// Line, and a flag that is set if more output was read after it in the same piece.
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

/// Number of queued lines and bytes.
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

/// Sending end.
pub(super) struct Lines {
    backlog: Arc<Backlog>,
    sender: Sender<Line>,
}

/// Creates an empty queue and returns it with both of its ends.
pub(super) fn new() -> (Arc<Backlog>, Lines, Receiver<Line>) {
    let backlog = Arc::new(Backlog::default());
    let (sender, receiver) = channel();
    (backlog.clone(), Lines { backlog, sender }, receiver)
}

impl Backlog {
    /// Removes a received line from the counts. Must be called for each received line.
    pub(super) fn taken(&self, line: &Line) {
        let mut held = self.lock();
        held.lines -= 1;
        held.bytes -= line.len();
        self.changed.notify_all();
    }

    /// Closes the queue and wakes a waiting sender.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// Waits for room and sends a line. Returns false if the queue is closed.
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
