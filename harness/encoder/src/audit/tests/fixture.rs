//! Real plans, produced by the stages before the audit.

use std::borrow::Cow;

use wit_parser::Resolve;

use super::super::audit;
use crate::demand;
use crate::input::{Options, Wit};
use crate::order;
use crate::parts::Parts;
use crate::plan::{Canon, Lift, ModuleId, Plan, Wire, WireSource};
use crate::read::{self, Layer, Module};
use crate::wire;
use crate::world::{self, World};

const WIT: &str = include_str!("audit.wit");

/// A main with resources, slots and reallocs; two adapters that import from each other; and an adapter that is not
/// required.
pub(super) const SHOP: &[(&str, &str)] = &[
    ("main", include_str!("main.wat")),
    ("old", include_str!("old.wat")),
    ("new", include_str!("new.wat")),
    ("idle", "(module (func (export \"nothing\")))"),
];

/// A main that imports its memory, and an adapter that shares it.
pub(super) const GUEST_OF_HOST: &[(&str, &str)] = &[
    (
        "main",
        r#"(module
            (import "env" "memory" (memory 2 9))
            (import "old" "get" (func (param i32) (result i32)))
            (func (export "run") (result i32) unreachable))"#,
    ),
    (
        "old",
        r#"(module
            (import "env" "memory" (memory 0))
            (func (export "get") (param i32) (result i32) local.get 0 i32.load))"#,
    ),
];

/// A main whose realloc an adapter imports, and an interposition adapter that reports these calls.
pub(super) const REPORTED: &[(&str, &str)] = &[
    (
        "main",
        r#"(module
            (import "old" "get" (func (param i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "run") (result i32) unreachable))"#,
    ),
    (
        REPORTER,
        r#"(module
            (import "__main_module__" "cabi_realloc" (func $next (param i32 i32 i32 i32) (result i32)))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (call $next (local.get 0) (local.get 1) (local.get 2) (local.get 3))))"#,
    ),
    (
        "old",
        r#"(module
            (import "__main_module__" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
            (func (export "get") (param i32) (result i32)
                (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get 0))))"#,
    ),
];

/// Name of the interposition adapter for main's exports.
const REPORTER: &str = "__main_module__";

/// A main with a task hook and thread-local storage, and an adapter without imports.
pub(super) const HOOKED: &[(&str, &str)] = &[
    (
        "main",
        r#"(module
            (import "log" "read" (func (param i32)))
            (import "log" "now" (func (result i64)))
            (import "env" "__wasm_get_tls_base" (func (result i32)))
            (import "env" "__wasm_set_tls_base" (func (param i32)))
            (import "old" "get" (func (param i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "__wasm_task_hook") (param i32))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "t:t/shop#[constructor]cart") (result i32) unreachable)
            (func (export "t:t/shop#[method]cart.add") (param i32 i32 i32) (result i32) unreachable)
            (func (export "t:t/shop#[dtor]till") (param i32))
            (func (export "run") (result i32) unreachable)
            (func (export "cabi_post_run") (param i32))
            (func (export "wait") (param i32)))"#,
    ),
    ("old", r#"(module (func (export "get") (param i32) (result i32) local.get 0))"#),
];

/// A main whose start function calls an adapter with a slot, and an adapter that only the world requires.
pub(super) const STARTING: &[(&str, &str)] = &[
    (
        "main",
        r#"(module
            (import "log" "read" (func (param i32)))
            (import "log" "write" (func $write (param i32 i32) (result i32)))
            (import "early" "get" (func $get (param i32) (result i32)))
            (memory (export "memory") 1)
            (func $start (drop (call $get (call $write (i32.const 1) (i32.const 2)))))
            (start $start)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "run") (result i32) unreachable)
            (func (export "_initialize")))"#,
    ),
    (
        "early",
        r#"(module
            (import "log" "read" (func $read (param i32)))
            (import "env" "memory" (memory 0))
            (func (export "get") (param i32) (result i32) (call $read (local.get 0)) (i32.const 0))
            (func (export "cabi_import_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "_initialize")))"#,
    ),
    (
        "new",
        r#"(module
            (func (export "tools#greet") (param i32 i32) (result i32) unreachable)
            (func (export "cabi_export_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#,
    ),
];

/// Input of the audit, for modification by tests.
pub(super) struct Fixture {
    pub plan: Plan,
    world: &'static World,
    pub parts: Parts<'static>,
    pub modules: &'static [Module<'static>],
}

impl Fixture {
    /// Plans the modules. The world of each module is selected by name in `audit.wit`.
    pub fn new(sources: &[(&str, &str)]) -> Fixture {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("audit.wit", WIT).unwrap();
        let wit = |name: &str| {
            let name = match name {
                "main" if [GUEST_OF_HOST, REPORTED].contains(&sources) => "hosted",
                REPORTER => "idle",
                "main" if sources == STARTING => "starting",
                name => name,
            };
            Wit { resolve: resolve.clone(), world: resolve.select_world(&[package], Some(name)).unwrap() }
        };
        let modules: Vec<Module<'static>> = sources
            .iter()
            .map(|(name, text)| {
                let transparent = *name == REPORTER;
                let layer = Layer { implements: vec![name.to_string()], transparent, ..Layer::default() };
                let wit = Some(Cow::Owned(wit(name)));
                Module { layer, wit, ..read::read(name, wat::parse_str(text).unwrap()).unwrap() }
            })
            .collect();
        // Leaked, because the parts borrow from the modules.
        let modules: &'static [Module<'static>] = Box::leak(modules.into_boxed_slice());
        let world: &'static World = Box::leak(Box::new(world::join(modules).unwrap()));
        let options = Options::default();
        let parts = demand::close(modules, world, &options, &crate::trim_cache::TrimCache::default()).unwrap();
        let plan = wire::wire(modules, world, &parts, order::order(&parts).unwrap(), &options).unwrap();
        Fixture { plan, world, parts, modules }
    }

    /// Returns the messages of all violations.
    pub fn audit(&self) -> Vec<String> {
        audit(&self.plan, self.world, &self.parts).iter().map(|violation| violation.to_string()).collect()
    }

    pub fn wire(&mut self, importer: usize, field: &str) -> &mut Wire {
        let wire = self.plan.wires.iter_mut().find(|w| w.importer == ModuleId(importer) && w.field == field);
        wire.unwrap()
    }

    /// Returns the canonical options of a lowered function.
    pub fn lower(&mut self, importer: usize, field: &str) -> &mut Canon {
        match &mut self.wire(importer, field).source {
            WireSource::Lower(_, canon) => canon,
            other => panic!("{field} is not a lowered function: {other:?}"),
        }
    }

    pub fn lift(&mut self, name: &str) -> &mut Lift {
        self.plan.lifts.iter_mut().find(|lift| lift.function.name == name).unwrap()
    }

    /// Returns the module of a part.
    pub fn module(&mut self, id: usize) -> &mut Module<'static> {
        match id {
            0 => &mut self.parts.main.module,
            adapter => &mut self.parts.adapters[adapter - 1].as_mut().unwrap().module,
        }
    }
}
