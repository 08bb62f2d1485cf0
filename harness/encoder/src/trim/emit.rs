//! Encodes the garbage-collected module. All decisions are made before.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementMode, ElementSection, ElementSegment, Elements,
    EntityType, ExportKind, ExportSection, FunctionSection, GlobalSection, GlobalType, ImportSection, IndirectNameMap,
    MemoryType, NameMap, NameSection, RefType, StartSection, TableSection, TagSection, TypeSection, ValType,
};
use wasmparser::{DataKind, ElementItems, ElementKind, Export};

use crate::names::{self, SHARED_MEMORY};

use super::access;
use super::body::{About, Writer};
use super::contents;
use super::data::Units;
use super::dwarf::{self, Debug, Moves};
use super::error::Problem;
use super::form::Form;
use super::isolated;
use super::layout::Layout;
use super::live::Live;
use super::module::Module;
use super::numbers::{Generated, Numbers};
use super::offsets::{self, MovedFunction, Offsets};
use super::plan::Plan;
use super::region::{self, AllocationPoint};
use super::stack;
use super::watch;

type Result<T> = std::result::Result<T, reencode::Error<Problem>>;

/// Input of the encoding step.
pub(super) struct Emit<'e, 'a> {
    /// Name of the adapter.
    pub name: &'e str,
    pub module: &'e Module<'a>,
    pub units: &'e Units<'a>,
    pub live: &'e Live,
    pub plan: &'e Plan,
    pub numbers: Numbers,
    pub exports: &'e [&'e Export<'a>],
    /// Set when the `name` section and DWARF are kept.
    pub debug: bool,
}

/// The encoded module.
pub(super) struct Written {
    /// Binary of the module.
    pub wasm: Vec<u8>,
    /// Mapping from old to new code offsets.
    pub offsets: Offsets,
    /// Result of rewriting the DWARF.
    pub debug: Debug,
    /// Index spaces of the module.
    pub numbers: Numbers,
}

impl<'e, 'a> Emit<'e, 'a> {
    /// Encodes the module.
    ///
    /// # Errors
    ///
    /// Returns an error if a part of the adapter cannot be parsed or re-encoded.
    pub fn module(mut self) -> Result<Written> {
        let mut out = wasm_encoder::Module::new();
        out.section(&self.types()?);
        out.section(&self.imports()?);
        out.section(&self.functions()?);
        let tables = self.tables()?;
        nonempty(&mut out, tables.is_empty(), &tables);
        nonempty(&mut out, self.numbers.tags.is_empty(), &self.tags()?);
        let globals = self.globals()?;
        nonempty(&mut out, globals.is_empty(), &globals);
        out.section(&self.exports()?);
        if let Some(function_index) = self.numbers.start {
            out.section(&StartSection { function_index });
        }
        let elements = self.elements()?;
        nonempty(&mut out, elements.is_empty(), &elements);
        let data = self.data()?;
        nonempty(&mut out, data.is_empty(), &DataCountSection { count: data.len() });
        let (code, offsets) = self.code()?;
        out.section(&code);
        nonempty(&mut out, data.is_empty(), &data);
        if self.debug {
            out.section(&self.names());
        }
        if let Some(data) = self.module.producers {
            let name = "producers".into();
            out.section(&wasm_encoder::CustomSection { name, data: data.into() });
        }
        // Symbols and relocations are dropped: they describe the original layout.
        let moves = Moves { code: &offsets, globals: &self.numbers.globals };
        let (sections, debug) =
            if self.debug { dwarf::rewrite(&self.module.debug, moves) } else { (Vec::new(), Debug::Unwanted) };
        for (name, data) in sections {
            out.section(&wasm_encoder::CustomSection { name: name.into(), data: data.into() });
        }
        Ok(Written { wasm: out.finish(), offsets, debug, numbers: self.numbers })
    }

    fn types(&mut self) -> Result<TypeSection> {
        let mut section = TypeSection::new();
        for old in &self.live.types {
            if let Some(ty) = self.module.types.get(*old as usize) {
                section.ty().func_type(&self.numbers.func_type(ty.clone())?);
            }
        }
        for (parameters, results) in &self.numbers.new_types {
            section.ty().function(parameters.iter().copied(), results.iter().copied());
        }
        Ok(section)
    }

