//! Function bodies as instructions, with the operand stack at each point.

#![allow(clippy::single_range_in_vec_init, reason = "lists of ranges are meant")]

use std::iter;

use wasm_encoder::{Encode as _, Instruction};
use wasmparser::{FuncValidatorAllocations, FunctionBody, Operator, ValType, ValidPayload, Validator, WasmFeatures};

use super::reduce::ReduceError;

/// Body of a valid function.
pub(super) struct Body<'a> {
    /// Declarations of locals, encoded.
    locals: &'a [u8],
    points: Vec<Point<'a>>,
}

/// An instruction, and the state before it.
struct Point<'a> {
    bytes: &'a [u8],
    operator: Operator<'a>,
    /// Number of open blocks, including that of the function.
    depth: usize,
    /// Types of the operands; `None` for operands of unreachable code.
    stack: Vec<Option<ValType>>,
}

/// Maximum number of operands recorded for all points of a module. The stack can be as deep as its function is long,
/// so that a single function could exhaust memory.
const MOST_VALUES: usize = 4 << 20;

/// Returns all bodies of a module.
pub(super) fn bodies(module: &[u8]) -> Result<Vec<Body<'_>>, ReduceError> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut bodies = Vec::new();
    let mut budget = MOST_VALUES;
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            let mut validator = function.into_validator(FuncValidatorAllocations::default());
            bodies.push(Body::read(module, &body, &mut validator, &mut budget)?);
        }
    }
    Ok(bodies)
}

impl<'a> Body<'a> {
    fn read(
        module: &'a [u8],
        body: &FunctionBody<'a>,
        validator: &mut wasmparser::FuncValidator<wasmparser::ValidatorResources>,
        budget: &mut usize,
    ) -> Result<Self, ReduceError> {
        let mut reader = body.get_binary_reader();
        let start = reader.original_position() as usize;
        validator.read_locals(&mut reader)?;
        let locals = &module[start..reader.original_position() as usize];
        let mut points = Vec::new();
        let mut is_small = true;
        let mut operators = wasmparser::OperatorsReader::new(reader);
        while !operators.eof() {
            let at = operators.original_position();
            let depth = validator.control_stack_height() as usize;
            let height = validator.operand_stack_height() as usize;
            is_small &= height <= *budget;
            let stack = if is_small {
                *budget -= height;
                (0..height).rev().map(|depth| validator.get_operand_type(depth).flatten()).collect()
            } else {
                Vec::new()
            };
            let operator = operators.read()?;
            validator.op(at, &operator)?;
            let bytes = &module[at as usize..operators.original_position() as usize];
            // The rest is only validated: functions like this one are not shrunk.
            if is_small {
                points.push(Point { bytes, operator, depth, stack });
            }
        }
        if !is_small {
            points.clear();
        }
        Ok(Self { locals, points })
    }

    /// Instructions, without the last `end`.
    pub(super) fn len(&self) -> usize {
        self.points.len().saturating_sub(1)
    }

    /// Returns the positions at which a range of at most `most` instructions that begins at `start` can end.
    pub(super) fn end(&self, start: usize, most: usize) -> Option<usize> {
        let depth = self.points.get(start)?.depth;
        let mut found = None;
        for end in start + 1..=(start + most).min(self.len()) {
            let crosses =
                matches!(self.points[end - 1].operator, Operator::Else) && self.points[end - 1].depth == depth;
            if crosses || self.points[end].depth < depth {
                break;
            }
            if self.points[end].depth == depth {
                found = Some(end);
            }
        }
        found
    }

    /// Returns the position after the `end` of the block that begins there.
    pub(super) fn block(&self, start: usize) -> Option<usize> {
        let opens = self.points.get(start + 1).is_some_and(|next| next.depth > self.points[start].depth);
        let same = |end: &usize| self.points[*end].depth == self.points[start].depth;
        if opens { (start + 2..=self.len()).find(same) } else { None }
    }

