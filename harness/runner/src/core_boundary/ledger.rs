//! Lifetimes of host handles.
//!
//! A child is a handle returned by a method of another handle. It must be dropped before its parent. Handles that
//! belong to a handle of main must be dropped when main closes it. An adapter may cache one handle of each kind; a
//! call that leaves a second one is reported, because its handle table would grow without bound.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::{Call, End};
use super::places::Described;

/// Handles that a component holds, as far as the host is reached through a proxy component.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    live: BTreeMap<u32, Handle>,
    /// Handles opened by a call, by the descriptor that main received for it.
    opened: BTreeMap<u32, BTreeSet<u32>>,
    /// Number of handles returned by the host so far.
    pub(super) given: u64,
    /// Maximum number of simultaneous handles.
    pub(super) most: u64,
}

#[derive(Debug)]
struct Handle {
    /// Name, as in `output-stream#2`.
    name: String,
    /// Function that returned it.
    from: String,
    /// Handle whose method returned it.
    parent: Option<Parent>,
    /// Number of the call across the core boundary, or 0 outside of any call.
    call: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Parent {
    number: u32,
    /// Set if both handles are of the same resource. A file outlives the directory that it was opened in.
    is_alike: bool,
}

/// Finished call by main.
pub(super) struct FinishedCall<'a> {
    pub(super) number: u64,
    pub(super) call: Call<'a>,
    pub(super) memory: &'a [u8],
}

impl Ledger {
    /// Records a handle returned by the host, with its parent if a method returned it. `call` is 0 outside of any core
    /// call.
    pub(super) fn given(&mut self, number: u32, name: &str, from: &str, parent: Option<u32>, call: u64) {
        let parent = parent.map(|number| {
            let is_alike = self.live.get(&number).is_some_and(|parent| resource(&parent.name) == resource(name));
            Parent { number, is_alike }
        });
        self.live.insert(number, Handle { name: name.into(), from: from.into(), parent, call });
        self.given += 1;
        self.most = self.most.max(self.live.len() as u64);
    }

    /// Records the drop or transfer of a handle. Returns an error for each child that is still alive.
    pub(super) fn gone(&mut self, number: u32) -> Vec<String> {
        let Some(handle) = self.live.remove(&number) else { return Vec::new() };
        let is_child = |child: &&Handle| child.parent == Some(Parent { number, is_alike: false });
        let children = self.live.values().filter(is_child);
        children.map(|child| format!("dropped {} before its child {}", handle.name, child.name)).collect()
    }

    /// Returns the errors in the handles that a call leaves.
    pub(super) fn over(&mut self, call: &FinishedCall<'_>) -> Vec<String> {
        let new: Vec<u32> =
            self.live.iter().filter(|(_, handle)| handle.call == call.number).map(|(n, _)| *n).collect();
        let is_child = |number: &u32| self.live.get(number).is_some_and(|handle| handle.parent.is_some());
        let mut wrong = Vec::new();
        if let Some(described) = call.call.described() {
            let opened: BTreeSet<u32> = new.iter().copied().filter(is_child).collect();
            self.follow(&described, call, opened, &mut wrong);
        }
        wrong.extend(new.iter().filter_map(|number| self.second(*number)));
        wrong
    }

    /// Follows the handles that main receives, closes and moves by a call. `opened` are the host's handles that it left.
    fn follow(
        &mut self,
        described: &Described<'_>,
        call: &FinishedCall<'_>,
        opened: BTreeSet<u32>,
        wrong: &mut Vec<String>,
    ) {
        let function = described.function;
        let succeeded = call.call.succeeded();
        let result = match call.call.end {
            End::Returned(result) => result,
            End::Never => None,
        };
        if function.opens().is_some() {
            let index = function.outputs.iter().position(|output| Some(output) == function.opens());
            let handle = index.and_then(|index| described.output(index, result, call.memory));
            match handle.and_then(|handle| u32::try_from(handle).ok()).filter(|_| succeeded) {
                Some(handle) => drop(self.opened.insert(handle, opened)),
                None => wrong.extend(self.names(&opened).map(|name| format!("failed, and left {name}"))),
            }
        }
        let handle = |parameter: usize| described.address(function.parameters[parameter].core) as u32;
        if let Some(parameter) = function.closes.filter(|_| succeeded) {
            wrong.extend(self.closed(handle(parameter)));
        }
        if let Some([from, to]) = function.moves.filter(|_| succeeded).map(|moved| moved.map(handle))
            && from != to
        {
            wrong.extend(self.closed(to));
            if let Some(opened) = self.opened.remove(&from) {
                self.opened.insert(to, opened);
            }
        }
    }

    /// Returns an error if an earlier call left a handle of the same origin as `number`.
    fn second(&self, number: u32) -> Option<String> {
        let handle = self.live.get(&number).filter(|_| !self.is_open(number))?;
        let is_first = |(other, first): &(&u32, &Handle)| {
            let same = first.from == handle.from && first.parent == handle.parent;
            same && (1..handle.call).contains(&first.call) && !self.is_open(**other)
        };
        let (_, first) = self.live.iter().find(is_first)?;
        Some(format!("left {} in addition to {}, both returned by {}", handle.name, first.name, handle.from))
    }

    fn is_open(&self, number: u32) -> bool {
        self.opened.values().any(|opened| opened.contains(&number))
    }

    /// Records the closing of a descriptor. Returns an error for each remaining handle of it.
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

    /// Returns the names of the handles in `numbers` that are still alive.
    fn names(&self, numbers: &BTreeSet<u32>) -> impl Iterator<Item = &str> {
        numbers.iter().filter_map(|number| self.live.get(number)).map(|handle| handle.name.as_str())
    }
}

/// Returns the resource of a handle name: `output-stream#2` -> `output-stream`.
fn resource(name: &str) -> &str {
    name.split_once('#').map_or(name, |(resource, _)| resource)
}

#[cfg(test)]
mod tests;
