//! Mistakes in lifted functions and resources.

use super::super::fixture::SHOP;
use super::{MAIN, Mistake, OLD, core};
use crate::plan::{SlotId, WireSource};

pub(super) const MISTAKES: &[Mistake] = &[
    (
        "a lift is missing",
        SHOP,
        |f| f.plan.lifts.retain(|l| l.function.name != "greet"),
        &["export `tools#greet` of the world is never lifted"],
    ),
    (
        "a duplicate lift",
        SHOP,
        |f| {
            let again = f.lift("wait").clone();
            f.plan.lifts.push(again);
        },
        &["export `wait` of the world is lifted 2 times"],
    ),
    (
        "a lift of a function that is not in the world",
        SHOP,
        |f| {
            let mut other = f.lift("wait").clone();
            other.function.name = "hurry".into();
            f.plan.lifts.push(other);
        },
        &["export `hurry`: the world does not contain function `hurry`"],
    ),
    (
        "a lift from another function",
        SHOP,
        |f| f.lift("wait").core = core(MAIN, "spare"),
        &["export `wait` is lifted from `spare` of `main`, expected `wait` of `main`"],
    ),
    (
        "a lift from another module",
        SHOP,
        |f| f.lift("wait").core = core(OLD, "wait"),
        &["export `wait` is lifted from `wait` of `old`, expected `wait` of `main`"],
    ),
    (
        "a lift of another type",
        SHOP,
        |f| {
            let other = f.module(0).export("_initialize").unwrap().ty.clone();
            f.module(0).exports.iter_mut().find(|e| e.name == "wait").unwrap().ty = other;
        },
        &[
            "the function `wait` of `main` has a different type than export `wait` requires\n  expected: (func (param i32))\n  found:    (func)",
        ],
    ),
    (
        "a resource is missing",
        SHOP,
        |f| f.plan.resources.retain(|r| !r.name.ends_with("till")),
        &["resource `t:t/shop#till` of the world is missing"],
    ),
    (
        "a duplicate resource",
        SHOP,
        |f| {
            let again = f.plan.resources[1].clone();
            f.plan.resources.push(again);
        },
        &["resource `t:t/shop#till` is defined 2 times"],
    ),
    (
        "a resource that is not exported",
        SHOP,
        |f| {
            let WireSource::ResourceDrop(id, name) = f.wire(0, "[resource-drop]file").source.clone() else { return };
            let mut other = f.plan.resources[1].clone();
            (other.id, other.name) = (id, name);
            f.plan.resources.push(other);
        },
        &["resource `t:t/files#file` is not exported by the world"],
    ),
    (
        "no destructor",
        SHOP,
        |f| f.plan.resources[1].dtor = None,
        &["resource `t:t/shop#till` has the destructor none, expected `t:t/shop#[dtor]till` of `main`"],
    ),
    (
        "another destructor",
        SHOP,
        |f| f.plan.resources[1].dtor = Some(core(MAIN, "wait")),
        &["resource `t:t/shop#till` has the destructor `wait` of `main`, expected `t:t/shop#[dtor]till` of `main`"],
    ),
    (
        "a destructor of another type",
        SHOP,
        |f| {
            let other = f.module(0).export("_initialize").unwrap().ty.clone();
            f.module(0).exports.iter_mut().find(|e| e.name.ends_with("[dtor]till")).unwrap().ty = other;
        },
        &[
            "the destructor `t:t/shop#[dtor]till` of `main` has a different type than resource `t:t/shop#till` requires\n  expected: (func (param i32))\n  found:    (func)",
        ],
    ),
    (
        "a resource too late",
        SHOP,
        |f| f.plan.resources[0].early = false,
        &["resource `t:t/shop#cart` is defined late, although a module imports its built-ins"],
    ),
    (
        "a resource that is needlessly early",
        SHOP,
        |f| f.plan.resources[1].early = true,
        &["resource `t:t/shop#till` is defined early, although no module imports its built-ins"],
    ),
    (
        "a destructor without a slot",
        SHOP,
        |f| f.plan.resources[0].slot = None,
        &[
            "slot 0 (`dtor t:t/shop#cart`) is not used",
            "resource `t:t/shop#cart` has no slot for its destructor, which does not exist when the resource is defined",
        ],
    ),
    (
        "a destructor with another slot",
        SHOP,
        |f| f.plan.resources[0].slot = Some(SlotId(1)),
        &[
            "slot 0 (`dtor t:t/shop#cart`) is not used",
            "resource `t:t/shop#cart` is wired to the destructor `t:t/shop#[dtor]cart` of `main`, but its slot holds the lowered function `log#write`",
            "slot 1 (`write`) has a different type than resource `t:t/shop#cart`\n  expected: (func (param i32))\n  found:    (func (param i32 i32) (result i32))",
        ],
    ),
    (
        "a destructor with an unneeded slot",
        SHOP,
        |f| f.plan.resources[1].slot = Some(SlotId(0)),
        &[
            "resource `t:t/shop#till` has a slot for its destructor, which does not require one",
            "resource `t:t/shop#till` is wired to the destructor `t:t/shop#[dtor]till` of `main`, but its slot holds the destructor `t:t/shop#[dtor]cart` of `main`",
        ],
    ),
];
