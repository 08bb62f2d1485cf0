//! Reachability: a worklist from the requested exports through code, data and relocations.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use wasm_encoder::reencode::{Error, Reencode};
use wasmparser::{
    BinaryReader, DataKind, ElementItems, ElementKind, Export, ExternalKind, FuncValidatorAllocations, FunctionBody,
    MemArg, Operator, OperatorsReader, OperatorsReaderAllocations, RelocationType, SymbolInfo, ValType,
};

use super::body::{self, Operand};
use super::data::{self, Target, Units};
use super::error::Problem;
use super::form::Form;
use super::linking::{Cursor, Relocation};
use super::module::Module;
use super::plain::plain;
use super::table::Slots;
use super::why::{FirstUse, FirstUses};

/// Reachable items, as indices of the original module.
#[derive(Default)]
pub(super) struct Live {
    pub types: BTreeSet<u32>,
    pub functions: BTreeSet<u32>,
    pub globals: BTreeSet<u32>,
    pub tables: BTreeSet<u32>,
    pub memories: BTreeSet<u32>,
    pub tags: BTreeSet<u32>,
    /// Element segments that code refers to.
    pub elements: BTreeSet<u32>,
    /// Data segments that code refers to.
    pub data: BTreeSet<u32>,
    /// Functions that `ref.func` refers to.
    pub references: BTreeSet<u32>,
    /// Globals that code reads.
    pub read: BTreeSet<u32>,
    /// Globals that code writes.
    pub written: BTreeSet<u32>,
    /// For each function, the types of the values that it stores at addresses that move.
    pub stores: BTreeMap<u32, BTreeSet<Operand>>,
    /// For each function, the ranges in its body of the instructions that are not [`plain`]. All others are copied.
    pub touched: Vec<Vec<Range<u32>>>,
    /// Chunks of static data.
    pub units: BTreeSet<usize>,
    /// Slots of the function table whose numbers occur in code and data.
    pub slots: BTreeSet<u32>,
    /// Set if a table is used in ways that can reach other slots.
    pub whole_tables: bool,
    /// Set if code or data contains addresses within the region.
    pub addresses: bool,
    /// Set if code contains constants that may be addresses of data that cannot move.
    pub fixed_addresses: bool,
    /// First reference to each function and data chunk.
    pub whys: FirstUses,
    /// Exports that imports also require, with the index of the import.
    pub also: Vec<(usize, Option<&'static str>)>,
}

/// Parameters of the search, besides the module.
pub(super) struct Asked<'r> {
    pub form: Form,
    /// See [`super::Request::also`].
    pub also: &'r dyn Fn(usize) -> Option<&'static str>,
    /// Set when bodies are validated.
    pub validate: bool,
}

/// Finds everything that is reachable from `exports`, and returns all problems.
pub(super) fn find(
    module: &Module<'_>,
    units: &Units<'_>,
    slots: &Slots,
    exports: &[&Export<'_>],
    asked: Asked<'_>,
) -> (Live, Vec<Problem>) {
    let mut search = Search {
        module,
        asked: &asked,
        units,
        slots,
        live: Live { touched: vec![Vec::new(); module.functions.len()], ..Live::default() },
        functions: VecDeque::new(),
        why: FirstUse::Export,
        fixed: if module.linking.relocatable { Vec::new() } else { data::fixed_ranges(module) },
        allocations: FuncValidatorAllocations::default(),
        frames: OperatorsReaderAllocations::default(),
        problems: Vec::new(),
        offset: None,
    };
    for export in exports {
        if matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact) {
            search.function(export.index);
        }
    }
    if let Some(start) = module.start {
        search.why = FirstUse::Start;
        search.function(start);
    }
    search.run();
    if asked.form == Form::Isolated {
        search.own_memory();
        search.run();
    }
    (search.live, search.problems)
}

struct Search<'m, 'a> {
    module: &'m Module<'a>,
    asked: &'m Asked<'m>,
    units: &'m Units<'a>,
    slots: &'m Slots,
    live: Live,
    /// Functions that are reachable but not yet visited.
    functions: VecDeque<u32>,
    /// Reason recorded for the items that are currently found.
    why: FirstUse,
    /// Address ranges of data that cannot be moved.
    fixed: Vec<Range<u64>>,
    /// Allocations of the body validator, reused for each body.
    allocations: FuncValidatorAllocations,
    /// Allocations of the operator reader, reused for each instruction.
    frames: OperatorsReaderAllocations,
    problems: Vec<Problem>,
    /// Offset of the last memory operand.
    offset: Option<u32>,
}

type Found = Result<(), Error<Problem>>;

