//! Keys of cached results: hashes of all inputs, by name.
//!
//! Structs are taken apart without `..`, so that a new field must be added to a key or excluded from it.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use polyfill_encoder::{Answer, Form, ShadowStack};
use serde::Serialize;

use crate::case::EncodeOptions;
use crate::digest;
use crate::discover::{Adapter, Kind};
use crate::trials::Job;

/// Returns the hash of a key.
pub(super) fn hash(key: &impl Serialize) -> String {
    digest::of(&serde_json::to_vec(key).expect("a key is plain data"))
}

/// Identity of this build of the library, so that a changed encoder re-encodes everything.
#[derive(Serialize)]
pub(super) struct Program {
    version: &'static str,
    length: Option<u64>,
    /// Time since 1970 of the last modification.
    modified: Option<Duration>,
}

impl Program {
    /// Returns the identity of the running program.
    pub(super) fn current() -> Program {
        let file = std::env::current_exe().ok().and_then(|path| std::fs::metadata(path).ok());
        let modified = file.as_ref().and_then(|file| file.modified().ok());
        Program {
            version: env!("CARGO_PKG_VERSION"),
            length: file.map(|file| file.len()),
            modified: modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()),
        }
    }
}

/// Inputs of an encoding that come from one module.
#[derive(Serialize)]
pub(super) struct ModuleKey<'a> {
    pub(super) name: &'a str,
    /// Hash of the core module.
    pub(super) wasm: String,
    /// Hash of the WIT.
    pub(super) wit: Option<String>,
    pub(super) adapter: Option<AdapterKey<'a>>,
}

/// Options of an adapter.
#[derive(Serialize)]
pub(super) struct AdapterKey<'a> {
    /// Behavior of a stub.
    answer: Option<&'static str>,
    implements: &'a [String],
    form: &'static str,
    stack_size: Option<u32>,
    stack_guard: bool,
    stack_pointer: Option<u32>,
    stack_checked: bool,
}

impl<'a> AdapterKey<'a> {
    pub(super) fn of(adapter: &'a Adapter) -> AdapterKey<'a> {
        // The code and the WIT are parts of the module's key. The others select adapters.
        let Adapter { id: _, of: _, path: _, kind, implements, fits: _, default: _, form, stack, wit: _ } = adapter;
        let ShadowStack { size, guard, pointer, checked } = *stack;
        let answer = match kind {
            Kind::Stub(Answer::Trap) => Some("trap"),
            Kind::Stub(Answer::Error) => Some("error"),
            Kind::Stub(Answer::Zero) => Some("zero"),
            _ => None,
        };
        let form = match form {
            Form::Auto => "auto",
            Form::Shared => "shared",
            Form::Isolated => "isolated",
        };
        AdapterKey {
            answer,
            implements,
            form,
            stack_size: size,
            stack_guard: guard,
            stack_pointer: pointer,
            stack_checked: checked,
        }
    }
}

/// Inputs of the check of an adapter.
#[derive(Serialize)]
pub(super) struct CheckKey<'a> {
    pub(super) program: &'a Program,
    /// Hash of the adapter.
    pub(super) adapter: &'a str,
    /// Imported modules that other adapters implement.
    pub(super) served: &'a BTreeSet<String>,
}

/// Inputs of a component.
#[derive(Serialize)]
pub(super) struct ComponentKey<'a> {
    program: &'a Program,
    chain: String,
    options: &'a EncodeOptions,
    sanitize: bool,
    traced: bool,
    native: bool,
    /// Hashes of the guest and of the adapters.
    modules: Vec<&'a str>,
}

impl<'a> ComponentKey<'a> {
    pub(super) fn of(program: &'a Program, job: &'a Job, modules: Vec<&'a str>) -> ComponentKey<'a> {
        // The guest's name is a part of its module's key.
        let Job { guest: _, stack, options, sanitize, traced, native } = job;
        ComponentKey {
            program,
            chain: stack.to_string(),
            options,
            sanitize: *sanitize,
            traced: *traced,
            native: *native,
            modules,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_of_an_adapter_changes_its_key() {
        let plain = Adapter::plain("env", "".into(), Kind::Module);
        let stack = ShadowStack::default();
        let variants = [
            Adapter { kind: Kind::Stub(Answer::Trap), ..plain.clone() },
            Adapter { kind: Kind::Stub(Answer::Zero), ..plain.clone() },
            Adapter { implements: vec!["env".into(), "other".into()], ..plain.clone() },
            Adapter { form: Form::Shared, ..plain.clone() },
            Adapter { form: Form::Isolated, ..plain.clone() },
            Adapter { stack: ShadowStack { size: Some(0), ..stack }, ..plain.clone() },
            Adapter { stack: ShadowStack { guard: true, ..stack }, ..plain.clone() },
            Adapter { stack: ShadowStack { pointer: Some(0), ..stack }, ..plain.clone() },
            Adapter { stack: ShadowStack { checked: true, ..stack }, ..plain.clone() },
            plain,
        ];
        let keys: BTreeSet<String> = variants.iter().map(|adapter| hash(&AdapterKey::of(adapter))).collect();
        assert_eq!(keys.len(), variants.len());
    }

    #[test]
    fn each_input_of_a_component_changes_its_key() {
        let job = Job {
            guest: "guest".into(),
            stack: crate::chain::AdapterChain::default(),
            options: EncodeOptions::default(),
            sanitize: false,
            traced: false,
            native: false,
        };
        let chain = crate::chain::AdapterChain::parse("env");
        let grow = EncodeOptions { realloc_via_memory_grow: true, ..EncodeOptions::default() };
        let features = EncodeOptions { features: vec!["f".into()], ..EncodeOptions::default() };
        let jobs = [
            Job { stack: chain, ..job.clone() },
            Job { options: grow, ..job.clone() },
            Job { options: features, ..job.clone() },
            Job { sanitize: true, ..job.clone() },
            Job { traced: true, ..job.clone() },
            Job { native: true, ..job.clone() },
            job,
        ];
        let program = Program::current();
        let key = |job: &Job, modules: Vec<&str>| hash(&ComponentKey::of(&program, job, modules));
        let mut keys: BTreeSet<String> = jobs.iter().map(|job| key(job, vec!["a"])).collect();
        keys.insert(key(&jobs[0], vec!["b"]));
        keys.insert(key(&jobs[0], vec!["a", "b"]));
        assert_eq!(keys.len(), jobs.len() + 2);
        assert_eq!(key(&jobs[0], vec!["a"]), key(&jobs[0].clone(), vec!["a"]));
    }
}
