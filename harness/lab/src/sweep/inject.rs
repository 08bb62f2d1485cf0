//! A script that counts the calls of the host and answers one of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use polyfill_runner::{End, Program, Says, Script};
use wasmtime::component::Type;

use super::ways::{ERROR, HANDLE, Way};

/// What the host says to a run that makes far more calls than it does without a fault.
pub(super) const TOO_MANY: &str = "the run makes calls without end";

/// Whether a call is one that can fail: a handle that is dropped is gone, whatever the host thinks of it.
pub(super) fn can_fail(function: &str) -> bool {
    !function.contains("[resource-drop]")
}

/// What the functions give that take a made-up handle, by name: those of errors.
#[derive(Debug)]
pub(super) struct Helpers {
    functions: BTreeMap<String, Help>,
    /// The codes that an error's handle may tell.
    pub(super) codes: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Help {
    Text,
    Code,
}

impl Helpers {
    /// Those that the program imports.
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

/// See the module.
pub(super) struct Inject {
    pub(super) helpers: Arc<Helpers>,
    pub(super) way: Way,
    /// The call that it is for, from 0.
    pub(super) at: usize,
    /// Calls so far.
    pub(super) calls: usize,
    /// Calls that are too many.
    pub(super) most: usize,
}

impl Script for Inject {
    fn answer(&mut self, function: &str, arguments: &[String]) -> Says {
        if !can_fail(function) {
            return Says::Nothing;
        }
        self.calls += 1;
        if arguments.iter().any(|argument| argument == ERROR || argument == HANDLE) {
            return Says::Ends(self.help(function));
        }
        match () {
            () if self.calls > self.most => Says::Ends(End::Failed(TOO_MANY.into())),
            () if self.calls == self.at + 1 => self.way.says.clone(),
            () => Says::Nothing,
        }
    }
}

impl Inject {
    fn help(&self, function: &str) -> End {
        match (self.helpers.functions.get(function), &self.way.code) {
            (Some(Help::Text), _) => End::Returned(Some("\"made up\"".into())),
            (Some(Help::Code), Some(code)) => End::Returned(Some(format!("some({code})"))),
            (Some(Help::Code), None) => End::Returned(Some("none".into())),
            (None, _) => End::Failed(format!("nothing is known of `{function}` for a handle with nothing behind it")),
        }
    }
}