impl<'a> Search<'_, 'a> {
    fn run(&mut self) {
        // Breadth-first, so that the recorded chain to an export is a shortest one.
        while let Some(function) = self.functions.pop_front() {
            match self.look_into(function) {
                Ok(()) => {}
                // The body is valid, so a relocation splits an instruction at the wrong offset.
                Err(Error::ParseError(error)) if self.asked.validate && self.module.linking.relocatable => {
                    let what = "a relocation outside of an operand";
                    self.problems.push(Problem::StaleRelocations { offset: error.offset(), what });
                }
                Err(error) => self.problems.push(Problem::reencode(error)),
            }
        }
    }

    fn look_into(&mut self, function: u32) -> Found {
        let module = self.module;
        let Some(item) = module.functions.get(function as usize) else { return Ok(()) };
        self.type_index(item.ty)?;
        let Some(body) = item.own() else { return Ok(()) };
        if self.asked.validate
            && let Err(problem) = module.validate_body(function, &mut self.allocations)
        {
            self.problems.push(problem);
            return Ok(());
        }
        self.body(function, body)
    }

    fn body(&mut self, function: u32, body: &FunctionBody<'a>) -> Found {
        for local in body.get_locals_reader()? {
            self.val_type(local?.1)?;
        }
        let (code, start) = (body.as_bytes(), body.range().start);
        let mut relocations = self.module.linking.code_from(start);
        let mut at = (body.get_binary_reader_for_operators()?.original_position() - start) as usize;
        let mut touched = Vec::new();
        let mut memory = false;
        while at < code.len() {
            let skipped = plain(code, at).filter(|plain| {
                let may_point = plain.constant && !self.fixed.is_empty();
                !may_point && !relocations.next_before(start + plain.end as u64)
            });
            if let Some(plain) = skipped {
                memory |= plain.memory;
                at = plain.end;
                continue;
            }
            let from = at;
            at = self.operator(function, &code[from..], start + from as u64, &mut relocations)?;
            at += from;
            touched.push(from as u32..at as u32);
        }
        if memory {
            self.memory_index(0)?;
        }
        if let Some(place) = self.live.touched.get_mut(function as usize) {
            *place = touched;
        }
        Ok(())
    }

    /// Visits the first instruction of `code`, at offset `from` of the module. Returns its length in bytes.
    fn operator(
        &mut self,
        function: u32,
        code: &'a [u8],
        from: u64,
        relocations: &mut Cursor<'_>,
    ) -> Result<usize, Error<Problem>> {
        let reader = BinaryReader::new(code, from);
        let mut reader = OperatorsReader::new_with_allocs(reader, std::mem::take(&mut self.frames));
        let operator = reader.read()?;
        let end = reader.original_position();
        self.frames = reader.into_allocations();
        self.special(&operator);
        self.why = match operator {
            Operator::RefFunc { .. } => FirstUse::Address(function),
            _ => FirstUse::Call(function),
        };
        let constant = match operator {
            Operator::I32Const { value } => Some(value.cast_unsigned()),
            _ => None,
        };
        let may_point_at = |range: &Range<u64>| constant.is_some_and(|value| range.contains(&u64::from(value)));
        self.live.fixed_addresses |= self.fixed.iter().any(may_point_at);
        let movable = body::is_movable(&operator);
        let stored = body::stored(&operator);
        self.offset = None;
        self.instruction(operator)?;
        self.why = FirstUse::Address(function);
        for relocation in relocations.until(end) {
            // The position is among the locals or at an opcode.
            if relocation.position <= from {
                let what = "a relocation outside of an operand";
                let offset = relocation.position;
                self.problems.push(Problem::StaleRelocations { offset, what });
                continue;
            }
            let operand = match relocation.entry.ty {
                RelocationType::MemoryAddrLeb => {
                    self.live.stores.entry(function).or_default().extend(stored);
                    self.offset.filter(|_| movable)
                }
                _ => constant,
            };
            self.relocation(relocation, operand);
        }
        Ok((end - from) as usize)
    }

    /// Records properties of an operator other than the indices in it.
    fn special(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::GlobalGet { global_index } => {
                self.live.read.insert(*global_index);
            }
            Operator::GlobalSet { global_index } => {
                self.live.written.insert(*global_index);
            }
            Operator::RefFunc { function_index } => {
                self.live.references.insert(*function_index);
            }
            Operator::TableGet { .. }
            | Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableSize { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. } => self.whole_tables(),
            _ => {}
        }
    }

    fn relocation(&mut self, relocation: &Relocation, operand: Option<u32>) {
        let kind = relocation.entry.ty;
        let stale = |what| Problem::StaleRelocations { offset: relocation.position, what };
        let result = if data::is_index(kind) {
            Ok(())
        } else if !data::is_memory_address(kind) && !data::is_slot(kind) {
            let kind = format!("{kind:?}");
            Err(Problem::Relocation { kind, offset: relocation.position })
        } else if let Some(operand) = operand {
            self.value(relocation, operand)
        } else {
            Err(stale("a relocation of an address or table index in an instruction without a relocatable operand"))
        };
        if let Err(problem) = result {
            self.problems.push(problem);
        }
    }

    /// Visits a relocated value in code or data.
    fn value(&mut self, relocation: &Relocation, value: u32) -> Result<(), Problem> {
        let symbols = &self.module.linking.symbols;
        if data::is_slot(relocation.entry.ty) {
            return self.slot(relocation, value);
        }
        match self.units.resolve(symbols, relocation, value)? {
            Target::Absolute(_) => {}
            Target::Landmark { .. } => self.live.addresses = true,
            Target::Unit { unit, .. } => {
                self.live.addresses = true;
                self.unit(unit);
            }
        }
        Ok(())
    }

    fn slot(&mut self, relocation: &Relocation, slot: u32) -> Result<(), Problem> {
        if self.slots.table().is_none() {
            // Slots keep their numbers, and the contents of all called tables are kept.
            return Ok(());
        }
        let symbol = self.module.linking.symbols.get(relocation.entry.index as usize);
        let expected = match symbol {
            // An undefined weak function, whose address is null.
            _ if slot == 0 => None,
            Some(SymbolInfo::Func { index, .. }) => Some(*index),
            _ => None,
        };
        if slot != 0 && (expected.is_none() || self.slots.function(slot) != expected) {
            let what = "a table index that differs from its symbol's";
            return Err(Problem::StaleRelocations { offset: relocation.position, what });
        }
        if let Some(function) = expected {
            self.live.slots.insert(slot);
            self.function(function);
        }
        Ok(())
    }

    /// Marks a data chunk, and everything that its contents refer to.
    fn unit(&mut self, unit: usize) {
        let outer = self.why;
        let mut pending = vec![(unit, outer)];
        while let Some((unit, why)) = pending.pop() {
            if !self.live.units.insert(unit) {
                continue;
            }
            self.live.whys.units.insert(unit, why);
            self.why = FirstUse::Data(unit);
            let Some(unit) = self.units.units.get(unit) else { continue };
            let range = unit.position..unit.position + unit.bytes.len() as u64;
            for relocation in self.module.linking.data_within(range.clone()) {
                let offset = (relocation.position - range.start) as usize;
                let bytes = unit.bytes.get(offset..offset + 4);
                let Some(value) = bytes.and_then(|b| b.try_into().ok()).map(u32::from_le_bytes) else {
                    let what = "a relocation that crosses the end of its symbol";
                    let offset = relocation.position;
                    self.problems.push(Problem::StaleRelocations { offset, what });
                    continue;
                };
                let symbols = &self.module.linking.symbols;
                let kind = relocation.entry.ty;
                let found = match kind {
                    RelocationType::TableIndexI32 => self.slot(relocation, value),
                    RelocationType::MemoryAddrI32 => self.units.resolve(symbols, relocation, value).map(|target| {
                        self.live.addresses |= !matches!(target, Target::Absolute(_));
                        if let Target::Unit { unit, .. } = target {
                            pending.push((unit, self.why));
                        }
                    }),
                    _ => {
                        let kind = format!("{kind:?}");
                        Err(Problem::Relocation { kind, offset: relocation.position })
                    }
                };
                self.problems.extend(found.err());
            }
        }
        self.why = outer;
    }

    /// Marks the memory of an isolated adapter, and the offset expressions of its data segments.
    fn own_memory(&mut self) {
        let module = self.module;
        let gives = |index: &u32| {
            let function = module.functions.get(*index as usize);
            let imported = function.filter(|function| function.import().is_some());
            let ty = imported.and_then(|function| module.types.get(function.ty as usize));
            ty.is_some_and(|ty| ty.params().contains(&ValType::I32))
        };
        // Code that never loads or stores can still pass an address to an import.
        let used = self.live.addresses || self.live.fixed_addresses || self.live.functions.iter().any(gives);
        if self.live.memories.is_empty() && used && !module.memories.is_empty() {
            self.live.memories.insert(0);
        }
        if module.linking.relocatable {
            return;
        }
        for data in &module.data {
            let DataKind::Active { memory_index, offset_expr } = &data.kind else { continue };
            if self.live.memories.contains(memory_index) {
                let found = self.const_expr(offset_expr.clone()).map(drop);
                self.problems.extend(found.err().map(Problem::reencode));
            }
        }
    }

    fn function(&mut self, index: u32) {
        if self.live.functions.insert(index) {
            self.live.whys.functions.insert(index, self.why);
            self.functions.push_back(index);
            if let Some(import) = self.module.functions.get(index as usize).and_then(|function| function.import()) {
                self.import(import);
            }
        }
    }

    /// Records an import, and marks the export that it also requires.
    fn import(&mut self, import: usize) {
        let also = (self.asked.also)(import);
        self.live.also.push((import, also));
        if let Some(export) = also.and_then(|name| self.module.exports.get(name)) {
            let outer = std::mem::replace(&mut self.why, FirstUse::Export);
            self.function(export.index);
            self.why = outer;
        }
    }

    fn whole_tables(&mut self) {
        if !std::mem::replace(&mut self.live.whole_tables, true) {
            let tables: Vec<u32> = self.live.tables.iter().copied().collect();
            for table in tables {
                self.segments_of(table);
            }
        }
    }

    /// Marks all functions that active segments put into a table.
    fn segments_of(&mut self, table: u32) {
        let module = self.module;
        let outer = self.why;
        for (index, element) in (0..).zip(&module.elements) {
            let ElementKind::Active { table_index, offset_expr } = &element.kind else { continue };
            if table_index.unwrap_or(0) == table {
                self.why = FirstUse::Element(index);
                let found = self.const_expr(offset_expr.clone()).map(drop);
                let found = found.and_then(|()| self.items(&element.items));
                self.problems.extend(found.err().map(Problem::reencode));
            }
        }
        self.why = outer;
    }

    fn items(&mut self, items: &ElementItems<'a>) -> Found {
        match items {
            ElementItems::Functions(functions) => {
                for function in functions.clone() {
                    self.function(function?);
                }
            }
            ElementItems::Expressions(ty, expressions) => {
                self.ref_type(*ty)?;
                for expression in expressions.clone() {
                    self.const_expr(expression?)?;
                }
            }
        }
        Ok(())
    }
}

