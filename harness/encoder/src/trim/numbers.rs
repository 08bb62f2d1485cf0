//! Index remapping: the index spaces of the garbage-collected module.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use wasm_encoder::ValType;
use wasm_encoder::reencode::{Error, Reencode};
use wasmparser::MemArg;

use crate::names::{MAIN, REPORTS};

use super::error::Problem;
use super::live::{Live, renumber};
use super::module::Module;
use super::plan::Plan;
use super::region::{AllocationPoint, Wiring};
use super::special::is_realloc;
use super::stack::{Guard, Low, Measure, PATTERN, USED};
use super::watch::WRITES;

/// A function that the encoder generates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generated {
    /// [`super::region::realloc_by_grow`]
    Grow,
    /// [`super::region::place`]
    Place,
    /// [`super::region::enter`]
    Enter,
    /// [`super::region::start`]
    Start,
    /// [`super::access::copy`]
    Copy,
    /// [`super::access::size`]
    Size,
    /// [`super::stack::overflow`]
    StackOverflow,
    /// [`super::stack::set`]
    SetStackPointer,
    /// [`super::stack::overflow`]
    StackUnbalanced,
    /// [`super::watch::unwatched`], called before instructions that write to main's memory.
    WatchedWrite,
    /// [`super::watch::unwatched`], called before calls of `store`.
    WatchedStore,
}

impl Generated {
    /// Returns the name of the function in the `name` section and in backtraces.
    pub fn name(self) -> &'static str {
        match self {
            Generated::Grow => "polyfill.realloc_by_memory_grow",
            Generated::Place => "polyfill.place_region",
            Generated::Enter => "polyfill.allocate_region",
            Generated::Start => "polyfill.start",
            Generated::Copy => "polyfill.copy",
            Generated::Size => "polyfill.memory_size",
            Generated::StackOverflow => "polyfill.stack_overflow",
            Generated::SetStackPointer => "polyfill.set_stack_pointer",
            Generated::StackUnbalanced => "polyfill.stack_unbalanced",
            Generated::WatchedWrite => "polyfill.watched_write",
            Generated::WatchedStore => "polyfill.watched_store",
        }
    }

    /// Returns the type of the function.
    pub fn ty(self) -> Signature {
        match self {
            Generated::Grow => (vec![ValType::I32; 4], vec![ValType::I32]),
            Generated::Place | Generated::SetStackPointer => (vec![ValType::I32], vec![]),
            Generated::Enter | Generated::Start => (vec![], vec![]),
            Generated::StackOverflow | Generated::StackUnbalanced => (vec![], vec![]),
            Generated::Copy | Generated::WatchedWrite | Generated::WatchedStore => (vec![ValType::I32; 3], vec![]),
            Generated::Size => (vec![], vec![ValType::I32]),
        }
    }
}

/// Parameter and result types.
pub(super) type Signature = (Vec<ValType>, Vec<ValType>);

/// New indices of kept and generated items.
#[derive(Default)]
pub(super) struct Numbers {
    pub types: BTreeMap<u32, u32>,
    /// Types used by generated functions and imports only. They follow the others.
    pub new_types: Vec<Signature>,
    /// Imported functions: module, name, and new index of the type.
    pub imports: IndexMap<(String, String), u32>,
    pub functions: BTreeMap<u32, u32>,
    /// Original indices of the kept functions that the adapter defines, in ascending order.
    pub own: Vec<u32>,
    pub generated: Vec<(Generated, u32)>,
    pub globals: BTreeMap<u32, u32>,
    /// Number of generated globals, which follow the others. All are mutable i32.
    pub new_globals: u32,
    pub tables: BTreeMap<u32, u32>,
    pub tags: BTreeMap<u32, u32>,
    pub elements: BTreeMap<u32, u32>,
    pub data: BTreeMap<u32, u32>,
    /// Mapping from old to new slots of the linker's table, if they are renumbered.
    pub slots: Option<BTreeMap<u32, u32>>,
    pub wiring: Wiring,
    /// Function that every export calls first.
    pub enter: Option<u32>,
    /// Start function.
    pub start: Option<u32>,
    /// Original index of the guarded stack pointer, and the function that replaces writes of it.
    pub guarded: Option<(u32, u32)>,
    /// Import that reports the used stack size, if it is measured.
    pub used: Option<u32>,
    /// Import that returns the fill byte for unused stack, if the stack is filled.
    pub pattern: Option<u32>,
    /// Offset that replaces the one of the next memory operands.
    pub offset: Option<u32>,
    /// Original offset of the last memory operand, if it is a 32-bit number.
    pub last_offset: Option<u32>,
}