    /// Returns the body with zeros instead of the values that these instructions leave on the stack, if the result is
    /// shorter.
    pub(super) fn without(&self, start: usize, end: usize) -> Option<Vec<u8>> {
        let (before, after) = (&self.points[start].stack, &self.points[end].stack);
        let lowest = self.points[start..=end].iter().map(|point| point.stack.len()).min().unwrap_or_default();
        let common = before.iter().zip(after).take(lowest).take_while(|(a, b)| a == b).count();
        let mut instead = vec![DROP; before.len() - common];
        for ty in &after[common..] {
            instead.extend_from_slice(zero((*ty)?)?);
        }
        let cut: usize = self.points[start..end].iter().map(|point| point.bytes.len()).sum();
        (instead.len() < cut).then(|| self.joined(&[self.bytes(0, start), instead, self.bytes(end, self.points.len())]))
    }

    /// Returns the body with a block replaced by its content; for an `if`, one result for each arm.
    pub(super) fn unwrapped(&self, start: usize) -> Vec<Vec<u8>> {
        let Some(end) = self.block(start) else { return Vec::new() };
        let last = end - 1;
        let is_else = |at: &usize| {
            matches!(self.points[*at].operator, Operator::Else)
                && self.points[*at].depth == self.points[start].depth + 1
        };
        let arms = match (start + 1..last).find(is_else) {
            Some(other) => vec![start + 1..other, other + 1..last],
            None => vec![start + 1..last],
        };
        let drop = if matches!(self.points[start].operator, Operator::If { .. }) { vec![DROP] } else { Vec::new() };
        let arms = arms.into_iter().filter_map(|arm| {
            let moved: Option<Vec<Vec<u8>>> = arm.map(|at| self.one_level_up(at, self.points[start].depth)).collect();
            Some(self.joined(&[
                self.bytes(0, start),
                drop.clone(),
                moved?.concat(),
                self.bytes(end, self.points.len()),
            ]))
        });
        arms.collect()
    }

    /// Adjusts an instruction for the removal of the enclosing block at `depth`. Returns `None` for a branch to the
    /// end of that block.
    fn one_level_up(&self, at: usize, depth: usize) -> Option<Vec<u8>> {
        let point = &self.points[at];
        let moved = |label: u32| match (point.depth - 1).checked_sub(label as usize)? {
            target if target == depth => None,
            target if target < depth => label.checked_sub(1),
            _ => Some(label),
        };
        let mut bytes = Vec::new();
        match &point.operator {
            Operator::Br { relative_depth } => Instruction::Br(moved(*relative_depth)?).encode(&mut bytes),
            Operator::BrIf { relative_depth } => Instruction::BrIf(moved(*relative_depth)?).encode(&mut bytes),
            Operator::BrTable { targets } => {
                let labels: Option<Vec<u32>> = targets.targets().map(|label| moved(label.ok()?)).collect();
                Instruction::BrTable(labels?.into(), moved(targets.default())?).encode(&mut bytes);
            }
            // Other instructions with labels are rare: blocks around them are not unwrapped.
            other if names_a_label(other) => return None,
            _ => bytes.extend_from_slice(point.bytes),
        }
        Some(bytes)
    }

    fn bytes(&self, start: usize, end: usize) -> Vec<u8> {
        self.points[start..end].iter().flat_map(|point| point.bytes).copied().collect()
    }

    fn joined(&self, parts: &[Vec<u8>]) -> Vec<u8> {
        iter::once(self.locals).chain(parts.iter().map(Vec::as_slice)).collect::<Vec<_>>().concat()
    }
}

const DROP: u8 = 0x1A;