/// Collects indices by re-encoding instructions, which visits every index.
impl Reencode for Search<'_, '_> {
    type Error = Problem;

    fn function_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        self.function(index);
        Ok(index)
    }

    fn type_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        if self.live.types.insert(index)
            && let Some(ty) = self.module.types.get(index as usize)
        {
            self.func_type(ty.clone())?;
        }
        Ok(index)
    }

    fn global_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        if self.live.globals.insert(index)
            && let Some(global) = self.module.globals.get(index as usize)
        {
            self.val_type(global.ty.content_type)?;
            if let Some(value) = global.own() {
                let outer = std::mem::replace(&mut self.why, FirstUse::Global(index));
                self.const_expr(value.clone())?;
                self.why = outer;
            }
        }
        Ok(index)
    }

    fn table_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        if self.live.tables.insert(index)
            && let Some(table) = self.module.tables.get(index as usize)
        {
            self.ref_type(table.ty.element_type)?;
            if let Some(wasmparser::TableInit::Expr(value)) = table.own().map(|own| &own.init) {
                let outer = std::mem::replace(&mut self.why, FirstUse::Table(index));
                self.const_expr(value.clone())?;
                self.why = outer;
            }
            if !self.slots.exact(index) || self.live.whole_tables {
                self.segments_of(index);
            }
        }
        Ok(index)
    }

    fn memory_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        self.live.memories.insert(index);
        Ok(index)
    }

    fn tag_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        if self.live.tags.insert(index)
            && let Some(tag) = self.module.tags.get(index as usize)
        {
            self.type_index(tag.ty.func_type_idx)?;
        }
        Ok(index)
    }

    fn element_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        if self.live.elements.insert(index)
            && let Some(element) = self.module.elements.get(index as usize)
        {
            if let ElementKind::Active { table_index, offset_expr } = &element.kind {
                self.table_index(table_index.unwrap_or(0))?;
                self.const_expr(offset_expr.clone())?;
            }
            let outer = std::mem::replace(&mut self.why, FirstUse::Element(index));
            self.items(&element.items)?;
            self.why = outer;
        }
        Ok(index)
    }

    fn data_index(&mut self, index: u32) -> Result<u32, Error<Problem>> {
        self.live.data.insert(index);
        Ok(index)
    }

    fn mem_arg(&mut self, operand: MemArg) -> Result<wasm_encoder::MemArg, Error<Problem>> {
        self.offset = u32::try_from(operand.offset).ok();
        wasm_encoder::reencode::utils::mem_arg(self, operand)
    }
}

/// Assigns consecutive new indices to the live indices, in ascending order from `first`.
pub(super) fn renumber(live: &BTreeSet<u32>, first: u32) -> BTreeMap<u32, u32> {
    live.iter().copied().zip(first..).collect()
}
