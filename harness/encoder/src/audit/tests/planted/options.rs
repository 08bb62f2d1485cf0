//! Mistakes in canonical options.

use super::super::fixture::{GUEST_OF_HOST, SHOP};
use super::{MAIN, Mistake, OLD, core};
use crate::plan::MemoryRef;
use crate::world::StringEncoding;

pub(super) const MISTAKES: &[Mistake] = &[
    (
        "a lower without memory",
        SHOP,
        |f| f.lower(1, "write").memory = None,
        &["import `log` `write` of `old` lacks the option `memory`: its parameters are passed in memory"],
    ),
    (
        "a lower with an unneeded memory",
        SHOP,
        |f| f.lower(0, "now").memory = Some((MemoryRef::Hosted, "because")),
        &["import `log` `now` of `main` has the option `memory` (the memory of the shim), which it does not need"],
    ),
    (
        "a lift with another memory",
        SHOP,
        |f| f.lift("run").canon.memory = Some((MemoryRef::Export(core(OLD, "memory")), "because")),
        &["export `run` has the option `memory` (`memory` of `old`), expected `memory` of `main`"],
    ),
    (
        "main's memory instead of the hosted one",
        GUEST_OF_HOST,
        |f| f.lift("run").canon.memory = Some((MemoryRef::Export(core(MAIN, "memory")), "because")),
        &["export `run` has the option `memory` (`memory` of `main`), expected the memory of the shim"],
    ),
    (
        "a lift without realloc",
        SHOP,
        |f| f.lift("[method]cart.add").canon.realloc = None,
        &[
            "export `t:t/shop#[method]cart.add` lacks the option `realloc`: data that its parameters point to is stored in memory",
        ],
    ),
    (
        "a lift with an unneeded realloc",
        SHOP,
        |f| f.lift("run").canon.realloc = Some((core(MAIN, "cabi_realloc"), "because")),
        &["export `run` has the option `realloc` (`cabi_realloc` of `main`), which it does not need"],
    ),
    (
        "the realloc of the other role",
        SHOP,
        |f| f.lift("[method]cart.add").canon.realloc = Some((core(MAIN, "cabi_import_realloc"), "because")),
        &[
            "export `t:t/shop#[method]cart.add` has the option `realloc` (`cabi_import_realloc` of `main`), expected `cabi_realloc` of `main`",
        ],
    ),
    (
        "the realloc of another module",
        SHOP,
        |f| f.lift("greet").canon.realloc = Some((core(MAIN, "cabi_realloc"), "because")),
        &[
            "export `tools#greet` has the option `realloc` (`cabi_realloc` of `main`), expected `cabi_export_realloc` of `new`",
        ],
    ),
    (
        "a function that is not a realloc",
        SHOP,
        |f| f.lift("greet").canon.realloc = Some((core(MAIN, "spare"), "because")),
        &[
            "the realloc `spare` of `main` has a different type than export `tools#greet` requires\n  expected: (func (param i32 i32 i32 i32) (result i32))\n  found:    (func (param i32) (result i32))",
        ],
    ),
    (
        "a realloc with an unknown name",
        SHOP,
        |f| {
            f.module(0).exports.iter_mut().find(|e| e.name == "cabi_realloc").unwrap().name = "mine".into();
            f.lift("[method]cart.add").canon.realloc = Some((core(MAIN, "mine"), "because"));
        },
        &[
            "export `t:t/shop#[method]cart.add` has the option `realloc` (`mine` of `main`), expected none, because no module exports one",
        ],
    ),
    (
        "a realloc that does not exist",
        SHOP,
        |f| f.lift("greet").canon.realloc = Some((core(OLD, "cabi_realloc"), "because")),
        &["export `tools#greet`: realloc `cabi_realloc` of `old` does not exist"],
    ),
    (
        "a lower without encoding",
        SHOP,
        |f| f.lower(1, "write").encoding = None,
        &["import `log` `write` of `old` lacks the option `string-encoding`: its type contains a string"],
    ),
    (
        "a lower with an unneeded encoding",
        SHOP,
        |f| f.lower(0, "now").encoding = Some(StringEncoding::Utf8),
        &["import `log` `now` of `main` has the option `string-encoding` (utf8), which it does not need"],
    ),
    (
        "another encoding",
        SHOP,
        |f| f.lift("greet").canon.encoding = Some(StringEncoding::Utf16),
        &["export `tools#greet` has the option `string-encoding` (utf16), expected utf8"],
    ),
    (
        "no post-return",
        SHOP,
        |f| f.lift("greet").canon.post_return = None,
        &["export `tools#greet` lacks the option `post-return`: the module exports such a function"],
    ),
    (
        "another post-return",
        SHOP,
        |f| f.lift("greet").canon.post_return = Some(core(MAIN, "cabi_post_run")),
        &[
            "export `tools#greet` has the option `post-return` (`cabi_post_run` of `main`), expected `cabi_post_tools#greet` of `new`",
        ],
    ),
    (
        "a post-return that does not exist",
        SHOP,
        |f| f.lift("wait").canon.post_return = Some(core(MAIN, "cabi_post_wait")),
        &["export `wait`: post-return `cabi_post_wait` of `main` does not exist"],
    ),
    (
        "a post-return of a lower",
        SHOP,
        |f| f.lower(0, "now").post_return = Some(core(MAIN, "cabi_post_run")),
        &[
            "import `log` `now` of `main` has the option `post-return` (`cabi_post_run` of `main`), which it does not need",
        ],
    ),
    (
        "a post-return of another type",
        SHOP,
        |f| {
            let other = f.module(0).export("_initialize").unwrap().ty.clone();
            f.module(0).exports.iter_mut().find(|e| e.name == "cabi_post_run").unwrap().ty = other;
        },
        &[
            "the post-return `cabi_post_run` of `main` has a different type than export `run` requires\n  expected: (func (param i32))\n  found:    (func)",
        ],
    ),
];