/// Returns the instruction that produces a zero of that type.
fn zero(ty: ValType) -> Option<&'static [u8]> {
    Some(match ty {
        ValType::I32 => &[0x41, 0],
        ValType::I64 => &[0x42, 0],
        ValType::F32 => &[0x43, 0, 0, 0, 0],
        ValType::F64 => &[0x44, 0, 0, 0, 0, 0, 0, 0, 0],
        ValType::V128 | ValType::Ref(_) => return None,
    })
}

fn names_a_label(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        BrOnNull { .. }
            | BrOnNonNull { .. }
            | BrOnCast { .. }
            | BrOnCastFail { .. }
            | BrOnCastDescEq { .. }
            | BrOnCastDescEqFail { .. }
            | TryTable { .. }
            | Rethrow { .. }
            | Delegate { .. }
            | ResumeThrow { .. }
            | Resume { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses a function body, applies the change, and returns the results as text.
    fn shorter(body: &str, make: impl Fn(&Body<'_>) -> Vec<Vec<u8>>) -> Vec<String> {
        let module = wat::parse_str(format!("(module (func (param i32) (result i32) {body}))")).unwrap();
        let bodies = bodies(&module).unwrap();
        make(&bodies[0]).into_iter().map(|made| text(&made)).collect()
    }

    fn text(body: &[u8]) -> String {
        let mut module = wasm_encoder::Module::new();
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([wasm_encoder::ValType::I32], [wasm_encoder::ValType::I32]);
        let mut functions = wasm_encoder::FunctionSection::new();
        functions.function(0);
        let mut code = wasm_encoder::CodeSection::new();
        code.raw(body);
        let module = module.section(&types).section(&functions).section(&code).as_slice().to_vec();
        Validator::new().validate_all(&module).unwrap();
        let reader = bodies(&module).unwrap();
        reader[0].points.iter().map(|point| format!("{:?}", point.operator)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_removed_range_is_replaced_by_zeros() {
        let cut = |start, end| move |body: &Body<'_>| Vec::from_iter(body.without(start, end));
        let add = "local.get 0 i32.const 1000 i32.add";
        assert_eq!(shorter(add, cut(1, 3)), ["LocalGet { local_index: 0 } End"]);
        assert_eq!(shorter(add, cut(0, 3)), ["I32Const { value: 0 } End"]);
        assert!(shorter("i64.const 0 i32.wrap_i64", cut(1, 2)).is_empty(), "a drop and a zero are longer");
        assert_eq!(shorter("unreachable i32.const 1000 i32.add", cut(0, 3)), ["I32Const { value: 0 } End"]);
    }

    #[test]
    fn ranges_do_not_cross_blocks() {
        let body = "local.get 0 if (result i32) i32.const 1 else i32.const 2 i32.const 3 drop end";
        let module = wat::parse_str(format!("(module (func (param i32) (result i32) {body}))")).unwrap();
        let bodies = bodies(&module).unwrap();
        let ends: Vec<_> = (0..8).map(|start| bodies[0].end(start, 100)).collect();
        assert_eq!(ends, [Some(8), Some(8), Some(3), None, Some(7), Some(7), Some(7), None]);
        assert_eq!(bodies[0].block(1), Some(8));
    }

    #[test]
    fn blocks_are_unwrapped_unless_a_branch_targets_their_end() {
        let unwrap = |at| move |body: &Body<'_>| body.unwrapped(at);
        let arms = "local.get 0 if (result i32) i32.const 1 else i32.const 2 end";
        let expected =
            ["1", "2"].map(|arm| format!("LocalGet {{ local_index: 0 }} Drop I32Const {{ value: {arm} }} End"));
        assert_eq!(shorter(arms, unwrap(1)), expected);
        let inner = "block block local.get 0 br_if 1 local.get 0 br_table 1 1 end end i32.const 0";
        let bodies = shorter(inner, unwrap(1));
        assert_eq!(bodies.len(), 1);
        assert!(bodies[0].contains("BrIf { relative_depth: 0 }"), "{bodies:?}");
        assert!(shorter(inner, unwrap(0)).is_empty());
    }
}
