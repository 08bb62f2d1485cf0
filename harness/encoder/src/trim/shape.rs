//! Identifies an unnamed stack pointer by its use in code.
//!
//! In the C ABI, the stack grows down in frames whose size is a multiple of 16 bytes. A function with a frame subtracts
//! the frame size from the global, uses the difference as an address or passes it on, and restores the global if it has
//! written it. A counter is also decremented, but is not an address. A pointer to free memory is an address, but grows
//! up.
//!
//! Control flow is ignored: instructions are interpreted in code order, and a local has the value written last. For the
//! frames that compilers emit, this is accurate.

use std::collections::BTreeMap;

use wasmparser::{BlockType, FrameKind, FuncType, FunctionBody, ModuleArity, Operator, SubType};

use super::isolated::start_of;
use super::live::Live;
use super::module::Module;

/// Alignment of a frame, in bytes.
const FRAME: i32 = 16;

/// Result of the analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// No global is a stack pointer.
    None,
    /// This global is the stack pointer.
    Pointer(u32),
    /// This global may be the stack pointer, for the given reason.
    Unclear { global: u32, found: &'static str },
}

/// Analyzes the uses of `globals` in live functions. Each of them is an unnamed mutable i32.
pub(super) fn find(module: &Module<'_>, live: &Live, globals: &[u32]) -> Shape {
    let mut uses: BTreeMap<u32, Uses> = globals.iter().map(|global| (*global, Uses::default())).collect();
    if uses.is_empty() {
        return Shape::None;
    }
    for function in &live.functions {
        let Some(item) = module.functions.get(*function as usize) else { continue };
        let (Some(body), Some(ty)) = (item.own(), module.types.get(item.ty as usize)) else { continue };
        let mut walk = Walk::new(module, ty, &uses);
        // Malformed code is rejected elsewhere.
        let _ = walk.body(body);
        for (global, found) in walk.found {
            if let Some(uses) = uses.get_mut(&global) {
                uses.add(found);
            }
        }
    }
    let judged = uses.iter().map(|(global, uses)| (*global, uses.judge(start_of(module, *global))));
    let (mut pointers, mut unclear) = (Vec::new(), None);
    for (global, verdict) in judged {
        match verdict {
            Verdict::No => {}
            Verdict::Yes => pointers.push(global),
            Verdict::Unclear(found) => unclear = unclear.or(Some(Shape::Unclear { global, found })),
        }
    }
    match (pointers.as_slice(), unclear) {
        ([global], _) => Shape::Pointer(*global),
        ([global, ..], _) => Shape::Unclear { global: *global, found: "another global matches as well" },
        ([], unclear) => unclear.unwrap_or(Shape::None),
    }
}

/// Uses of a global in one function.
#[derive(Clone, Copy, Default)]
struct Found {
    /// Computes a value lowered by a multiple of the frame alignment or by a variable amount.
    lowered: bool,
    /// Writes such a value to the global.
    pushes: bool,
    /// Writes a value lowered by another amount.
    counts_down: bool,
    /// Writes a raised value, or the previous one.
    restores: bool,
    /// Loads or stores at a constant distance from the global's value.
    address: bool,
    /// Passes such a value to a function, stores it, or returns it.
    passes: bool,
}

/// Uses of a global in all functions.
#[derive(Clone, Copy, Default)]
struct Uses {
    /// Some function has a frame.
    frame: bool,
    /// Some function lowers the global and does not restore it.
    unbalanced: bool,
    counts_down: bool,
    lowered: bool,
    restores: bool,
    address: bool,
    passes: bool,
}

enum Verdict {
    No,
    Yes,
    Unclear(&'static str),
}

impl Uses {
    fn add(&mut self, found: Found) {
        let touches = found.address || found.passes;
        self.frame |= found.lowered && touches && (!found.pushes || found.restores);
        self.unbalanced |= found.pushes && !found.restores;
        self.counts_down |= found.counts_down;
        self.lowered |= found.lowered || found.counts_down;
        self.restores |= found.restores;
        self.address |= found.address;
        self.passes |= found.passes;
    }

    fn judge(&self, start: Option<u32>) -> Verdict {
        // An unused stack can be at any address.
        if !self.lowered || !(self.address || self.passes) {
            return Verdict::No;
        }
        let starts_as_one = start.is_some_and(|start| start > 0 && start % FRAME.cast_unsigned() == 0);
        if self.frame && starts_as_one && !self.counts_down {
            return Verdict::Yes;
        }
        if !self.address && (self.counts_down || (self.unbalanced && !self.restores)) {
            return Verdict::No;
        }
        Verdict::Unclear(match (self.counts_down, starts_as_one) {
            (true, _) => "code uses it as an address and lowers it, but not by a multiple of 16",
            (false, false) => "code lowers it like a stack frame, but its initial value is not a multiple of 16",
            (false, true) => "code lowers it and uses it as an address, but does not restore it",
        })
    }
}

/// Abstract value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Other,
    Constant(i32),
    /// A constant distance from a value of a global.
    Of {
        global: u32,
        step: Step,
    },
}

