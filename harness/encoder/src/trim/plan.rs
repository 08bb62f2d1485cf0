//! What is done to an adapter, decided before anything is written.

use std::collections::BTreeMap;

use wasmparser::{ElementKind, Import, RelocationType};

use super::MainRealloc;
use super::access::Access;
use super::data::{Target, Units};
use super::error::Problem;
use super::form::Form;
use super::isolated::Own;
use super::layout::Layout;
use super::live::Live;
use super::module::Module;
use super::numbers::Generated;
use super::region::{PAGE, Way};
use super::special::{Special, is_realloc};
use super::stack::Stack;
use super::table::Slots;

/// The decisions.
pub(super) struct Plan {
    pub form: Form,
    /// The memory of an isolated adapter, if it needs one.
    pub own: Option<Own>,
    /// The stack pointer, by its old index, if writes of it are guarded.
    pub guarded: Option<u32>,
    /// The same, if exports are to leave it as it was.
    pub balanced: Option<u32>,
    /// Nobody asks for a guard but who looks at everything.
    pub lenient: bool,
    /// It can be [`watch`](super::watch)ed.
    pub reports: bool,
    /// Stack and static data, if there are any.
    pub region: Option<Region>,
    /// What main's realloc is called, if it is to be used.
    pub realloc: Option<String>,
    /// Main's realloc exists later than the adapter is called.
    pub late: bool,
    pub special: Special,
    /// The functions to generate, in order.
    pub generated: Vec<Generated>,
    /// Old slots of the linker's table to new ones, if they are all known.
    pub slots: Option<BTreeMap<u32, u32>>,
    /// What is in the old slots.
    pub slot_functions: BTreeMap<u32, u32>,
    /// The module imports a memory: main's, or its own.
    pub memory: bool,
    /// A page of main's memory is two to the power of this many bytes: 16, or 0 where the adapter says so.
    pub page: u32,
}

/// The region, and how it is had.
pub(super) struct Region {
    pub layout: Layout,
    pub way: Way,
}

impl Plan {
    /// Decides.
    pub fn of(
        module: &Module<'_>,
        units: &Units<'_>,
        slots: &Slots,
        live: &Live,
        special: Special,
        (form, realloc, stack, reports): (Form, MainRealloc<'_>, Stack, bool),
    ) -> Result<Plan, Problem> {
        let late = matches!(realloc, MainRealloc::Late(_));
        let realloc = match realloc {
            // One of the published kind asks for its state at its first call, once, and never gives it away.
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

    /// The region of an adapter in main's memory, if it has a stack or data.
    fn region(&self, units: &Units<'_>, live: &Live, stack: Stack) -> Result<Option<Region>, Problem> {
        let stack = self.special.stack_pointer.map_or(0, |_| stack.bytes());
        if stack == 0 && !live.addresses {
            return Ok(None);
        }
        let way = match (&self.realloc, self.special.allocation_state) {
            // An adapter that keeps the state itself asks for what it needs, whenever that is.
            _ if self.late => Way::Instantiation,
            (None, _) => Way::Instantiation,
            (Some(_), Some(_)) => Way::Protocol,
            (Some(_), None) => Way::FirstCall,
        };
        Ok(Some(Region { layout: Layout::of(units, live, stack)?, way }))
    }

    /// Whether it is told how much of the stack is used.
    pub fn measured(&self) -> bool {
        self.reports && self.balanced.is_some()
    }

    /// The functions to generate: in place of imports, and for the region.
    fn generated(&self, module: &Module<'_>, live: &Live) -> Vec<Generated> {
        let imports = live.functions.iter().filter_map(|function| {
            let import = module.functions.get(*function as usize)?.import()?;
            self.replacement(module.imports.get(import)?)
        });
        let replaced: Vec<Generated> = imports.collect();
        let way = self.region.as_ref().map(|region| region.way);
        let grow = matches!(way, Some(Way::Instantiation | Way::FirstCall));
        let mut generated = Vec::new();
        generated.extend((grow || replaced.contains(&Generated::Grow)).then_some(Generated::Grow));
        generated.extend(way.map(|_| Generated::Place));
        generated.extend(way.map(|way| match way {
            Way::Instantiation => Generated::Start,
            Way::Protocol | Way::FirstCall => Generated::Enter,
        }));
        generated.extend([Generated::Copy, Generated::Size].iter().filter(|copy| replaced.contains(copy)));
        generated
    }

    /// What stands in for an import that the adapter is not left with.
    pub fn replacement(&self, import: &Import<'_>) -> Option<Generated> {
        if self.form == Form::Isolated {
            return None;
        }
        match Access::of(import) {
            Some(Ok(Access::Load | Access::Store)) => Some(Generated::Copy),
            Some(Ok(Access::Size)) => Some(Generated::Size),
            _ => (is_realloc(import) && self.realloc.is_none()).then_some(Generated::Grow),
        }
    }

    /// Does the encoder's code call main's realloc?
    pub fn needs_realloc(&self) -> bool {
        self.generated.contains(&Generated::Enter)
    }

    /// The element segments that stay, by their old numbers.
    pub fn kept_elements(&self, module: &Module<'_>, live: &Live) -> Vec<u32> {
        let kept = (0..).zip(&module.elements).filter(|(index, element)| {
            let named = live.elements.contains(index);
            match element.kind {
                ElementKind::Active { table_index, .. } => {
                    let table = live.tables.contains(&table_index.unwrap_or(0));
                    // With all slots known, one new segment stands for all of the table's.
                    named || (table && self.slots.is_none())
                }
                ElementKind::Passive | ElementKind::Declared => named,
            }
        });
        kept.map(|(index, _)| index).collect()
    }
}

/// Numbers the live slots from 1 on: 0 stays null.
fn new_slots(slots: &Slots, live: &Live) -> Option<BTreeMap<u32, u32>> {
    let known = slots.table().is_some() && !live.whole_tables;
    known.then(|| live.slots.iter().copied().zip(1..).collect())
}

/// A word in static data that stands for an address or a slot.
pub(super) struct Word {
    /// Where it is, from the start of its unit.
    pub at: u32,
    pub value: Value,
}

/// What a word stands for.
pub(super) enum Value {
    /// A slot of the linker's table.
    Slot(u32),
    Address(Target),
}

impl Plan {
    /// The new number of a slot of the linker's table.
    pub fn slot(&self, old: u32) -> u32 {
        match &self.slots {
            Some(slots) => slots.get(&old).copied().unwrap_or_default(),
            None => old,
        }
    }

    /// The words of one unit, in order. What `live` has refused is not among them.
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
