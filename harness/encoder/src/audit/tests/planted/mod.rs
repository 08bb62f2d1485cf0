//! Planted mistakes, and the messages that the audit reports for each.

mod exports;
mod hooks;
mod imports;
mod options;
mod order;
mod slots;
mod start;

use super::fixture::Fixture;
use crate::plan::{CoreRef, ModuleId};

const MAIN: ModuleId = ModuleId::MAIN;
const OLD: ModuleId = ModuleId(1);
const NEW: ModuleId = ModuleId(2);
const IDLE: ModuleId = ModuleId(3);

/// Description, modules, modification of the plan, and all expected messages.
pub(super) type Mistake =
    (&'static str, &'static [(&'static str, &'static str)], fn(&mut Fixture), &'static [&'static str]);

pub(super) fn all() -> impl Iterator<Item = &'static Mistake> {
    let kinds = [order::MISTAKES, start::MISTAKES, imports::MISTAKES, slots::MISTAKES];
    let more = [options::MISTAKES, exports::MISTAKES, hooks::MISTAKES];
    kinds.into_iter().chain(more).flatten()
}

fn core(module: ModuleId, export: &str) -> CoreRef {
    CoreRef { module, export: export.to_string() }
}