/// Distance of a value from the global's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Zero or upwards.
    Up,
    /// Down by a multiple of the frame alignment or by a variable amount.
    Frame,
    /// Down by another amount.
    Odd,
}

struct Block {
    /// Height of the operand stack below the block's operands.
    height: usize,
    params: usize,
    results: usize,
}

struct Walk<'m, 'a> {
    module: &'m Module<'a>,
    results: usize,
    known: Vec<u32>,
    locals: Vec<Value>,
    stack: Vec<Value>,
    blocks: Vec<Block>,
    found: BTreeMap<u32, Found>,
}

/// Marker for an instruction that is not supported. The analysis of the function ends.
struct Stop;

impl From<wasmparser::BinaryReaderError> for Stop {
    fn from(_: wasmparser::BinaryReaderError) -> Stop {
        Stop
    }
}

impl<'m, 'a> Walk<'m, 'a> {
    fn new(module: &'m Module<'a>, ty: &FuncType, uses: &BTreeMap<u32, Uses>) -> Walk<'m, 'a> {
        Walk {
            module,
            results: ty.results().len(),
            known: uses.keys().copied().collect(),
            locals: vec![Value::Other; ty.params().len()],
            stack: Vec::new(),
            blocks: Vec::new(),
            found: BTreeMap::new(),
        }
    }

    fn body(&mut self, body: &FunctionBody<'a>) -> Result<(), Stop> {
        let mut operators = body.get_operators_reader()?;
        // Skips functions that read none of the globals.
        let mut any = false;
        while !operators.eof() && !any {
            any =
                matches!(operators.read()?, Operator::GlobalGet { global_index } if self.known.contains(&global_index));
        }
        if !any {
            return Ok(());
        }
        let mut locals = self.locals.len();
        for local in body.get_locals_reader()? {
            locals += local?.0 as usize;
        }
        // Locals are initially zero.
        self.locals.resize(locals, Value::Constant(0));
        self.blocks.push(Block { height: 0, params: 0, results: self.results });
        let (code, start) = (body.as_bytes(), body.range().start);
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            let (operator, offset) = operator?;
            let opcode = code[(offset - start) as usize];
            self.operator(&operator, opcode)?;
        }
        Ok(())
    }

    fn pop(&mut self) -> Value {
        let floor = self.blocks.last().map_or(0, |block| block.height);
        if self.stack.len() > floor { self.stack.pop().unwrap_or(Value::Other) } else { Value::Other }
    }

    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    fn fact(&mut self, value: Value, note: impl FnOnce(&mut Found, Step)) {
        if let Value::Of { global, step } = value {
            note(self.found.entry(global).or_default(), step);
        }
    }

    fn pass(&mut self, count: usize) {
        for _ in 0..count {
            let value = self.pop();
            self.fact(value, |found, _| found.passes = true);
        }
    }

    /// Code after an unconditional jump is unreachable.
    fn jump(&mut self) {
        let floor = self.blocks.last().map_or(0, |block| block.height);
        self.stack.truncate(floor);
    }

    fn enter(&mut self, ty: BlockType) -> Result<(), Stop> {
        let (params, results) = match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => {
                let ty = self.module.types.get(index as usize).ok_or(Stop)?;
                (ty.params().len(), ty.results().len())
            }
        };
        let height = self.stack.len().saturating_sub(params);
        self.blocks.push(Block { height, params, results });
        Ok(())
    }

    fn call(&mut self, ty: u32) -> Result<usize, Stop> {
        let ty = self.module.types.get(ty as usize).ok_or(Stop)?;
        self.pass(ty.params().len());
        Ok(ty.results().len())
    }

    fn others(&mut self, count: usize) {
        self.stack.extend(std::iter::repeat_n(Value::Other, count));
    }

    fn operator(&mut self, operator: &Operator<'_>, opcode: u8) -> Result<(), Stop> {
        match operator {
            Operator::Block { blockty } | Operator::Loop { blockty } => self.enter(*blockty)?,
            Operator::If { blockty } => {
                self.pop();
                self.enter(*blockty)?;
            }
            Operator::Else => {
                self.jump();
                let params = self.blocks.last().map_or(0, |block| block.params);
                self.others(params);
            }
            Operator::End => {
                let Some(block) = self.blocks.last() else { return Err(Stop) };
                let (height, count) = (block.height, block.results);
                let mut results: Vec<Value> = (0..count).map(|_| self.pop()).collect();
                results.reverse();
                self.blocks.pop();
                self.stack.truncate(height);
                self.stack.extend(results);
                if self.blocks.is_empty() {
                    self.pass(count);
                }
            }
            Operator::Br { .. } | Operator::BrTable { .. } | Operator::Unreachable | Operator::Throw { .. } => {
                self.jump()
            }
            Operator::BrIf { .. } | Operator::Drop => drop(self.pop()),
            Operator::Return => {
                self.pass(self.results);
                self.jump();
            }
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                let function = self.module.functions.get(*function_index as usize).ok_or(Stop)?;
                let results = self.call(function.ty)?;
                self.others(results);
            }
            Operator::CallIndirect { type_index, .. } | Operator::ReturnCallIndirect { type_index, .. } => {
                self.pop();
                let results = self.call(*type_index)?;
                self.others(results);
            }
            Operator::LocalGet { local_index } => {
                let value = self.locals.get(*local_index as usize).copied().unwrap_or(Value::Other);
                self.push(value);
            }
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                let value = self.pop();
                if let Some(local) = self.locals.get_mut(*local_index as usize) {
                    *local = value;
                }
                if let Operator::LocalTee { .. } = operator {
                    self.push(value);
                }
            }
            Operator::GlobalGet { global_index } => {
                let global = *global_index;
                let is_known = self.known.contains(&global);
                self.push(if is_known { Value::Of { global, step: Step::Up } } else { Value::Other });
            }
            Operator::GlobalSet { global_index } => self.write(*global_index),
            Operator::I32Const { value } => self.push(Value::Constant(*value)),
            Operator::I32Add | Operator::I32Sub | Operator::I32And => {
                let (right, left) = (self.pop(), self.pop());
                let value = computed(operator, left, right);
                self.fact(value, |found, step| found.lowered |= step == Step::Frame);
                self.push(value);
            }
            Operator::Select | Operator::TypedSelect { .. } => {
                self.pop();
                let (right, left) = (self.pop(), self.pop());
                self.push(if let Value::Of { .. } = left { left } else { right });
            }
            operator => self.plain(operator, opcode)?,
        }
        Ok(())
    }

    fn write(&mut self, global: u32) {
        let value = self.pop();
        match value {
            Value::Of { global: from, step } if from == global => {
                let found = self.found.entry(global).or_default();
                match step {
                    Step::Up => found.restores = true,
                    Step::Frame => found.pushes = true,
                    Step::Odd => found.counts_down = true,
                }
            }
            _ => self.fact(value, |found, _| found.passes = true),
        }
    }

    /// Interprets an instruction that only pops and pushes values.
    fn plain(&mut self, operator: &Operator<'_>, opcode: u8) -> Result<(), Stop> {
        let (params, results) = operator.operator_arity(&Nothing).ok_or(Stop)?;
        let mut values: Vec<Value> = (0..params).map(|_| self.pop()).collect();
        values.reverse();
        // The first operand of a load or store is its address. Prefixed instructions count as memory accesses.
        let address = matches!(opcode, 0x28..=0x3e | 0xfc..=0xfe);
        for (index, value) in values.into_iter().enumerate() {
            self.fact(value, |found, _| match (address, index) {
                (true, 0) => found.address = true,
                (true, _) => found.passes = true,
                (false, _) => {}
            });
        }
        self.others(results as usize);
        Ok(())
    }
}

