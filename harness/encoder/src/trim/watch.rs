//! Watchpoints: instruments a finished adapter to report each write to given bytes of main's memory before it happens.
//!
//! The finished adapter already contains an import for reports and a function that does nothing, so that no index
//! changes. The function is called before each instruction that writes, and checks whether the write overlaps a watched
//! range. In a shared adapter, all stores are instrumented; in an isolated one, the calls that copy to main's memory.

use std::ops::Range;

use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, CodeSection, CustomSection, Function, RawSection, SectionId, ValType};
use wasmparser::{FunctionBody, Operator, OperatorsReader, Parser, Payload};

use crate::names::{MAIN_MEMORY, MainMemoryOp, REPORTS};

use super::body::{Operand, stored};
use super::dwarf::{self, Moves};
use super::error::Problem;
use super::module::Module;
use super::numbers::Generated;
use super::offsets::{self, MovedFunction, Offsets, Piece};

/// Name of the import that reports writes.
pub(super) const WRITES: &str = "writes";

type Result<T> = std::result::Result<T, Error<Problem>>;

/// Generates `(address, offset, length)`: the placeholder of [`looks`] in an adapter that is not watched.
pub(super) fn unwatched() -> Function {
    let mut function = Function::new([]);
    function.instructions().end();
    function
}

/// Instruments an adapter to report its writes to the given ranges of main's memory. Returns `None` if it was encoded
/// without support for that.
///
/// # Errors
///
/// Returns an error if the adapter cannot be parsed or re-encoded.
pub(crate) fn watch(wasm: &[u8], ranges: &[Range<u32>]) -> std::result::Result<Option<Vec<u8>>, Problem> {
    let module = Module::read(wasm, false)?;
    let Some(watch) = Watch::of(&module) else { return Ok(None) };
    watch.rewritten(wasm, ranges).map(Some).map_err(Problem::reencode)
}

/// An adapter that supports watchpoints.
struct Watch<'m, 'a> {
    module: &'m Module<'a>,
    /// Import that reports writes.
    writes: u32,
    /// Function that checks writes.
    looks: u32,
    /// Import that copies to main's memory, in an isolated adapter. If `None`, all instructions that store are checked.
    store: Option<u32>,
}

/// An instruction that writes to memory.
#[derive(Clone, Copy)]
enum Write {
    /// Operands: an address and a value.
    Store { operand: Operand, offset: u32, length: u32 },
    /// Operands: an address, another operand and a length.
    Bulk,
}

impl<'m, 'a> Watch<'m, 'a> {
    fn of(module: &'m Module<'a>) -> Option<Watch<'m, 'a>> {
        let imported = |wanted: (&str, &str)| {
            let is_it = |import: &wasmparser::Import<'_>| (import.module, import.name) == wanted;
            let number = module.imports.iter().position(is_it)?;
            let index = module.functions.iter().position(|function| function.import() == Some(number))?;
            u32::try_from(index).ok()
        };
        let named = |generated: Generated| {
            let mut names = module.names.functions.iter();
            names.find(|(_, name)| **name == generated.name()).map(|(index, _)| *index)
        };
        let writes = imported((REPORTS, WRITES))?;
        if let Some(looks) = named(Generated::WatchedWrite) {
            return Some(Watch { module, writes, looks, store: None });
        }
        let (looks, store) = (named(Generated::WatchedStore)?, imported((MAIN_MEMORY, MainMemoryOp::Store.field()))?);
        Some(Watch { module, writes, looks, store: Some(store) })
    }

