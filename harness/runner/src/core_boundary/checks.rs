//! What is wrong with what adapters do, call by call.

use super::changes::{self, End};
use super::ledger::Over;
use super::realloc::Request;
use super::{CoreBoundary, Open, PAGE, Value, call};
use crate::observation::{Frame, Outcome};
use crate::violation::{Violation, What};

/// Violations of one kind by one function that are kept: the first ones say what is wrong.
const MOST_VIOLATIONS: usize = 4;
/// Where an adapter that looks after its stack traps.
const STACK: [(&str, &str); 2] = [
    ("polyfill.stack_unbalanced", "returned with another stack pointer than it was called with"),
    ("polyfill.stack_overflow", "used more of its stack than there is"),
];
/// Frames of each.
const MOST_FRAMES: usize = 4;
/// What a component is told that uses a handle which it has not.
const REFUSED: [&str; 3] = ["unknown handle index", "used with the wrong type", "cannot remove owned resource"];

impl CoreBoundary {
    /// The component was stopped in an adapter: for a handle that it has not, or for what it does with its stack.
    pub(super) fn refused(&mut self, outcome: &Outcome) {
        let (Outcome::Trap(info) | Outcome::HostError(info)) = outcome else { return };
        if self.open.last().is_none_or(Open::is_main) {
            return;
        }
        let function = info.frames.first().map_or("", |frame| frame.function.as_str());
        let stack = STACK.iter().find(|(name, _)| *name == function).map(|(_, what)| What::Stack(what.to_string()));
        let refused = REFUSED.iter().any(|message| info.message.contains(message));
        let handle = refused.then(|| What::Handle(format!("used a handle that it has not: {}", info.message)));
        self.violates(stack.or(handle));
        self.located(&info.frames);
    }

    /// Main's realloc is called.
    pub(super) fn asks(&mut self, arguments: &[Value]) {
        let (true, Some(request)) = (self.watch.is_some(), Request::of(arguments)) else { return };
        let runs = self.open.iter().any(Open::is_main);
        let wrong = self.reallocs.asked(&request, runs);
        self.violates(wrong.into_iter().map(What::Realloc));
    }

    /// It has given a block.
    pub(super) fn gives(&mut self, open: &Open, start: u64, memory: u64) {
        let (Some(watch), Some(request)) = (&mut self.watch, Request::of(&open.arguments)) else { return };
        watch.taken(&(request.old..request.old + request.old_size));
        watch.given(start..start + request.size);
        let wrong = self.reallocs.gave(&request, start, memory);
        self.violates(wrong.into_iter().map(What::Realloc));
    }

    /// A call of main's has returned.
    pub(super) fn leaves(&mut self, open: &Open, results: &[Value], memory: &[u8]) {
        if self.watch.is_none() {
            return;
        }
        self.most_reallocs = self.most_reallocs.max(self.reallocs.calls - open.reallocs);
        let Open { number, function, arguments, .. } = open;
        let wrong = self.ledger.over(&Over { number: *number, function, arguments, results, memory });
        let end = End::Returned(results.first().copied());
        let text = changes::Call { module: &open.module, function, arguments, end }.text();
        let violations: Vec<Violation> =
            wrong.into_iter().map(|wrong| open.violation(text.clone(), What::Handle(wrong))).collect();
        self.keep(violations);
    }

    /// A call has returned. Main's stack pointer must be where it was; who has moved it is told of once.
    pub(super) fn leaves_stack(&mut self, open: &Open, results: &[Value]) {
        let (Some(before), Some(now)) = (open.stack_pointer, self.stack_pointer.take()) else { return };
        if before == now {
            return;
        }
        for outer in &mut self.open {
            outer.stack_pointer = outer.stack_pointer.map(|pointer| pointer.wrapping_add(now.wrapping_sub(before)));
        }
        let what = format!("left main's stack pointer at {now:#x}, which was at {before:#x}");
        if open.is_main() {
            return self.violates([What::Stack(format!("main's realloc {what}"))]);
        }
        let end = End::Returned(results.first().copied());
        let call = changes::Call { module: &open.module, function: &open.function, arguments: &open.arguments, end };
        self.keep(vec![open.violation(call.text(), What::Stack(what))]);
    }

    /// The host gives a handle, by a method of another one or not.
    pub(crate) fn given(&mut self, number: u32, name: &str, from: &str, parent: Option<u32>) {
        let call = self.open.first().map_or(0, |open| open.number);
        self.ledger.given(number, name, from, parent, call);
    }

    /// The component gives one back.
    pub(crate) fn dropped(&mut self, number: u32) {
        let wrong = self.ledger.gone(number);
        if self.open.last().is_some_and(|open| !open.is_main()) {
            self.violates(wrong.into_iter().map(What::Handle));
        }
    }

    /// It gives one away.
    pub(crate) fn given_away(&mut self, number: u32) {
        self.ledger.gone(number);
    }

    /// Judges what an adapter did; keeps what main did out of the judgement on those who asked it to.
    pub(super) fn close(&mut self, open: Open, end: End, memory: &[u8]) {
        let Some(watch) = &mut self.watch else { return };
        if open.is_main() {
            for outer in &mut self.open {
                if let (Some(baseline), Some(before)) = (&mut outer.memory, &open.memory) {
                    changes::take_over(baseline, before, memory);
                }
            }
        } else {
            let Open { module, function, arguments, .. } = &open;
            let call = changes::Call { module, function, arguments, end };
            let mut found = Vec::new();
            if open.added > 0 {
                found.push(What::Growth { pages: open.added / PAGE });
            }
            if let Some(before) = &open.memory {
                found.extend(changes::faults(&call, before, memory, watch));
            }
            let mut found: Vec<Violation> = found.into_iter().map(|what| open.violation(call.text(), what)).collect();
            if let Some(writers) = &self.writers {
                found.iter_mut().for_each(|violation| writers.tell(violation));
            }
            self.keep(found);
        }
        self.spare.extend(open.memory);
    }

    /// The innermost adapter does what it must not, at this moment.
    fn violates(&mut self, wrong: impl IntoIterator<Item = What>) {
        if self.watch.is_none() {
            return;
        }
        let adapter = self.open.iter().rev().find(|open| !open.is_main());
        let violation = |what| match adapter {
            Some(open) => open.violation(call(&open.module, &open.function, &open.arguments), what),
            None => Violation::of(what),
        };
        let violations: Vec<Violation> = wrong.into_iter().map(violation).collect();
        let first = self.violations.len();
        self.keep(violations);
        self.unlocated.extend(first..self.violations.len());
    }

    fn keep(&mut self, violations: Vec<Violation>) {
        for violation in violations {
            let same =
                |known: &&Violation| known.what.kind() == violation.what.kind() && known.function == violation.function;
            if self.violations.iter().filter(same).count() < MOST_VIOLATIONS {
                self.violations.push(violation);
            }
        }
    }

    /// Where that which has just happened was.
    pub(super) fn located(&mut self, frames: &[Frame]) {
        for index in std::mem::take(&mut self.unlocated) {
            if let Some(violation) = self.violations.get_mut(index) {
                violation.frames = frames.iter().take(MOST_FRAMES).cloned().collect();
            }
        }
    }
}
