//! Checks of adapter behavior, call by call.

use super::changes::{self, End};
use super::invalid_handles::is_invalid_handle;
use super::ledger::FinishedCall;
use super::realloc::Request;
use super::{CoreBoundary, Open, PAGE, Value, call};
use crate::observation::{Frame, Outcome};
use crate::violation::{Violation, ViolationKind};

/// Maximum number of violations kept per kind and function.
const MOST_VIOLATIONS: usize = 4;
/// Functions in which an adapter with stack checks traps.
const STACK: [(&str, &str); 2] = [
    ("polyfill.stack_unbalanced", "returned without restoring the stack pointer"),
    ("polyfill.stack_overflow", "overflowed its shadow stack"),
];
/// Maximum number of frames per violation.
const MOST_FRAMES: usize = 4;

impl CoreBoundary {
    /// Reports an abnormal end within an adapter that was caused by an invalid handle or a stack error.
    pub(super) fn refused(&mut self, outcome: &Outcome) {
        let (Outcome::Trap(info) | Outcome::HostError(info)) = outcome else { return };
        if self.open.last().is_none_or(Open::is_main) {
            return;
        }
        let function = info.frames.first().map_or("", |frame| frame.function.as_str());
        let stack =
            STACK.iter().find(|(name, _)| *name == function).map(|(_, what)| ViolationKind::Stack(what.to_string()));
        let handle = is_invalid_handle(&info.message)
            .then(|| ViolationKind::Handle(format!("used an invalid handle: {}", info.message)));
        self.violates(stack.or(handle));
        self.located(&info.frames);
    }

    /// Checks a call of main's realloc.
    pub(super) fn asks(&mut self, arguments: &[Value]) {
        let (true, Some(request)) = (self.watch.is_some(), Request::of(arguments)) else { return };
        let runs = self.open.iter().any(Open::is_main);
        let wrong = self.reallocs.asked(&request, runs);
        self.violates(wrong.into_iter().map(ViolationKind::Realloc));
    }

    /// Checks the block that main's realloc returned.
    pub(super) fn gives(&mut self, open: &Open, start: u64, memory: u64) {
        let (Some(watch), Some(request)) = (&mut self.watch, Request::of(&open.arguments)) else { return };
        watch.taken(&(request.old..request.old + request.old_size));
        watch.given(start..start + request.size);
        let wrong = self.reallocs.gave(&request, start, memory);
        self.violates(wrong.into_iter().map(ViolationKind::Realloc));
    }

    /// Checks the handles that are left after a call by main has returned.
    pub(super) fn leaves(&mut self, open: &Open, results: &[Value], memory: &[u8]) {
        if self.watch.is_none() {
            return;
        }
        self.most_reallocs = self.most_reallocs.max(self.reallocs.calls - open.reallocs);
        let end = End::Returned(results.first().copied());
        let Open { number, module, function, arguments, .. } = open;
        let abi = self.abi.clone();
        let call = changes::Call { abi: &abi, module, function, arguments, end };
        let wrong = self.ledger.over(&FinishedCall { number: *number, call, memory });
        let text = call.text();
        let violations: Vec<Violation> =
            wrong.into_iter().map(|wrong| open.violation(text.clone(), ViolationKind::Handle(wrong))).collect();
        self.keep(violations);
    }

    /// Checks that main's stack pointer is restored after a call. An error is reported once, in the innermost call.
    pub(super) fn leaves_stack(&mut self, open: &Open, results: &[Value]) {
        let (Some(before), Some(now)) = (open.stack_pointer, self.stack_pointer.take()) else { return };
        if before == now {
            return;
        }
        for outer in &mut self.open {
            outer.stack_pointer = outer.stack_pointer.map(|pointer| pointer.wrapping_add(now.wrapping_sub(before)));
        }
        let what = format!("left main's stack pointer at {now:#x}, expected {before:#x}");
        if open.is_main() {
            return self.violates([ViolationKind::Stack(format!("main's realloc {what}"))]);
        }
        let end = End::Returned(results.first().copied());
        let Open { module, function, arguments, .. } = open;
        let call = changes::Call { abi: &self.abi, module, function, arguments, end };
        self.keep(vec![open.violation(call.text(), ViolationKind::Stack(what))]);
    }

    /// Records a handle returned by the host, with its parent if a method returned it.
    pub(crate) fn given(&mut self, number: u32, name: &str, from: &str, parent: Option<u32>) {
        let call = self.open.first().map_or(0, |open| open.number);
        self.ledger.given(number, name, from, parent, call);
    }

    /// Records the drop of a handle by the component.
    pub(crate) fn dropped(&mut self, number: u32) {
        let wrong = self.ledger.gone(number);
        if self.open.last().is_some_and(|open| !open.is_main()) {
            self.violates(wrong.into_iter().map(ViolationKind::Handle));
        }
    }

    /// Records the transfer of an owned handle to the host.
    pub(crate) fn given_away(&mut self, number: u32) {
        self.ledger.gone(number);
    }

    /// Judges the changes made by an adapter. Changes made by main are excluded from the judgement of the calling
    /// adapters.
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
            let call = changes::Call { abi: &self.abi, module, function, arguments, end };
            let mut found = Vec::new();
            if open.added > 0 {
                found.push(ViolationKind::Growth { pages: open.added / PAGE });
            }
            if let Some(before) = &open.memory {
                found.extend(changes::faults(&call, before, memory, watch));
            }
            let mut found: Vec<Violation> = found.into_iter().map(|what| open.violation(call.text(), what)).collect();
            if let Some(writers) = &self.writers {
                found.iter_mut().for_each(|violation| writers.attribute(violation));
            }
            self.keep(found);
        }
        self.spare.extend(open.memory);
    }

    /// Records violations of the innermost adapter call at the current point of execution.
    fn violates(&mut self, wrong: impl IntoIterator<Item = ViolationKind>) {
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

    /// Attaches a backtrace to new violations.
    pub(super) fn located(&mut self, frames: &[Frame]) {
        for index in std::mem::take(&mut self.unlocated) {
            if let Some(violation) = self.violations.get_mut(index) {
                violation.frames = frames.iter().take(MOST_FRAMES).cloned().collect();
            }
        }
    }
}
