//! Handles of the host: who has them, and until when.
//!
//! A child is what a method of another handle gave. It goes before its parent; and what belongs to a descriptor of
//! preview1 is gone when that is closed. What an adapter keeps for later is one of each: the second one that a call leaves
//! beside the first is where a table begins to grow.

use std::collections::{BTreeMap, BTreeSet};

use super::Value;
use super::changes::word;

/// The handles that a component has, as far as its host is reached through a relay.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    live: BTreeMap<u32, Handle>,
    /// What a call opened, by the descriptor that main was given for it.
    opened: BTreeMap<u32, BTreeSet<u32>>,
    /// Handles so far.
    pub(super) given: u64,
    /// The most that there were at a time.
    pub(super) most: u64,
}

#[derive(Debug)]
struct Handle {
    /// `output-stream#2`.
    name: String,
    /// The function that gave it.
    from: String,
    /// The handle that this was a method of.
    parent: Option<Parent>,
    /// The number of the call across the core boundary, 0 in none.
    call: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Parent {
    number: u32,
    /// Both are of one resource: a file that was opened in a folder outlives that.
    is_alike: bool,
}

/// A call of main's that is over.
pub(super) struct Over<'a> {
    pub(super) number: u64,
    pub(super) function: &'a str,
    pub(super) arguments: &'a [Value],
    pub(super) results: &'a [Value],
    pub(super) memory: &'a [u8],
}

impl Over<'_> {
    fn succeeded(&self) -> bool {
        self.results == [Value::I32(0)]
    }

    fn argument(&self, index: usize) -> Option<u32> {
        match self.arguments.get(index) {
            Some(Value::I32(value)) => Some(*value),
            _ => None,
        }
    }
}

impl Ledger {
    /// The host gives a handle, by a method of another one or not, in a call across the core boundary or in none.
    pub(super) fn given(&mut self, number: u32, name: &str, from: &str, parent: Option<u32>, call: u64) {
        let parent = parent.map(|number| {
            let is_alike = self.live.get(&number).is_some_and(|parent| resource(&parent.name) == resource(name));
            Parent { number, is_alike }
        });
        self.live.insert(number, Handle { name: name.into(), from: from.into(), parent, call });
        self.given += 1;
        self.most = self.most.max(self.live.len() as u64);
    }

    /// The component gives it back, or away. What is wrong with that.
    pub(super) fn gone(&mut self, number: u32) -> Vec<String> {
        let Some(handle) = self.live.remove(&number) else { return Vec::new() };
        let is_child = |child: &&Handle| child.parent == Some(Parent { number, is_alike: false });
        let children = self.live.values().filter(is_child);
        children.map(|child| format!("dropped {} before its child {}", handle.name, child.name)).collect()
    }

    /// What is wrong with the handles that a call leaves.
    pub(super) fn over(&mut self, call: &Over<'_>) -> Vec<String> {
        let opens = match call.function {
            "path_open" => Some(8),
            "sock_accept" => Some(2),
            _ => None,
        };
        let new: Vec<u32> =
            self.live.iter().filter(|(_, handle)| handle.call == call.number).map(|(n, _)| *n).collect();
        let is_child = |number: &u32| self.live.get(number).is_some_and(|handle| handle.parent.is_some());
        let mut wrong = Vec::new();
        if let Some(at) = opens {
            let opened: BTreeSet<u32> = new.iter().copied().filter(is_child).collect();
            match call.argument(at) {
                Some(at) if call.succeeded() => {
                    self.opened.insert(word(call.memory, at.into()), opened);
                }
                _ => wrong.extend(self.names(&opened).map(|name| format!("failed, and left {name}"))),
            }
        }
        match (call.function, call.argument(0), call.argument(1)) {
            ("fd_close", Some(fd), _) if call.succeeded() => wrong.extend(self.closed(fd)),
            ("fd_renumber", Some(from), Some(to)) if call.succeeded() && from != to => {
                wrong.extend(self.closed(to));
                if let Some(opened) = self.opened.remove(&from) {
                    self.opened.insert(to, opened);
                }
            }
            _ => {}
        }
        wrong.extend(new.iter().filter_map(|number| self.second(*number)));
        wrong
    }

    /// What was there already where a call leaves a handle.
    fn second(&self, number: u32) -> Option<String> {
        let handle = self.live.get(&number).filter(|_| !self.is_open(number))?;
        let is_first = |(other, first): &(&u32, &Handle)| {
            let same = first.from == handle.from && first.parent == handle.parent;
            same && (1..handle.call).contains(&first.call) && !self.is_open(**other)
        };
        let (_, first) = self.live.iter().find(is_first)?;
        Some(format!("left {} beside {}, both given by {}", handle.name, first.name, handle.from))
    }

    fn is_open(&self, number: u32) -> bool {
        self.opened.values().any(|opened| opened.contains(&number))
    }

    /// A descriptor is closed: what is left of it.
    fn closed(&mut self, fd: u32) -> Vec<String> {
        let Some(mut family) = self.opened.remove(&fd) else { return Vec::new() };
        // Children have greater numbers than their parents.
        for (number, handle) in &self.live {
            if handle.parent.is_some_and(|parent| !parent.is_alike && family.contains(&parent.number)) {
                family.insert(*number);
            }
        }
        self.names(&family).map(|name| format!("left {name} of descriptor {fd}, which is closed")).collect()
    }

    /// Those of them that are left.
    fn names(&self, numbers: &BTreeSet<u32>) -> impl Iterator<Item = &str> {
        numbers.iter().filter_map(|number| self.live.get(number)).map(|handle| handle.name.as_str())
    }
}

/// `output-stream#2` -> `output-stream`.
fn resource(name: &str) -> &str {
    name.split_once('#').map_or(name, |(resource, _)| resource)
}

#[cfg(test)]
mod tests;
