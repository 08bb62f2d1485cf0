//! Adapter stacks: named by a case, or all that fit a main.

use std::fmt;

use crate::discover::{Adapter, Guest, Kind};
use crate::module::Facts;

/// Adapters by id, in the order in which main's imports ask them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stack(pub(crate) Vec<String>);

/// The stack without adapters.
const NONE: &str = "none";

impl Stack {
    /// `a+b`, or `none`.
    pub(crate) fn parse(text: &str) -> Stack {
        if text == NONE { Stack::default() } else { Stack(text.split('+').map(str::to_string).collect()) }
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&if self.0.is_empty() { NONE.to_string() } else { self.0.join("+") })
    }
}

/// For each module that main imports from, each default adapter that implements it and fits: all combinations.
pub(crate) fn fitting(main: &Facts, adapters: &[Adapter]) -> Vec<Stack> {
    let mut stacks = vec![Stack::default()];
    for module in &main.imports {
        let fits =
            |adapter: &&Adapter| adapter.default && adapter.module() == module && adapter.fits.fits(main.command);
        let choices: Vec<&Adapter> = adapters.iter().filter(fits).collect();
        if !choices.is_empty() {
            stacks = extend(&stacks, &choices);
        }
    }
    stacks
}

/// All stacks that [`fitting`] can give, whatever main imports.
pub(crate) fn possible(adapters: &[Adapter]) -> Vec<Stack> {
    let mut modules: Vec<&str> = adapters.iter().map(Adapter::module).collect();
    modules.sort_unstable();
    modules.dedup();
    let mut stacks = vec![Stack::default()];
    for module in modules {
        let choices: Vec<_> = adapters.iter().filter(|adapter| adapter.default && adapter.module() == module).collect();
        stacks.extend(extend(&stacks, &choices));
    }
    stacks
}

fn extend(stacks: &[Stack], choices: &[&Adapter]) -> Vec<Stack> {
    let longer = |stack: &Stack, choice: &Adapter| {
        let mut ids = stack.0.clone();
        ids.push(choice.id.clone());
        Stack(ids)
    };
    stacks.iter().flat_map(|stack| choices.iter().map(move |choice| longer(stack, choice))).collect()
}

/// What a guest that cannot be compiled would most likely be, so that its trials keep their names.
pub(crate) fn guess(guest: &Guest) -> Facts {
    let command = match guest.kind {
        Kind::Cargo { library } => !library,
        Kind::Rust | Kind::C(_) | Kind::Go | Kind::AssemblyScript(_) => true,
        Kind::Module => return Facts::default(),
    };
    Facts { imports: vec!["wasi_snapshot_preview1".to_string()], command }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::For;

    fn adapter(id: &str, fits: For, default: bool) -> Adapter {
        Adapter { id: id.into(), path: id.into(), kind: Kind::Module, fits, default, wit: None }
    }

    #[track_caller]
    fn check(imports: &[&str], command: bool, expected: &str) {
        let adapters = [
            adapter("env", For::Any, true),
            adapter("wasi", For::Reactor, true),
            adapter("wasi.command", For::Command, true),
            adapter("wasi.other", For::Any, true),
            adapter("wasi.special", For::Any, false),
        ];
        let main = Facts { imports: imports.iter().map(|name| name.to_string()).collect(), command };
        let stacks: Vec<String> = fitting(&main, &adapters).iter().map(Stack::to_string).collect();
        assert_eq!(stacks.join(" "), expected);
        let possible = possible(&adapters);
        assert!(fitting(&main, &adapters).iter().all(|stack| possible.contains(stack)));
    }

    #[test]
    fn stacks_that_fit() {
        check(&[], true, "none");
        check(&["unknown"], true, "none");
        check(&["wasi"], true, "wasi.command wasi.other");
        check(&["wasi"], false, "wasi wasi.other");
        check(&["env", "wasi"], false, "env+wasi env+wasi.other");
    }

    #[test]
    fn names_are_parsed_back() {
        for name in ["none", "a", "a+b"] {
            assert_eq!(Stack::parse(name).to_string(), name);
        }
    }
}