impl Numbers {
    /// Assigns indices to all kept and generated items.
    pub fn assign(module: &Module<'_>, live: &Live, plan: &Plan) -> Numbers {
        let mut numbers = Numbers {
            types: renumber(&live.types, 0),
            globals: renumber(&live.globals, 0),
            tables: renumber(&live.tables, 0),
            tags: renumber(&live.tags, 0),
            slots: plan.slots.clone(),
            ..Numbers::default()
        };
        numbers.functions(module, live, plan);
        numbers.globals(live, plan);
        numbers.segments(module, live, plan);
        let set = numbers.generated(Generated::SetStackPointer);
        numbers.guarded = plan.guarded.zip(set);
        let wiring = &mut numbers.wiring;
        let own_start = module.start.and_then(|start| numbers.functions.get(&start).copied());
        if plan.region.is_some() {
            wiring.start = own_start;
            numbers.start = numbers.generated(Generated::Start);
        } else {
            numbers.start = own_start;
        }
        numbers
    }

    fn functions(&mut self, module: &Module<'_>, live: &Live, plan: &Plan) {
        let mut replaced = Vec::new();
        for &index in &live.functions {
            let Some(function) = module.functions.get(index as usize) else { continue };
            let import = function.import().and_then(|import| module.imports.get(import));
            let Some(import) = import else {
                self.own.push(index);
                continue;
            };
            if let Some(generated) = plan.replacement(import) {
                replaced.push((index, generated));
                continue;
            }
            let name = match &plan.realloc {
                Some(name) if is_realloc(import) => name,
                _ => import.name,
            };
            let ty = *self.types.get(&function.ty).expect("the type of a live function is live");
            let number = self.import(import.module, name, ty);
            self.functions.insert(index, number);
        }
        let first = live.types.len() as u32;
        if let Some(name) = plan.realloc.as_ref().filter(|_| plan.needs_realloc()) {
            let ty = self.new_type(module, live, Generated::Grow.ty(), first);
            self.wiring.realloc = Some(self.import(MAIN, name, ty));
        }
        if plan.reports {
            let ty = self.new_type(module, live, (vec![ValType::I32; 2], vec![]), first);
            self.import(REPORTS, WRITES, ty);
            // Unused stack is filled only in a block from main's allocator, which certainly belongs to the adapter.
            // Below an isolated adapter's stack may be data without a symbol, and some mains claim pages that exist
            // before they are instantiated.
            let is_block = plan.region.as_ref().is_some_and(|region| region.way != AllocationPoint::Instantiation);
            if plan.measured() && is_block {
                let ty = self.new_type(module, live, (vec![], vec![ValType::I32]), first);
                self.pattern = Some(self.import(REPORTS, PATTERN, ty));
            }
            self.used = plan.measured().then(|| self.import(REPORTS, USED, ty));
        }
        let mut next = self.imports.len() as u32;
        for &index in &self.own {
            self.functions.insert(index, next);
            next += 1;
        }
        for &generated in &plan.generated {
            let ty = self.new_type(module, live, generated.ty(), first);
            self.generated.push((generated, ty));
            match generated {
                Generated::Grow => self.wiring.grow = Some(next),
                Generated::Place => self.wiring.place = Some(next),
                Generated::Enter => self.enter = Some(next),
                _ => {}
            }
            next += 1;
        }
        // Falls back to `memory.grow` if main's realloc is not used.
        self.wiring.realloc = self.wiring.realloc.or(self.wiring.grow);
        for (index, generated) in replaced {
            self.functions.extend(self.generated(generated).map(|number| (index, number)));
        }
    }

    /// Adds an import. Duplicates are merged: an instance of a component has each name once.
    fn import(&mut self, module: &str, name: &str, ty: u32) -> u32 {
        let entry = self.imports.entry((module.to_string(), name.to_string()));
        let number = entry.index() as u32;
        entry.or_insert(ty);
        number
    }

    fn new_type(&mut self, module: &Module<'_>, live: &Live, ty: Signature, first: u32) -> u32 {
        let same = |list: &[wasmparser::ValType], wanted: &[ValType]| {
            // The types of generated functions consist of i32 only.
            list.len() == wanted.len() && list.iter().all(|ty| *ty == wasmparser::ValType::I32)
        };
        let old = live.types.iter().find(|index| {
            let old = module.types.get(**index as usize);
            old.is_some_and(|old| same(old.params(), &ty.0) && same(old.results(), &ty.1))
        });
        if let Some(number) = old.and_then(|old| self.types.get(old)) {
            return *number;
        }
        let position = self.new_types.iter().position(|new| *new == ty);
        let position = position.unwrap_or_else(|| {
            self.new_types.push(ty);
            self.new_types.len() - 1
        });
        first + position as u32
    }

