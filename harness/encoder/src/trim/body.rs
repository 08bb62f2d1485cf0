//! Encodes function bodies: remaps indices, and makes addresses of static data relative to its run-time location.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use wasm_encoder::reencode::Reencode;
use wasm_encoder::{Function, Instruction, ValType};
use wasmparser::{BinaryReader, FunctionBody, Operator, OperatorsReader};

use super::data::{self, Units};
use super::error::Problem;
use super::layout::{Layout, Placed};
use super::linking::{Linking, Relocation};
use super::numbers::Numbers;
use super::offsets::Piece;
use super::table;

/// Encoder of function bodies.
pub(super) struct Writer<'w, 'a> {
    pub linking: &'w Linking<'a>,
    pub units: &'w Units<'a>,
    pub layout: &'w Layout,
    pub numbers: &'w mut Numbers,
    /// Set when static data moves. Table slots can be renumbered in either case.
    pub moves: bool,
    /// Mapping from old to new code offsets, if it is requested.
    pub pieces: Option<Vec<Piece>>,
}

/// Properties of a function that its body does not contain.
pub(super) struct About<'w> {
    pub parameters: usize,
    pub exported: bool,
    /// Ranges of the instructions that must be re-encoded: offsets in the body.
    pub touched: &'w [Range<u32>],
    /// Types of the values that the function stores at addresses that move.
    pub stores: Option<&'w BTreeSet<Operand>>,
}

type Result<T> = std::result::Result<T, wasm_encoder::reencode::Error<Problem>>;

/// A function body under construction.
struct Body {
    function: Function,
    /// Locals that hold the value of a store while its address is computed.
    scratch: BTreeMap<Operand, u32>,
}

impl<'a> Writer<'_, 'a> {
    /// Encodes the body of a function. An exported function first calls the function that allocates the region.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is malformed, or if a relocation does not match it.
    pub fn body(&mut self, body: &FunctionBody<'a>, of: &About<'_>) -> Result<Function> {
        let mut out = self.head(body, of)?;
        if let Some(enter) = self.numbers.enter.filter(|_| of.exported) {
            out.function.instruction(&Instruction::Call(enter));
        }
        let (code, start) = (body.as_bytes(), body.range().start);
        let mut relocations = self.linking.code_from(start);
        let mut at = (body.get_binary_reader_for_operators()?.original_position() - start) as usize;
        for Range { start: from, end } in of.touched.iter().map(|r| r.start as usize..r.end as usize) {
            self.copy(&mut out, code, start, at..from);
            self.note(start + from as u64, &out, false);
            let reader = BinaryReader::new(&code[from..end], start + from as u64);
            let operator = OperatorsReader::new(reader).read()?;
            self.operator(&mut out, operator, relocations.until(start + end as u64))?;
            at = end;
        }
        self.copy(&mut out, code, start, at..code.len());
        Ok(out.function)
    }

    /// Copies instructions unchanged.
    fn copy(&mut self, out: &mut Body, code: &[u8], start: u64, run: Range<usize>) {
        let from = start + run.start as u64;
        if let Some(run @ [_, ..]) = code.get(run) {
            self.note(from, out, true);
            out.function.raw(run.iter().copied());
        }
    }

    /// Records the origin of the next piece of code.
    fn note(&mut self, from: u64, out: &Body, copied: bool) {
        if let Some(pieces) = &mut self.pieces {
            pieces.push(Piece { from, to: out.function.byte_len(), copied });
        }
    }

    fn operator(&mut self, out: &mut Body, operator: Operator<'a>, within: &[Relocation]) -> Result<()> {
        if let Some(relocation) = within.iter().find(|relocation| self.changes(relocation)) {
            return self.relocated(out, operator, relocation);
        }
        match (&operator, self.numbers.guarded) {
            (Operator::GlobalSet { global_index }, Some((pointer, set))) if *global_index == pointer => {
                out.function.instruction(&Instruction::Call(set));
            }
            _ => {
                out.function.instruction(&self.numbers.instruction(operator)?);
            }
        }
        Ok(())
    }

    /// Returns true if a relocation requires more than index remapping.
    fn changes(&self, relocation: &Relocation) -> bool {
        let kind = relocation.entry.ty;
        !data::is_index(kind) && (self.moves || data::is_slot(kind))
    }

    /// Encodes the locals of a body, followed by scratch locals if it stores to static data.
    fn head(&mut self, body: &FunctionBody<'a>, of: &About<'_>) -> Result<Body> {
        let mut locals = Vec::new();
        let mut next = of.parameters as u32;
        for pair in body.get_locals_reader()? {
            let (count, ty) = pair?;
            locals.push((count, self.numbers.val_type(ty)?));
            next += count;
        }
        let mut scratch = BTreeMap::new();
        for operand in of.stores.into_iter().flatten() {
            locals.push((1, operand.ty()));
            scratch.insert(*operand, next);
            next += 1;
        }
        Ok(Body { function: Function::new(locals), scratch })
    }

    fn relocated(&mut self, out: &mut Body, operator: Operator<'a>, relocation: &Relocation) -> Result<()> {
        if let Operator::I32Const { value } = operator {
            let value = self.constant(relocation, value.cast_unsigned())?;
            push(&mut out.function, value, self.numbers.wiring.data_start);
            return Ok(());
        }
        let unmoved = self.numbers.instruction(operator.clone())?;
        let offset = self.numbers.last_offset.expect("only a 32-bit constant or offset has a relocation");
        let target = self.resolve(relocation, offset)?;
        let Placed::Data(distance) = self.layout.place(target) else {
            out.function.instruction(&unmoved);
            return Ok(());
        };
        let scratch = stored(&operator).and_then(|operand| out.scratch.get(&operand).copied());
        let function = &mut out.function;
        if let Some(local) = scratch {
            function.instruction(&Instruction::LocalSet(local));
        }
        // Offsets are unsigned: a negative distance from the data start is added to the address.
        let base = distance.min(0);
        push(function, Placed::Data(base), self.numbers.wiring.data_start);
        function.instruction(&Instruction::I32Add);
        if let Some(local) = scratch {
            function.instruction(&Instruction::LocalGet(local));
        }
        self.numbers.offset = Some(distance.wrapping_sub(base).cast_unsigned());
        let instruction = self.numbers.instruction(operator);
        self.numbers.offset = None;
        function.instruction(&instruction?);
        Ok(())
    }

    fn constant(&self, relocation: &Relocation, value: u32) -> Result<Placed> {
        if data::is_slot(relocation.entry.ty) {
            return Ok(Placed::Absolute(table::new_slot(self.numbers.slots.as_ref(), value)));
        }
        Ok(self.layout.place(self.resolve(relocation, value)?))
    }

    fn resolve(&self, relocation: &Relocation, value: u32) -> Result<data::Target> {
        self.units.resolve(&self.linking.symbols, relocation, value).map_err(wasm_encoder::reencode::Error::UserError)
    }
}

