//! Canonical options: set if and only if the canonical ABI requires them, with the right values.

use wasmparser::{FuncType, ValType};

use super::abi::Contract;
use super::meaning::core;
use super::{Auditor, Violation, signature, type_name};
use crate::plan::{Canon, CoreRef, ModuleId};
use crate::read::Extern;
use crate::world::StringEncoding;

impl Auditor<'_> {
    /// Checks memory, realloc and string encoding of a function that `holder` exports or imports.
    ///
    /// "Canonical ABI Options" defines the options. `roles` lists the export names that are valid for the realloc.
    pub(super) fn options(
        &mut self,
        at: &str,
        holder: ModuleId,
        contract: &Contract,
        encoding: StringEncoding,
        canon: &Canon,
        roles: &[&str],
    ) {
        let memory = self.memory_of(holder).map(|memory| self.memory_name(&memory));
        let found = canon.memory.as_ref().map(|(memory, _)| self.memory_name(memory));
        self.option(at, "memory", contract.memory, memory, found);

        let realloc = self.realloc(holder, roles).map(|core| self.core_name(&core));
        if let Some((given, _)) = &canon.realloc
            && contract.realloc.is_some()
            && !self.has_type(at, "realloc", given, &realloc_type())
        {
            // `has_type` has reported that it is not a realloc.
        } else {
            let found = canon.realloc.as_ref().map(|(core, _)| self.core_name(core));
            self.option(at, "realloc", contract.realloc, realloc, found);
        }

        let found = canon.encoding.map(|encoding| encoding.to_string());
        self.option(at, "string-encoding", contract.strings, Some(encoding.to_string()), found);
    }

    fn option(
        &mut self,
        at: &str,
        option: &'static str,
        needed: Option<&'static str>,
        expected: Option<String>,
        found: Option<String>,
    ) {
        let at = at.to_string();
        match (needed, found) {
            (None, None) => {}
            (Some(why), None) => self.report(Violation::OptionMissing { at, option, why }),
            (None, Some(value)) => self.report(Violation::OptionUnneeded { at, option, value }),
            (Some(_), Some(found)) => {
                let expected = expected.unwrap_or_else(|| "none, because no module exports one".to_string());
                if found != expected {
                    self.report(Violation::OptionWrong { at, option, expected, found });
                }
            }
        }
    }

    /// Finds the realloc for a module: its own, or else main's, by the first name of the role. An isolated adapter
    /// cannot use main's, which allocates in another memory.
    fn realloc(&self, holder: ModuleId, roles: &[&str]) -> Option<CoreRef> {
        let holders = if self.own_memory(holder).is_some() { vec![holder] } else { vec![holder, ModuleId::MAIN] };
        let candidates = holders.into_iter().map(|id| roles.iter().map(move |role| core(id, role)));
        let is_realloc = |core: &CoreRef| self.export(core) == Some(&Extern::Func(Some(realloc_type())));
        candidates.flatten().find(is_realloc)
    }

    /// Returns true if the function exists and has the expected type, and reports a violation otherwise.
    pub(super) fn has_type(&mut self, at: &str, role: &str, core: &CoreRef, expected: &FuncType) -> bool {
        let item = self.core_name(core);
        match self.export(core) {
            Some(Extern::Func(Some(ty))) if ty == expected => return true,
            None => self.report(Violation::NoSuchItem { at: at.to_string(), item: format!("{role} {item}") }),
            Some(other) => {
                let (expected, found) = (signature(expected), type_name(other));
                let (at, item) = (format!("the {role} {item}"), format!("{at} requires"));
                self.report(Violation::WrongType { at, item, expected, found });
            }
        }
        false
    }
}

/// "Canonical ABI Options": `realloc` takes an old pointer, an old size, an alignment and a new size.
fn realloc_type() -> FuncType {
    FuncType::new([ValType::I32; 4], [ValType::I32])
}