fn computed(operator: &Operator<'_>, left: Value, right: Value) -> Value {
    let (global, step, other) = match (operator, left, right) {
        (_, Value::Of { global, step }, other) => (global, step, other),
        (Operator::I32Add | Operator::I32And, other, Value::Of { global, step }) => (global, step, other),
        (Operator::I32Add, Value::Constant(one), Value::Constant(other)) => {
            return Value::Constant(one.wrapping_add(other));
        }
        (Operator::I32Sub, Value::Constant(one), Value::Constant(other)) => {
            return Value::Constant(one.wrapping_sub(other));
        }
        _ => return Value::Other,
    };
    let down = match (operator, other) {
        (Operator::I32Sub, Value::Constant(size)) => size,
        (Operator::I32Add, Value::Constant(size)) => size.wrapping_neg(),
        // Alignment, downwards.
        (Operator::I32And, Value::Constant(mask)) if mask < 0 && mask % FRAME == 0 => {
            return Value::Of { global, step: if step == Step::Up { step } else { Step::Frame } };
        }
        // A frame of variable size.
        (Operator::I32Sub, Value::Other) => return Value::Of { global, step: Step::Frame },
        // An index or another operand.
        _ => return Value::Other,
    };
    let step = match down {
        0 => step,
        ..0 => Step::Up,
        _ if down % FRAME != 0 => Step::Odd,
        _ if step == Step::Odd => Step::Odd,
        _ => Step::Frame,
    };
    Value::Of { global, step }
}

/// Module context for [`Walk::plain`], whose instructions do not depend on the module.
struct Nothing;

impl ModuleArity for Nothing {
    fn sub_type_at(&self, _: u32) -> Option<&SubType> {
        None
    }

    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }

    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }

    fn func_type_of_cont_type(&self, _: &wasmparser::ContType) -> Option<&FuncType> {
        None
    }

    fn sub_type_of_ref_type(&self, _: &wasmparser::RefType) -> Option<&SubType> {
        None
    }

    fn control_stack_height(&self) -> u32 {
        0
    }

    fn label_block(&self, _: u32) -> Option<(BlockType, FrameKind)> {
        None
    }
}
