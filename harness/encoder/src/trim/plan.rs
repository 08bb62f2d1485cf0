//! Plan of the garbage-collected module. All decisions are made here, before encoding.

use std::collections::BTreeMap;

use wasmparser::{ElementKind, Import, RelocationType};

use crate::names::MainMemoryOp;

use super::MainRealloc;
use super::data::{Target, Units};
use super::error::Problem;
use super::form::Form;
use super::isolated::Own;
use super::layout::Layout;
use super::live::Live;
use super::module::Module;
use super::numbers::Generated;
use super::region::{AllocationPoint, PAGE};
use super::special::{Special, is_realloc};
use super::stack::ShadowStack;
use super::table::{self, Slots};

/// Decisions about an adapter.
pub(super) struct Plan {
    pub form: Form,
    /// Memory of an isolated adapter, if it needs one.
    pub own: Option<Own>,
    /// Original index of the stack pointer, if writes to it are guarded.
    pub guarded: Option<u32>,
    /// Original index of the stack pointer, if exports must restore it.
    pub balanced: Option<u32>,
    /// Set if the guard is not requested, but part of the stack checks: it ignores a stack that is not yet allocated.
    pub lenient: bool,
    /// Set if the module supports [`watch`](super::watch).
    pub reports: bool,
    /// Stack and static data, if there are any.
    pub region: Option<Region>,
    /// Name of main's realloc, if it is used.
    pub realloc: Option<String>,
    /// Set if the adapter may be called before main's realloc is available.
    pub late: bool,
    pub special: Special,
    /// Functions to generate, in order.
    pub generated: Vec<Generated>,
    /// Mapping from old to new slots of the linker's table, if all uses of slots are known.
    pub slots: Option<BTreeMap<u32, u32>>,
    /// Functions in the old slots.
    pub slot_functions: BTreeMap<u32, u32>,
    /// Set if the module imports a memory: main's, or the adapter's own.
    pub memory: bool,
    /// Page size of the memory as a power of two: 16, unless the memory type declares another one.
    pub page: u32,
}

/// The adapter region, and how it is allocated.
pub(super) struct Region {
    pub layout: Layout,
    pub way: AllocationPoint,
}

/// Choices of the request that the plan depends on. See [`super::Request`].
pub(super) struct Choices<'r> {
    pub form: Form,
    pub realloc: MainRealloc<'r>,
    pub stack: ShadowStack,
    pub reports: bool,
}

impl Plan {
    /// Makes all decisions.
    ///
    /// # Errors
    ///
    /// Returns an error if the region or the memory would be too large, or if an isolated adapter has no stack.
    pub fn of(
        module: &Module<'_>,
        units: &Units<'_>,
        slots: &Slots,
        live: &Live,
        special: Special,
        choices: Choices<'_>,
    ) -> Result<Plan, Problem> {
        let Choices { form, realloc, stack, reports } = choices;
        let late = matches!(realloc, MainRealloc::Late(_));
        let realloc = match realloc {
            // An adapter with an `allocation_state` requests memory once, at its first call, and never frees it.
            MainRealloc::Late(_) if form == Form::Shared && special.allocation_state.is_some() => None,
            MainRealloc::Export(name) | MainRealloc::Late(name) => Some(name.to_string()),
            MainRealloc::Grow => None,
        };
        let mut plan = Plan {
            form,
            own: None,
            guarded: special
                .stack_pointer
                .filter(|global| (stack.guard || stack.checked) && live.written.contains(global)),
            balanced: None,
            lenient: !stack.guard,
            reports,
            region: None,
            realloc,
            late,
            special,
            generated: Vec::new(),
            slots: new_slots(slots, live),
            slot_functions: slots.functions.clone(),
            memory: false,
            page: module.memories.first().and_then(|memory| memory.ty.page_size_log2).unwrap_or(PAGE),
        };
        match form {
            Form::Isolated => {
                plan.own = Own::of(module, units, live, &plan.special)?;
                plan.memory = plan.own.is_some();
                plan.guarded = plan.guarded.filter(|_| plan.memory);
            }
            Form::Shared => {
                plan.region = plan.region(units, live, stack)?;
                plan.generated = plan.generated(module, live);
                plan.memory = !live.memories.is_empty() || !plan.generated.is_empty();
            }
        }
        if plan.guarded.is_some() {
            plan.generated.extend([Generated::StackOverflow, Generated::SetStackPointer]);
        }
        plan.balanced = plan.guarded.filter(|_| stack.checked);
        plan.generated.extend(plan.balanced.map(|_| Generated::StackUnbalanced));
        plan.generated.extend(reports.then_some(match form {
            Form::Shared => Generated::WatchedWrite,
            Form::Isolated => Generated::WatchedStore,
        }));
        Ok(plan)
    }

