//! Main's task hook is notified of exactly the calls that the canonical ABI makes. The base of main's thread-local
//! storage exists if and only if an import requires it.

use wasmparser::{FuncType, ValType};

use super::meaning::core;
use super::{Auditor, Violation, signature, type_name};
use crate::names;
use crate::plan::{Canon, CoreRef, Hooks, ModuleId, WireSource};
use crate::read::Extern;

/// Codes passed to the hook before and after a call.
type Codes = (Option<i32>, Option<i32>);

const CALL: Codes = (Some(0), Some(1));
const BEGIN: Codes = (Some(0), None);
const END: Codes = (None, Some(1));
const DESTRUCTOR: Codes = (Some(8), Some(9));
const REALLOC: Codes = (Some(12), Some(13));

impl Auditor<'_> {
    pub(super) fn hooks(&mut self) {
        let plan = self.plan;
        let hook = core(ModuleId::MAIN, names::TASK_HOOK);
        let ty = Extern::Func(Some(FuncType::new([ValType::I32], [])));
        let expected = Some(&hook).filter(|hook| self.export(hook) == Some(&ty));
        let found = plan.hooks.as_ref().map(|hooks| &hooks.hook);
        if found != expected {
            let name = |hook: Option<&CoreRef>| hook.map_or("none".to_string(), |hook| self.core_name(hook));
            let (expected, found) = (name(expected), name(found));
            self.report(Violation::TaskHook { expected, found });
        } else if let Some(hooks) = &plan.hooks {
            self.wrapped(hooks);
        }
    }

    fn wrapped(&mut self, hooks: &Hooks) {
        let expected = self.called_by_canonical_abi();
        for (function, codes) in &expected {
            let at = self.core_name(function);
            let found: Vec<_> = hooks.wrapped.iter().filter(|wrapped| wrapped.core == *function).collect();
            match found.as_slice() {
                [] => self.report(Violation::NotWrapped { function: at }),
                [wrapped] => {
                    let reported = wrapped.event.codes();
                    if reported != *codes {
                        let (expected, found) = (in_words(*codes), in_words(reported));
                        self.report(Violation::WrongNotice { function: at.clone(), expected, found });
                    }
                    let ty = self.export(function);
                    if ty != Some(&Extern::Func(Some(wrapped.ty.clone()))) {
                        let expected = ty.map_or("none".to_string(), type_name);
                        let (item, found) = ("its wrapper".to_string(), signature(&wrapped.ty));
                        self.report(Violation::WrongType { at, item, expected, found });
                    }
                }
                all => self.report(Violation::WrappedTwice { function: at, times: all.len() }),
            }
        }
        for wrapped in &hooks.wrapped {
            if !expected.iter().any(|(function, _)| *function == wrapped.core) {
                self.report(Violation::WrappedUnneeded { function: self.core_name(&wrapped.core) });
            }
        }
    }

    /// Lists the core functions that the canonical ABI calls, without duplicates.
    fn called_by_canonical_abi(&self) -> Vec<(CoreRef, Codes)> {
        let plan = self.plan;
        let mut called: Vec<(CoreRef, Codes)> = Vec::new();
        let reallocs =
            |canon: &Canon| canon.realloc.iter().map(|(core, _)| (core.clone(), REALLOC)).collect::<Vec<_>>();
        for lift in &plan.lifts {
            let post_return = lift.canon.post_return.iter();
            called.push((lift.core.clone(), if lift.canon.post_return.is_some() { BEGIN } else { CALL }));
            called.extend(post_return.map(|core| (core.clone(), END)));
            called.extend(reallocs(&lift.canon));
        }
        for wire in &plan.wires {
            if let WireSource::Lower(_, canon) = &wire.source {
                called.extend(reallocs(canon));
            }
        }
        called.extend(plan.resources.iter().filter_map(|resource| Some((resource.dtor.clone()?, DESTRUCTOR))));
        let mut once: Vec<(CoreRef, Codes)> = Vec::new();
        for (function, codes) in called {
            if !once.iter().any(|(known, _)| *known == function) {
                once.push((function, codes));
            }
        }
        once
    }

    pub(super) fn thread_local(&mut self) {
        let used = self.plan.wires.iter().any(|wire| matches!(wire.source, WireSource::ThreadLocal(_)));
        if self.plan.thread_local.is_some() != used {
            self.report(Violation::ThreadLocal { used });
        }
    }
}

fn in_words((before, after): Codes) -> String {
    let word = |code: Option<i32>| code.map_or("nothing".to_string(), |code| code.to_string());
    format!("{} before and {} after", word(before), word(after))
}