fn push(function: &mut Function, value: Placed, data_start: Option<u32>) {
    match value {
        Placed::Absolute(value) => {
            function.instruction(&Instruction::I32Const(value.cast_signed()));
        }
        Placed::Data(distance) => {
            let data_start = data_start.expect("a module with addresses of data has a global for its start");
            function.instruction(&Instruction::GlobalGet(data_start));
            if distance != 0 {
                function.instruction(&Instruction::I32Const(distance));
                function.instruction(&Instruction::I32Add);
            }
        }
    }
}

/// Value type of a stored operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operand {
    I32,
    I64,
    F32,
    F64,
    V128,
}

impl Operand {
    pub(super) fn ty(self) -> ValType {
        match self {
            Operand::I32 => ValType::I32,
            Operand::I64 => ValType::I64,
            Operand::F32 => ValType::F32,
            Operand::F64 => ValType::F64,
            Operand::V128 => ValType::V128,
        }
    }
}

/// Returns the type of the operand on top of the address, if the instruction has one.
pub(super) fn stored(operator: &Operator<'_>) -> Option<Operand> {
    use Operator::*;
    Some(match operator {
        I32Store { .. } | I32Store8 { .. } | I32Store16 { .. } => Operand::I32,
        I64Store { .. } | I64Store8 { .. } | I64Store16 { .. } | I64Store32 { .. } => Operand::I64,
        F32Store { .. } => Operand::F32,
        F64Store { .. } => Operand::F64,
        V128Store { .. }
        | V128Store8Lane { .. }
        | V128Store16Lane { .. }
        | V128Store32Lane { .. }
        | V128Store64Lane { .. }
        | V128Load8Lane { .. }
        | V128Load16Lane { .. }
        | V128Load32Lane { .. }
        | V128Load64Lane { .. } => Operand::V128,
        _ => return None,
    })
}

/// Returns true for instructions whose only operand is an address.
fn is_load(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        I32Load { .. }
            | I64Load { .. }
            | F32Load { .. }
            | F64Load { .. }
            | I32Load8S { .. }
            | I32Load8U { .. }
            | I32Load16S { .. }
            | I32Load16U { .. }
            | I64Load8S { .. }
            | I64Load8U { .. }
            | I64Load16S { .. }
            | I64Load16U { .. }
            | I64Load32S { .. }
            | I64Load32U { .. }
            | V128Load { .. }
            | V128Load8x8S { .. }
            | V128Load8x8U { .. }
            | V128Load16x4S { .. }
            | V128Load16x4U { .. }
            | V128Load32x2S { .. }
            | V128Load32x2U { .. }
            | V128Load8Splat { .. }
            | V128Load16Splat { .. }
            | V128Load32Splat { .. }
            | V128Load64Splat { .. }
            | V128Load32Zero { .. }
            | V128Load64Zero { .. }
    )
}

/// Returns true if the address in the operator's memory operand can be relocated.
pub(super) fn is_movable(operator: &Operator<'_>) -> bool {
    is_load(operator) || stored(operator).is_some()
}