    fn imports(&mut self) -> Result<ImportSection> {
        let mut section = ImportSection::new();
        if self.plan.memory {
            let memory = match &self.plan.own {
                Some(own) => self.numbers.memory_type(own.memory)?,
                // Main's memory has any size.
                None => {
                    let page_size_log2 = Some(self.plan.page).filter(|page| *page != region::PAGE);
                    MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2 }
                }
            };
            let (module, name) = SHARED_MEMORY;
            section.import(module, name, memory);
        }
        for ((module, name), ty) in &self.numbers.imports {
            section.import(module, name, EntityType::Function(*ty));
        }
        // These are main's, for example global variables that an adapter for main's runtime accesses.
        for old in &self.live.tables {
            let Some(table) = self.module.tables.get(*old as usize) else { continue };
            if let Some(import) = table.import().and_then(|i| self.module.imports.get(i)) {
                section.import(import.module, import.name, self.numbers.table_type(table.ty)?);
            }
        }
        for old in &self.live.globals {
            let Some(global) = self.module.globals.get(*old as usize) else { continue };
            if let Some(import) = global.import().and_then(|i| self.module.imports.get(i)) {
                section.import(import.module, import.name, self.numbers.global_type(global.ty)?);
            }
        }
        Ok(section)
    }

    fn functions(&mut self) -> Result<FunctionSection> {
        let mut section = FunctionSection::new();
        for old in self.numbers.own.clone() {
            section.function(self.function_type(old)?);
        }
        for (_, ty) in &self.numbers.generated {
            section.function(*ty);
        }
        for export in self.balanced() {
            section.function(self.function_type(export.index)?);
        }
        Ok(section)
    }

    /// Returns the new index of a function's type.
    fn function_type(&mut self, function: u32) -> Result<u32> {
        let item = self.module.functions.get(function as usize);
        let item = item.ok_or_else(|| reencode::Error::UserError(Problem::unknown("function", function)))?;
        self.numbers.type_index(item.ty)
    }

    fn tables(&mut self) -> Result<TableSection> {
        let mut section = TableSection::new();
        for old in &self.live.tables {
            let Some(table) = self.module.tables.get(*old as usize) else { continue };
            let Some(own) = table.own() else { continue };
            let mut ty = self.numbers.table_type(table.ty)?;
            if let Some(slots) = &self.plan.slots {
                ty.minimum = slots.len() as u64 + 1;
                ty.maximum = Some(ty.minimum);
            }
            match &own.init {
                wasmparser::TableInit::Expr(init) => {
                    section.table_with_init(ty, &self.numbers.const_expr(init.clone())?);
                }
                wasmparser::TableInit::RefNull => {
                    section.table(ty);
                }
            }
        }
        Ok(section)
    }

    fn tags(&mut self) -> Result<TagSection> {
        let mut section = TagSection::new();
        for old in &self.live.tags {
            if let Some(tag) = self.module.tags.get(*old as usize) {
                section.tag(self.numbers.tag_type(tag.ty)?);
            }
        }
        Ok(section)
    }

    fn globals(&mut self) -> Result<GlobalSection> {
        let mut section = GlobalSection::new();
        for old in &self.live.globals {
            let Some(global) = self.module.globals.get(*old as usize) else { continue };
            let Some(value) = global.own() else { continue };
            let ty = self.numbers.global_type(global.ty)?;
            let (special, form) = (&self.plan.special, self.plan.form);
            let value = if special.stack_pointer == Some(*old) && form == Form::Shared {
                // The linker's address refers to the original layout.
                ConstExpr::i32_const(0)
            } else if special.allocation_state == Some(*old) && form == Form::Isolated {
                // An isolated adapter's stack exists from the start.
                ConstExpr::i32_const(region::state::ALLOCATED)
            } else {
                self.numbers.const_expr(value.clone())?
            };
            section.global(ty, &value);
        }
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        for _ in 0..self.numbers.new_globals {
            section.global(ty, &ConstExpr::i32_const(0));
        }
        Ok(section)
    }

    fn exports(&mut self) -> Result<ExportSection> {
        let mut section = ExportSection::new();
        let balance = self.numbers.balance(self.plan);
        for (number, export) in (0..).zip(self.exports) {
            let index = match balance {
                Some([.., first]) => first + number,
                None => self.numbers.function_index(export.index)?,
            };
            section.export(export.name, ExportKind::Func, index);
        }
        Ok(section)
    }

    /// Returns the exports that check the stack pointer. Each has one wrapper function, after all other functions.
    fn balanced(&self) -> &'e [&'e Export<'a>] {
        if self.numbers.balance(self.plan).is_some() { self.exports } else { &[] }
    }

    fn elements(&mut self) -> Result<ElementSection> {
        let mut section = ElementSection::new();
        let kept: Vec<u32> = self.numbers.elements.keys().copied().collect();
        for old in kept {
            let Some(element) = self.module.elements.get(old as usize) else { continue };
            let offset;
            let mode = match &element.kind {
                ElementKind::Passive => ElementMode::Passive,
                ElementKind::Declared => ElementMode::Declared,
                ElementKind::Active { table_index, offset_expr } => {
                    offset = self.numbers.const_expr(offset_expr.clone())?;
                    let table = self.numbers.table_index(table_index.unwrap_or(0))?;
                    ElementMode::Active { table: Some(table).filter(|t| *t != 0), offset: &offset }
                }
            };
            let elements = self.items(&element.items)?;
            section.segment(ElementSegment { mode, elements });
        }
        if let Some(slots) = self.numbers.slots.clone() {
            self.slots(&mut section, slots.keys().copied())?;
        }
        let mut references = Vec::new();
        for old in &self.live.references {
            references.push(self.numbers.function_index(*old)?);
        }
        if !references.is_empty() {
            section.declared(Elements::Functions(references.into()));
        }
        Ok(section)
    }

    /// Encodes the slots of the linker's table whose functions can be called.
    fn slots(&mut self, section: &mut ElementSection, slots: impl Iterator<Item = u32>) -> Result<()> {
        let mut functions = Vec::new();
        for slot in slots {
            let function = self.plan.slot_functions.get(&slot).expect("a live slot holds a function");
            functions.push(self.numbers.function_index(*function)?);
        }
        // Without a live table, slot numbers are only compared, and no element segment is needed.
        if !functions.is_empty() && !self.numbers.tables.is_empty() {
            section.active(None, &ConstExpr::i32_const(1), Elements::Functions(functions.into()));
        }
        Ok(())
    }

    fn items(&mut self, items: &ElementItems<'_>) -> Result<Elements<'static>> {
        Ok(match items {
            ElementItems::Functions(functions) => {
                let mut new = Vec::new();
                for function in functions.clone() {
                    new.push(self.numbers.function_index(function?)?);
                }
                Elements::Functions(new.into())
            }
            ElementItems::Expressions(ty, expressions) => {
                let ty: RefType = self.numbers.ref_type(*ty)?;
                let mut new = Vec::new();
                for expression in expressions.clone() {
                    new.push(self.numbers.const_expr(expression?)?);
                }
                Elements::Expressions(ty, new.into())
            }
        })
    }

    fn data(&mut self) -> Result<DataSection> {
        let mut section = DataSection::new();
        let kept: Vec<u32> = self.numbers.data.keys().copied().collect();
        for old in kept {
            let Some(data) = self.module.data.get(old as usize) else { continue };
            match &data.kind {
                DataKind::Active { memory_index, offset_expr } if self.live.memories.contains(memory_index) => {
                    let offset = self.numbers.const_expr(offset_expr.clone())?;
                    section.active(0, &offset, data.data.iter().copied());
                }
                // Code refers to the segment, but its memory is dropped: after instantiation, an active segment is
                // empty.
                DataKind::Active { .. } => {
                    section.passive([]);
                }
                DataKind::Passive => {
                    section.passive(data.data.iter().copied());
                }
            }
        }
        if self.plan.own.is_some() {
            for run in isolated::runs(self.module, self.units, self.live, self.plan) {
                section.active(0, &ConstExpr::i32_const(run.address.cast_signed()), run.bytes);
            }
        }
        if let (Some(_), Some(region)) = (self.numbers.wiring.segment, &self.plan.region) {
            section.passive(contents::bytes(self.module, self.units, self.live, self.plan, &region.layout));
        }
        Ok(section)
    }

    fn code(&mut self) -> Result<(CodeSection, Offsets)> {
        let mut section = CodeSection::new();
        let mut moved = Vec::new();
        // The function count precedes the bodies.
        let more = self.numbers.generated.len() + self.balanced().len();
        let head = offsets::leb128_len(self.numbers.own.len() + more);
        let exported: BTreeSet<u32> = self.exports.iter().map(|export| export.index).collect();
        let nowhere = Layout::default();
        let region = self.plan.region.as_ref();
        let layout = region.map_or(&nowhere, |region| &region.layout);
        for old in self.numbers.own.clone() {
            let Some(function) = self.module.functions.get(old as usize) else { continue };
            let Some(body) = function.own() else { continue };
            let ty = self.module.signature(old).map_err(reencode::Error::UserError)?;
            let mut writer = Writer {
                linking: &self.module.linking,
                units: self.units,
                layout,
                numbers: &mut self.numbers,
                moves: self.plan.form == Form::Shared,
                pieces: (self.debug && !self.module.debug.is_empty()).then(Vec::new),
            };
            let about = About {
                parameters: ty.params().len(),
                exported: exported.contains(&old),
                touched: self.live.touched.get(old as usize).map_or(&[], Vec::as_slice),
                stores: self.live.stores.get(&old).filter(|_| self.plan.form == Form::Shared),
            };
            let function = writer.body(body, &about)?;
            let pieces = writer.pieces.unwrap_or_default();
            section.function(&function);
            let new = (function.byte_len(), head + section.byte_len());
            moved.push(MovedFunction::of(old, body.range(), new, pieces, self.module.linking.code_start()));
        }
        let way = region.map_or(AllocationPoint::Instantiation, |region| region.way);
        let wiring = &self.numbers.wiring;
        let guard = self.numbers.guard(self.plan);
        for (generated, _) in &self.numbers.generated {
            section.function(&match generated {
                Generated::Grow => region::realloc_by_grow(self.plan.page),
                Generated::Place => {
                    let fresh = way == AllocationPoint::Instantiation;
                    let fixups = contents::fixups(self.module, self.units, self.live, self.plan, layout);
                    region::place(layout, wiring, &fixups, fresh)
                }
                Generated::Enter => region::enter(way, layout, wiring),
                Generated::Start => region::start(layout, wiring),
                Generated::Copy => access::copy(),
                Generated::Size => access::size(self.plan.page),
                Generated::StackOverflow | Generated::StackUnbalanced => stack::overflow(),
                Generated::WatchedWrite | Generated::WatchedStore => watch::unwatched(),
                Generated::SetStackPointer => {
                    let guard = guard.as_ref().expect("the stack pointer is set by a function if the stack is guarded");
                    stack::set(guard, wiring.stack_lowest)
                }
            });
        }
        let measure = self.numbers.measure(self.plan);
        if let Some([pointer, unbalanced, _]) = self.numbers.balance(self.plan) {
            for export in self.exports {
                let ty = self.module.signature(export.index).map_err(reencode::Error::UserError)?;
                let parameters = ty.params().len() as u32;
                let function = self.numbers.function_index(export.index)?;
                let measure = measure.as_ref().filter(|_| !names::may_not_leave(export.name));
                section.function(&stack::balanced(parameters, function, pointer, unbalanced, measure));
            }
        }
        Ok((section, Offsets::new(moved)))
    }

    fn names(&self) -> NameSection {
        let mut section = NameSection::new();
        section.module(self.name);
        section.functions(&self.function_names());
        let mut locals = IndirectNameMap::new();
        let imported = self.numbers.imports.len() as u32;
        for (new, old) in (imported..).zip(&self.numbers.own) {
            if let Some(names) = self.module.names.locals.get(old) {
                let mut map = NameMap::new();
                names.iter().for_each(|(index, name)| map.append(*index, name));
                locals.append(new, &map);
            }
        }
        section.locals(&locals);
        let mut globals = NameMap::new();
        for (old, new) in &self.numbers.globals {
            if let Some(name) = self.module.names.globals.get(old) {
                globals.append(*new, name);
            }
        }
        let first = self.numbers.globals.len() as u32;
        for new in first..first + self.numbers.new_globals {
            let wiring = &self.numbers.wiring;
            let name = match Some(new) {
                new if new == wiring.data_start => "polyfill.data_start",
                new if new == wiring.stack_low => "polyfill.stack_low",
                new if new == wiring.stack_lowest => "polyfill.stack_lowest",
                _ => "polyfill.region_state",
            };
            globals.append(new, name);
        }
        section.globals(&globals);
        section
    }

    fn function_names(&self) -> NameMap {
        let names = &self.module.names.functions;
        let mut map = NameMap::new();
        // If several imports were merged, the name of the first is used.
        let imported = self.numbers.functions.iter().rev().map(|(old, new)| (*new, *old));
        let imported: BTreeMap<u32, u32> = imported.collect();
        for (new, (module, name)) in (0..).zip(self.numbers.imports.keys()) {
            match imported.get(&new).and_then(|old| names.get(old)) {
                Some(name) => map.append(new, name),
                None => map.append(new, &format!("{module}#{name}")),
            }
        }
        let mut next = self.numbers.imports.len() as u32;
        for old in &self.numbers.own {
            if let Some(name) = names.get(old) {
                map.append(next, name);
            }
            next += 1;
        }
        for (generated, _) in &self.numbers.generated {
            map.append(next, generated.name());
            next += 1;
        }
        for export in self.balanced() {
            map.append(next, export.name);
            next += 1;
        }
        map
    }
}

fn nonempty(out: &mut wasm_encoder::Module, empty: bool, section: &impl wasm_encoder::Section) {
    if !empty {
        out.section(section);
    }
}
