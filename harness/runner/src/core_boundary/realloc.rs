//! Main's realloc as adapters call it: what they may ask it for, and what it may give.
//!
//! What main gives while the host hands it a value is not reported, since nothing can be then: an adapter that would
//! change the size of such a block is told of as if main had not given it.

use std::collections::BTreeMap;

use super::Value;

/// The blocks that main has given to adapters.
#[derive(Debug, Default)]
pub(super) struct Reallocs {
    /// Their sizes, by address.
    blocks: BTreeMap<u64, u64>,
    /// Calls so far.
    pub(super) calls: u64,
}

/// The arguments of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) old: u64,
    pub(super) old_size: u64,
    align: u64,
    pub(super) size: u64,
}

impl Request {
    /// None, if it is no realloc of the canonical ABI.
    pub(super) fn of(arguments: &[Value]) -> Option<Request> {
        let &[Value::I32(old), Value::I32(old_size), Value::I32(align), Value::I32(size)] = arguments else {
            return None;
        };
        let [old, old_size, align, size] = [old, old_size, align, size].map(u64::from);
        Some(Request { old, old_size, align, size })
    }

    /// There is no block that it is about.
    fn is_fresh(&self) -> bool {
        self.old == 0 && self.old_size == 0
    }
}

impl Reallocs {
    /// It is called, maybe while it runs. What is wrong with that.
    pub(super) fn asked(&mut self, request: &Request, runs: bool) -> Vec<String> {
        let Request { old, old_size, align, size } = *request;
        self.calls += 1;
        let mut wrong = Vec::new();
        if runs {
            wrong.push("called main's realloc while that runs".to_string());
        }
        if !align.is_power_of_two() {
            wrong.push(format!("asked main's realloc for an alignment of {align}"));
        }
        if request.is_fresh() {
            return wrong;
        }
        match self.blocks.get(&old) {
            None => wrong.push(format!("asked main's realloc to change a block that it did not give, {old:#x}")),
            Some(given) if *given != old_size => {
                wrong.push(format!(
                    "told main's realloc that the block at {old:#x} has {old_size} bytes: it has {given}"
                ));
            }
            Some(_) if size == 0 && old_size > 0 => {
                wrong.push(format!("asked main's realloc for a block of no bytes in place of the one at {old:#x}"));
            }
            Some(_) => {}
        }
        wrong
    }

    /// It gave a block, in a memory of that many bytes. What is wrong with that.
    pub(super) fn gave(&mut self, request: &Request, start: u64, memory: u64) -> Vec<String> {
        let Request { old, align, size, .. } = *request;
        if !request.is_fresh() {
            self.blocks.remove(&old);
        }
        self.blocks.insert(start, size);
        let mut wrong = Vec::new();
        if align.is_power_of_two() && !start.is_multiple_of(align) {
            wrong.push(format!("was given {start:#x} by main's realloc for an alignment of {align}"));
        }
        if size > 0 && start + size > memory {
            wrong.push(format!("was given {start:#x}..{:#x} by main's realloc, beyond main's memory", start + size));
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(old: u64, old_size: u64, align: u64, size: u64) -> Request {
        Request { old, old_size, align, size }
    }

    /// What is wrong with a call that gives that address, of a memory of 100 bytes, after one that gave 8 bytes at 16.
    fn wrong(old: u64, old_size: u64, align: u64, size: u64, gives: u64) -> Vec<String> {
        let mut reallocs = Reallocs::default();
        let first = request(0, 0, 8, 8);
        assert_eq!([reallocs.asked(&first, false), reallocs.gave(&first, 16, 100)].concat(), [""; 0]);
        let second = request(old, old_size, align, size);
        let wrong = [reallocs.asked(&second, false), reallocs.gave(&second, gives, 100)].concat();
        assert_eq!(reallocs.calls, 2);
        wrong
    }

    #[test]
    fn blocks_may_be_asked_for_and_changed() {
        assert_eq!(wrong(0, 0, 1, 3, 33), [""; 0]);
        assert_eq!(wrong(16, 8, 8, 84, 16), [""; 0]);
        // The canonical ABI asks for no bytes where a list is empty; what comes back is an address all the same.
        assert_eq!(wrong(0, 0, 4, 0, 4), [""; 0]);
    }

    #[test]
    fn a_block_is_what_it_was_when_it_was_given() {
        assert_eq!(wrong(24, 8, 1, 9, 40), ["asked main's realloc to change a block that it did not give, 0x18"]);
        assert_eq!(wrong(0, 8, 1, 9, 40), ["asked main's realloc to change a block that it did not give, 0x0"]);
        assert_eq!(wrong(16, 4, 1, 9, 40), ["told main's realloc that the block at 0x10 has 4 bytes: it has 8"]);
        assert_eq!(
            wrong(16, 8, 1, 0, 40),
            ["asked main's realloc for a block of no bytes in place of the one at 0x10"]
        );
    }

    #[test]
    fn a_block_that_was_changed_is_gone() {
        let mut reallocs = Reallocs::default();
        reallocs.gave(&request(0, 0, 1, 8), 16, 100);
        let larger = request(16, 8, 1, 16);
        reallocs.gave(&larger, 40, 100);
        assert_eq!(
            reallocs.asked(&larger, false),
            ["asked main's realloc to change a block that it did not give, 0x10"]
        );
        assert_eq!(reallocs.asked(&request(40, 16, 1, 17), false), [""; 0]);
    }

    #[test]
    fn alignments_are_powers_of_two_and_kept() {
        for align in [0, 3, 12] {
            assert_eq!(wrong(0, 0, align, 4, 40), [format!("asked main's realloc for an alignment of {align}")]);
        }
        assert_eq!(wrong(0, 0, 4, 4, 42), ["was given 0x2a by main's realloc for an alignment of 4"]);
    }

    #[test]
    fn blocks_lie_in_memory() {
        assert_eq!(wrong(0, 0, 4, 61, 40), ["was given 0x28..0x65 by main's realloc, beyond main's memory"]);
        assert_eq!(wrong(0, 0, 4, 60, 40), [""; 0]);
    }

    #[test]
    fn it_is_not_called_while_it_runs() {
        let mut reallocs = Reallocs::default();
        assert_eq!(reallocs.asked(&request(0, 0, 1, 8), true), ["called main's realloc while that runs"]);
    }

    #[test]
    fn other_functions_are_not_looked_at() {
        assert!(Request::of(&[Value::I32(1); 3]).is_none());
        assert!(Request::of(&[Value::I32(0), Value::I32(0), Value::I64(1), Value::I32(4)]).is_none());
        assert!(Request::of(&[Value::I32(1); 4]).is_some_and(|request| request.align == 1));
    }
}
