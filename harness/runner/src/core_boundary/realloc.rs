//! Checks of adapters' calls of main's realloc: arguments and returned blocks.
//!
//! Main's realloc calls made while the host lowers a value are not reported, because the component cannot call the host
//! then. An adapter that reallocates such a block is reported as if main had not allocated it. Rules: `realloc` in the
//! [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md).

use std::collections::BTreeMap;

use super::Value;

/// Blocks that main has allocated for adapters.
#[derive(Debug, Default)]
pub(super) struct Reallocs {
    /// Block sizes by address.
    blocks: BTreeMap<u64, u64>,
    /// Number of calls so far.
    pub(super) calls: u64,
}

/// Arguments of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) old: u64,
    pub(super) old_size: u64,
    align: u64,
    pub(super) size: u64,
}

impl Request {
    /// Parses arguments. Returns `None` if they do not have the types of the Canonical ABI's realloc.
    pub(super) fn of(arguments: &[Value]) -> Option<Request> {
        let &[Value::I32(old), Value::I32(old_size), Value::I32(align), Value::I32(size)] = arguments else {
            return None;
        };
        let [old, old_size, align, size] = [old, old_size, align, size].map(u64::from);
        Some(Request { old, old_size, align, size })
    }

    /// Returns true for a new allocation.
    fn is_fresh(&self) -> bool {
        self.old == 0 && self.old_size == 0
    }
}

impl Reallocs {
    /// Checks the arguments of a call. `runs` is set if realloc is already running. Returns the errors.
    pub(super) fn asked(&mut self, request: &Request, runs: bool) -> Vec<String> {
        let Request { old, old_size, align, size } = *request;
        self.calls += 1;
        let mut wrong = Vec::new();
        if runs {
            wrong.push("re-entered main's realloc".to_string());
        }
        if !align.is_power_of_two() {
            wrong.push(format!("called main's realloc with the invalid alignment {align}"));
        }
        if request.is_fresh() {
            return wrong;
        }
        match self.blocks.get(&old) {
            None => wrong.push(format!("called main's realloc on a block that it did not allocate, {old:#x}")),
            Some(given) if *given != old_size => {
                wrong.push(format!(
                    "passed a wrong old size to main's realloc for the block at {old:#x}: expected {given} bytes, found {old_size}"
                ));
            }
            Some(_) if size == 0 && old_size > 0 => {
                wrong.push(format!("called main's realloc with size 0 for the block at {old:#x}"));
            }
            Some(_) => {}
        }
        wrong
    }

    /// Checks and records a returned block, in a memory of `memory` bytes. Returns the errors.
    pub(super) fn gave(&mut self, request: &Request, start: u64, memory: u64) -> Vec<String> {
        let Request { old, align, size, .. } = *request;
        if !request.is_fresh() {
            self.blocks.remove(&old);
        }
        self.blocks.insert(start, size);
        let mut wrong = Vec::new();
        if align.is_power_of_two() && !start.is_multiple_of(align) {
            wrong.push(format!("received {start:#x} from main's realloc, which is not aligned to {align}"));
        }
        if size > 0 && start + size > memory {
            wrong.push(format!(
                "received {start:#x}..{:#x} from main's realloc, beyond the end of main's memory",
                start + size
            ));
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

    /// Returns the errors of a call that returns `gives`, in a memory of 100 bytes, after an allocation of 8 bytes at
    /// 16.
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
    fn blocks_can_be_allocated_and_resized() {
        assert_eq!(wrong(0, 0, 1, 3, 33), [""; 0]);
        assert_eq!(wrong(16, 8, 8, 84, 16), [""; 0]);
        // The Canonical ABI requests 0 bytes for an empty list and uses the returned address.
        assert_eq!(wrong(0, 0, 4, 0, 4), [""; 0]);
    }

    #[test]
    fn old_address_and_size_must_match_an_allocated_block() {
        assert_eq!(wrong(24, 8, 1, 9, 40), ["called main's realloc on a block that it did not allocate, 0x18"]);
        assert_eq!(wrong(0, 8, 1, 9, 40), ["called main's realloc on a block that it did not allocate, 0x0"]);
        assert_eq!(
            wrong(16, 4, 1, 9, 40),
            ["passed a wrong old size to main's realloc for the block at 0x10: expected 8 bytes, found 4"]
        );
        assert_eq!(wrong(16, 8, 1, 0, 40), ["called main's realloc with size 0 for the block at 0x10"]);
    }

    #[test]
    fn a_resized_block_is_no_longer_allocated() {
        let mut reallocs = Reallocs::default();
        reallocs.gave(&request(0, 0, 1, 8), 16, 100);
        let larger = request(16, 8, 1, 16);
        reallocs.gave(&larger, 40, 100);
        assert_eq!(reallocs.asked(&larger, false), ["called main's realloc on a block that it did not allocate, 0x10"]);
        assert_eq!(reallocs.asked(&request(40, 16, 1, 17), false), [""; 0]);
    }

    #[test]
    fn alignments_are_powers_of_two_and_respected() {
        for align in [0, 3, 12] {
            assert_eq!(
                wrong(0, 0, align, 4, 40),
                [format!("called main's realloc with the invalid alignment {align}")]
            );
        }
        assert_eq!(wrong(0, 0, 4, 4, 42), ["received 0x2a from main's realloc, which is not aligned to 4"]);
    }

    #[test]
    fn blocks_are_within_memory() {
        assert_eq!(
            wrong(0, 0, 4, 61, 40),
            ["received 0x28..0x65 from main's realloc, beyond the end of main's memory"]
        );
        assert_eq!(wrong(0, 0, 4, 60, 40), [""; 0]);
    }

    #[test]
    fn realloc_is_not_reentered() {
        let mut reallocs = Reallocs::default();
        assert_eq!(reallocs.asked(&request(0, 0, 1, 8), true), ["re-entered main's realloc"]);
    }

    #[test]
    fn functions_of_other_types_are_ignored() {
        assert!(Request::of(&[Value::I32(1); 3]).is_none());
        assert!(Request::of(&[Value::I32(0), Value::I32(0), Value::I64(1), Value::I32(4)]).is_none());
        assert!(Request::of(&[Value::I32(1); 4]).is_some_and(|request| request.align == 1));
    }
}