    fn globals(&mut self, live: &Live, plan: &Plan) {
        let first = live.globals.len() as u32;
        let mut new = || {
            self.new_globals += 1;
            first + self.new_globals - 1
        };
        if let Some(region) = &plan.region {
            if live.addresses {
                self.wiring.data_start = Some(new());
            }
            if plan.guarded.is_some() {
                self.wiring.stack_low = Some(new());
            }
            let mapped = |old: Option<u32>| old.and_then(|old| self.globals.get(&old).copied());
            self.wiring.stack_pointer = mapped(plan.special.stack_pointer);
            self.wiring.state = mapped(plan.special.allocation_state);
            if region.way == AllocationPoint::FirstCall {
                self.wiring.state = Some(new());
            }
        }
        if plan.measured() {
            self.wiring.stack_lowest = Some(new());
        }
    }

    fn segments(&mut self, module: &Module<'_>, live: &Live, plan: &Plan) {
        self.data = renumber(plan.own.as_ref().map_or(&live.data, |own| &own.segments), 0);
        if plan.region.as_ref().is_some_and(|region| region.layout.contents > 0) {
            self.wiring.segment = Some(self.data.len() as u32);
        }
        self.elements = plan.kept_elements(module, live).into_iter().zip(0..).collect();
    }

    /// Returns the stack pointer that exports must restore, the function that traps if they do not, and the first
    /// wrapper.
    pub fn balance(&self, plan: &Plan) -> Option<[u32; 3]> {
        let pointer = self.globals.get(&plan.balanced?).copied()?;
        let first = self.imports.len() + self.own.len() + self.generated.len();
        Some([pointer, self.generated(Generated::StackUnbalanced)?, first as u32])
    }

    /// Returns the stack guard, if there is one.
    pub fn guard(&self, plan: &Plan) -> Option<Guard> {
        let pointer = self.globals.get(&plan.guarded?).copied()?;
        let overflow = self.generated(Generated::StackOverflow)?;
        match (&plan.own, &plan.region) {
            (Some(own), _) => Some(Guard::fixed(own.stack.as_ref()?, pointer, overflow)),
            (None, region) => {
                let bytes = region.as_ref()?.layout.stack;
                Some(Guard {
                    low: Low::Global(self.wiring.stack_low?),
                    bytes,
                    pointer,
                    overflow,
                    lenient: plan.lenient,
                })
            }
        }
    }

    /// Returns the stack measurement, if the stack is measured.
    pub fn measure(&self, plan: &Plan) -> Option<Measure> {
        let (lowest, used) = (self.wiring.stack_lowest?, self.used?);
        Some(Measure { guard: self.guard(plan)?, lowest, used, pattern: self.pattern })
    }

    pub fn generated(&self, wanted: Generated) -> Option<u32> {
        let first = (self.imports.len() + self.own.len()) as u32;
        let position = self.generated.iter().position(|(generated, _)| *generated == wanted)?;
        Some(first + position as u32)
    }
}

/// Returns the new index of a live item.
fn new(map: &BTreeMap<u32, u32>, old: u32, what: &str) -> Result<u32, Error<Problem>> {
    // An adapter that is not validated can refer to items that do not exist.
    map.get(&old).copied().ok_or_else(|| Error::UserError(Problem::unknown(what, old)))
}

impl Reencode for Numbers {
    type Error = Problem;

    fn function_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        new(&self.functions, index, "function")
    }
    fn type_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        new(&self.types, index, "type")
    }
    fn global_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        new(&self.globals, index, "global")
    }
    fn table_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        new(&self.tables, index, "table")
    }
    fn tag_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        new(&self.tags, index, "tag")
    }
    fn element_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        new(&self.elements, index, "element segment")
    }
    fn data_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        new(&self.data, index, "data segment")
    }
    /// There is at most one memory: main's, or the adapter's.
    fn memory_index(&mut self, _: u32) -> Result<u32, Error<Problem>> {
        Ok(0)
    }
    fn mem_arg(&mut self, operand: MemArg) -> Result<wasm_encoder::MemArg, Error<Problem>> {
        let mut operand = wasm_encoder::reencode::utils::mem_arg(self, operand)?;
        self.last_offset = u32::try_from(operand.offset).ok();
        if let Some(offset) = self.offset {
            operand.offset = u64::from(offset);
        }
        Ok(operand)
    }
}
