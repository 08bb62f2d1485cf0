//! Host mock that counts the host calls and injects a fault into one of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use polyfill_runner::{End, Program, Response, Script};
use wasmtime::component::Type;

use super::failure_modes::{ERROR, FaultKind, HANDLE};

/// Host error that ends a run with far more calls than the fault-free run.
const TOO_MANY: &str = "the run exceeded its limit of host calls";

/// Returns true if a fault can be injected into a call. Dropping a handle cannot fail.
pub(super) fn can_fail(function: &str) -> bool {
    !function.contains("[resource-drop]")
}

/// Responses of the functions that take an injected error handle, by function name.
#[derive(Debug)]
pub(super) struct Helpers {
    functions: BTreeMap<String, Help>,
    /// Error codes that the handle of an error may report.
    pub(super) codes: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Help {
    Text,
    Code,
}

impl Helpers {
    /// Finds such functions among the imports of a program.
    pub(super) fn of(program: &Program) -> Helpers {
        let mut helpers = Helpers { functions: BTreeMap::new(), codes: Vec::new() };
        for (name, ty) in program.imported() {
            let mut params = ty.params();
            let (Some((_, Type::Borrow(_))), None) = (params.next(), params.next()) else { continue };
            match ty.results().next() {
                Some(Type::String) => drop(helpers.functions.insert(name, Help::Text)),
                Some(Type::Option(option)) => {
                    let Type::Enum(codes) = option.ty() else { continue };
                    helpers.codes = codes.names().map(str::to_string).collect();
                    helpers.functions.insert(name, Help::Code);
                }
                _ => {}
            }
        }
        helpers
    }
}

/// Host mock of a run with one fault.
pub(super) struct Inject {
    pub(super) helpers: Arc<Helpers>,
    pub(super) mode: FaultKind,
    /// Index of the faulted call, from 0.
    pub(super) at: usize,
    /// Number of calls so far.
    pub(super) calls: usize,
    /// Limit on the number of calls.
    pub(super) most: usize,
    /// Set when the run exceeds the limit.
    pub(super) exceeded: Arc<AtomicBool>,
}

impl Script for Inject {
    fn answer(&mut self, function: &str, arguments: &[String]) -> Response {
        if !can_fail(function) {
            return Response::Nothing;
        }
        self.calls += 1;
        if arguments.iter().any(|argument| argument == ERROR || argument == HANDLE) {
            return Response::Ends(self.help(function));
        }
        if self.calls > self.most {
            self.exceeded.store(true, Ordering::Relaxed);
            return Response::Ends(End::Failed(TOO_MANY.into()));
        }
        if self.calls == self.at + 1 { self.mode.response.clone() } else { Response::Nothing }
    }
}

impl Inject {
    fn help(&self, function: &str) -> End {
        match (self.helpers.functions.get(function), &self.mode.code) {
            (Some(Help::Text), _) => End::Returned(Some("\"injected\"".into())),
            (Some(Help::Code), Some(code)) => End::Returned(Some(format!("some({code})"))),
            (Some(Help::Code), None) => End::Returned(Some("none".into())),
            (None, _) => {
                End::Failed(format!("`{function}` was called with an injected handle, for which no response is known"))
            }
        }
    }
}