    /// Plans the region of an adapter in main's memory, if it has a stack or data.
    fn region(&self, units: &Units<'_>, live: &Live, stack: ShadowStack) -> Result<Option<Region>, Problem> {
        let stack = self.special.stack_pointer.map_or(0, |_| stack.bytes());
        if stack == 0 && !live.addresses {
            return Ok(None);
        }
        let way = match (&self.realloc, self.special.allocation_state) {
            // Before main's realloc is available, memory can only be grown.
            _ if self.late => AllocationPoint::Instantiation,
            (None, _) => AllocationPoint::Instantiation,
            (Some(_), Some(_)) => AllocationPoint::Protocol,
            (Some(_), None) => AllocationPoint::FirstCall,
        };
        Ok(Some(Region { layout: Layout::of(units, live, stack)?, way }))
    }

    /// Returns true if the used stack size is reported.
    pub fn measured(&self) -> bool {
        self.reports && self.balanced.is_some()
    }

    /// Lists the functions to generate: replacements of imports, and those of the region.
    fn generated(&self, module: &Module<'_>, live: &Live) -> Vec<Generated> {
        let imports = live.functions.iter().filter_map(|function| {
            let import = module.functions.get(*function as usize)?.import()?;
            self.replacement(module.imports.get(import)?)
        });
        let replaced: Vec<Generated> = imports.collect();
        let way = self.region.as_ref().map(|region| region.way);
        let grow = matches!(way, Some(AllocationPoint::Instantiation | AllocationPoint::FirstCall));
        let mut generated = Vec::new();
        generated.extend((grow || replaced.contains(&Generated::Grow)).then_some(Generated::Grow));
        generated.extend(way.map(|_| Generated::Place));
        generated.extend(way.map(|way| match way {
            AllocationPoint::Instantiation => Generated::Start,
            AllocationPoint::Protocol | AllocationPoint::FirstCall => Generated::Enter,
        }));
        generated.extend([Generated::Copy, Generated::Size].iter().filter(|copy| replaced.contains(copy)));
        generated
    }

    /// Returns the generated function that replaces an import, if any.
    pub fn replacement(&self, import: &Import<'_>) -> Option<Generated> {
        if self.form == Form::Isolated {
            return None;
        }
        match MainMemoryOp::of(import) {
            Some(Ok(MainMemoryOp::Load | MainMemoryOp::Store)) => Some(Generated::Copy),
            Some(Ok(MainMemoryOp::Size)) => Some(Generated::Size),
            _ => (is_realloc(import) && self.realloc.is_none()).then_some(Generated::Grow),
        }
    }

    /// Returns true if generated code calls main's realloc.
    pub fn needs_realloc(&self) -> bool {
        self.generated.contains(&Generated::Enter)
    }

    /// Lists the original indices of the element segments that are kept.
    pub fn kept_elements(&self, module: &Module<'_>, live: &Live) -> Vec<u32> {
        let kept = (0..).zip(&module.elements).filter(|(index, element)| {
            let named = live.elements.contains(index);
            match element.kind {
                ElementKind::Active { table_index, .. } => {
                    let table = live.tables.contains(&table_index.unwrap_or(0));
                    // If all slots are known, a single new segment replaces those of the table.
                    named || (table && self.slots.is_none())
                }
                ElementKind::Passive | ElementKind::Declared => named,
            }
        });
        kept.map(|(index, _)| index).collect()
    }
}

/// Renumbers the live slots from 1 on. Slot 0 remains null.
fn new_slots(slots: &Slots, live: &Live) -> Option<BTreeMap<u32, u32>> {
    let known = slots.table().is_some() && !live.whole_tables;
    known.then(|| live.slots.iter().copied().zip(1..).collect())
}

/// A word in static data that holds an address or a slot number.
pub(super) struct Word {
    /// Offset in its data chunk, in bytes.
    pub at: u32,
    pub value: Value,
}

/// Meaning of a word.
pub(super) enum Value {
    /// Slot of the linker's table.
    Slot(u32),
    Address(Target),
}

impl Plan {
    /// Returns the new number of a slot of the linker's table.
    pub fn slot(&self, old: u32) -> u32 {
        table::new_slot(self.slots.as_ref(), old)
    }

    /// Lists the words of a data chunk in ascending order, without those that the reachability analysis rejects.
    pub fn words(&self, module: &Module<'_>, units: &Units<'_>, unit: usize) -> Vec<Word> {
        let Some(unit) = units.units.get(unit) else { return Vec::new() };
        let range = unit.position..unit.position + unit.bytes.len() as u64;
        let relocations = module.linking.data_within(range.clone()).iter();
        let words = relocations.filter_map(|relocation| {
            let at = (relocation.position - range.start) as u32;
            let bytes = unit.bytes.get(at as usize..)?.first_chunk()?;
            let value = u32::from_le_bytes(*bytes);
            let value = match relocation.entry.ty {
                RelocationType::TableIndexI32 => Value::Slot(value),
                _ => Value::Address(units.resolve(&module.linking.symbols, relocation, value).ok()?),
            };
            Some(Word { at, value })
        });
        words.collect()
    }
}