    fn rewritten(&self, wasm: &'a [u8], ranges: &[Range<u32>]) -> Result<Vec<u8>> {
        let (code, offsets) = self.code(ranges)?;
        let mut out = wasm_encoder::Module::new();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            let is_debug = matches!(&payload, Payload::CustomSection(custom) if custom.name().starts_with(".debug_"));
            match payload.as_section() {
                Some((id, _)) if id == SectionId::Code as u8 => drop(out.section(&code)),
                Some((id, range)) if !is_debug => {
                    let data = &wasm[range.start as usize..range.end as usize];
                    out.section(&RawSection { id, data });
                }
                _ => {}
            }
        }
        let globals = (0..self.module.globals.len() as u32).map(|global| (global, global)).collect();
        let (sections, _) = dwarf::rewrite(&self.module.debug, Moves { code: &offsets, globals: &globals });
        for (name, data) in sections {
            out.section(&CustomSection { name: name.into(), data: data.into() });
        }
        Ok(out.finish())
    }

    fn code(&self, ranges: &[Range<u32>]) -> Result<(CodeSection, Offsets)> {
        let mut section = CodeSection::new();
        let mut moved = Vec::new();
        let own = self.module.functions.iter().filter(|function| function.own().is_some()).count();
        let head = offsets::leb128_len(own);
        for (index, item) in (0..).zip(&self.module.functions) {
            let Some(body) = item.own() else { continue };
            let (function, pieces) = if index == self.looks {
                (looks(ranges, self.writes), Vec::new())
            } else {
                let ty = self.module.signature(index).map_err(Error::UserError)?;
                self.body(body, ty.params().len() as u32)?
            };
            section.function(&function);
            let new = (function.byte_len(), head + section.byte_len());
            moved.push(MovedFunction::of(index, body.range(), new, pieces, self.module.linking.code_start()));
        }
        Ok((section, Offsets::new(moved)))
    }

    /// Instruments a body: inserts a check before each write.
    fn body(&self, body: &FunctionBody<'a>, parameters: u32) -> Result<(Function, Vec<Piece>)> {
        let writes = self.writes_of(body)?;
        let mut locals = Vec::new();
        let mut next = parameters;
        for pair in body.get_locals_reader()? {
            let (count, ty) = pair?;
            locals.push((count, RoundtripReencoder.val_type(ty).map_err(|error| Error::UserError(own(error)))?));
            next += count;
        }
        // Scratch locals: an address, an i32 value and a length, and one for each further value type.
        let [address, value, length] = [next, next + 1, next + 2];
        let mut values = vec![(Operand::I32, value)];
        if !writes.is_empty() {
            locals.push((3, ValType::I32));
            next += 3;
        }
        for (_, write) in &writes {
            if let Write::Store { operand, .. } = write
                && !values.iter().any(|(known, _)| known == operand)
            {
                locals.push((1, operand.ty()));
                values.push((*operand, next));
                next += 1;
            }
        }
        let mut out = Function::new(locals);
        let (code, start) = (body.as_bytes(), body.range().start);
        let mut pieces = Vec::new();
        let mut copy = |out: &mut Function, run: Range<usize>| {
            if let Some(bytes @ [_, ..]) = code.get(run.clone()) {
                pieces.push(Piece { from: start + run.start as u64, to: out.byte_len(), copied: true });
                out.raw(bytes.iter().copied());
            }
        };
        let mut at = (body.get_binary_reader_for_operators()?.original_position() - start) as usize;
        for (instruction, write) in &writes {
            copy(&mut out, at..instruction.start);
            let mut look = out.instructions();
            match *write {
                Write::Store { operand, offset, length } => {
                    let (_, value) =
                        *values.iter().find(|(known, _)| *known == operand).expect("a local for each type");
                    look.local_set(value).local_tee(address);
                    look.i32_const(offset.cast_signed()).i32_const(length.cast_signed()).call(self.looks);
                    look.local_get(address).local_get(value);
                }
                Write::Bulk => {
                    look.local_set(length).local_set(value).local_tee(address);
                    look.i32_const(0).local_get(length).call(self.looks);
                    look.local_get(address).local_get(value).local_get(length);
                }
            }
            copy(&mut out, instruction.clone());
            at = instruction.end;
        }
        copy(&mut out, at..code.len());
        Ok((out, pieces))
    }

    /// Finds the instructions of a body that write, as ranges in the body.
    fn writes_of(&self, body: &FunctionBody<'a>) -> Result<Vec<(Range<usize>, Write)>> {
        let start = body.range().start;
        let mut reader = OperatorsReader::new(body.get_binary_reader_for_operators()?);
        let mut writes = Vec::new();
        while !reader.eof() {
            let from = reader.original_position();
            let operator = reader.read()?;
            let write = match self.store {
                None => write(&operator),
                Some(store) => match operator {
                    Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                        (function_index == store).then_some(Write::Bulk)
                    }
                    _ => None,
                },
            };
            let range = (from - start) as usize..(reader.original_position() - start) as usize;
            writes.extend(write.map(|write| (range, write)));
        }
        Ok(writes)
    }
}

/// Classifies an instruction that writes to memory.
fn write(operator: &Operator<'_>) -> Option<Write> {
    use Operator::*;
    let (length, memarg) = match operator {
        MemoryFill { .. } | MemoryCopy { .. } | MemoryInit { .. } => return Some(Write::Bulk),
        I32Store8 { memarg } | I64Store8 { memarg } | V128Store8Lane { memarg, .. } => (1, memarg),
        I32Store16 { memarg } | I64Store16 { memarg } | V128Store16Lane { memarg, .. } => (2, memarg),
        I32Store { memarg } | F32Store { memarg } | I64Store32 { memarg } | V128Store32Lane { memarg, .. } => {
            (4, memarg)
        }
        I64Store { memarg } | F64Store { memarg } | V128Store64Lane { memarg, .. } => (8, memarg),
        V128Store { memarg } => (16, memarg),
        _ => return None,
    };
    // A larger offset is outside of a 32-bit memory, so nothing is written.
    let offset = u32::try_from(memarg.offset).ok()?;
    Some(Write::Store { operand: stored(operator)?, offset, length })
}

/// Generates `(address, offset, length)`: reports a write that overlaps one of the ranges.
fn looks(ranges: &[Range<u32>], writes: u32) -> Function {
    const ADDRESS: u32 = 0;
    const OFFSET: u32 = 1;
    const LENGTH: u32 = 2;
    const START: u32 = 3;
    let mut function = Function::new([(1, ValType::I64)]);
    let mut code = function.instructions();
    code.local_get(ADDRESS).i64_extend_i32_u().local_get(OFFSET).i64_extend_i32_u().i64_add().local_set(START);
    code.i32_const(0);
    for range in ranges {
        code.local_get(START).i64_const(range.end.into()).i64_lt_u();
        code.local_get(START).local_get(LENGTH).i64_extend_i32_u().i64_add().i64_const(range.start.into()).i64_gt_u();
        code.i32_and().i32_or();
    }
    code.local_get(LENGTH).i32_const(0).i32_ne().i32_and();
    code.if_(BlockType::Empty);
    code.local_get(ADDRESS).local_get(OFFSET).i32_add().local_get(LENGTH).call(writes);
    code.end().end();
    function
}

/// Converts an error of the identity re-encoder.
fn own(error: Error) -> Problem {
    Problem::Invalid { offset: 0, message: error.to_string() }
}
