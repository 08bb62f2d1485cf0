//! Mistakes in slots.

use super::super::fixture::SHOP;
use super::{MAIN, Mistake};
use crate::plan::{IndirectReason, SlotId, Via};

pub(super) const MISTAKES: &[Mistake] = &[
    (
        "direct, but the memory is late",
        SHOP,
        |f| f.wire(0, "write").via = Via::Direct,
        &[
            "import `log` `write` of `main` is wired directly, but the memory of `main` does not exist yet",
            "slot 1 (`write`) is not used",
        ],
    ),
    (
        "direct, but realloc is late",
        SHOP,
        |f| f.wire(0, "read").via = Via::Direct,
        &[
            "import `log` `read` of `main` is wired directly, but the memory of `main` does not exist yet",
            "import `log` `read` of `main` is wired directly, but the realloc of `main` does not exist yet",
            "slot 2 (`read`) is not used",
        ],
    ),
    (
        "direct, but the instance is late",
        SHOP,
        |f| f.wire(2, "get").via = Via::Direct,
        &["import `old` `get` of `new` is wired directly, but the instance of `old` does not exist yet"],
    ),
    (
        "a slot for an available source",
        SHOP,
        |f| {
            let Via::Slot(slot, _) = f.wire(0, "write").via.clone() else { return };
            f.wire(1, "write").via = Via::Slot(slot, IndirectReason::Memory(MAIN));
        },
        &[
            "import `log` `write` of `old` uses a slot because the memory of `main` is created later, which is not the case",
        ],
    ),
    (
        "a slot for a false reason",
        SHOP,
        |f| {
            let Via::Slot(_, why) = &mut f.wire(0, "write").via else { return };
            *why = IndirectReason::Realloc(MAIN);
        },
        &[
            "import `log` `write` of `main` uses a slot because the realloc of `main` is created later, which is not the case",
        ],
    ),
    (
        "no such slot",
        SHOP,
        |f| {
            let Via::Slot(slot, _) = &mut f.wire(2, "get").via else { return };
            *slot = SlotId(99);
        },
        &["import `old` `get` of `new` uses slot 99, which does not exist"],
    ),
    (
        "another slot",
        SHOP,
        |f| {
            let other = f.wire(0, "read").via.clone();
            let (Via::Slot(other, _), Via::Slot(slot, _)) = (other, &mut f.wire(0, "write").via) else { return };
            *slot = other;
        },
        &[
            "import `log` `write` of `main` is wired to the lowered function `log#write`, but its slot holds the lowered function `log#read`",
            "slot 2 (`read`) has a different type than import `log` `write` of `main`\n  expected: (func (param i32 i32) (result i32))\n  found:    (func (param i32))",
            "slot 1 (`write`) is not used",
        ],
    ),
    (
        "a slot of another type",
        SHOP,
        |f| {
            let Via::Slot(slot, _) = f.wire(0, "write").via.clone() else { return };
            f.plan.slots[slot.0].ty = wasmparser::FuncType::new([], []);
        },
        &[
            "slot 1 (`write`) has a different type than import `log` `write` of `main`\n  expected: (func (param i32 i32) (result i32))\n  found:    (func)",
        ],
    ),
    (
        "an unused slot that duplicates another",
        SHOP,
        |f| {
            let again = f.plan.slots[0].clone();
            f.plan.slots.push(again);
        },
        &[
            "slot 4 (`dtor t:t/shop#cart`) is not used",
            "slot 4 (`dtor t:t/shop#cart`) holds the destructor `t:t/shop#[dtor]cart` of `main`, which slot 0 already holds",
        ],
    ),
];
