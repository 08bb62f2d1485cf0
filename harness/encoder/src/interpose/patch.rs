//! Bytes of main's memory that the host changes around a call: it fills what the call is to write, so that it can be seen
//! whether it does, and puts back what was there where the call has left that alone.
//!
//! The host says what is to be where; the interposer copies. What the host gives lies in the interposer's own memory until then.

use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, MemArgTarget, ValType};

/// Bytes that the host may give at a time, with lists of where they go.
pub(super) const ROOM: u32 = 384 << 10;

/// `list<patch>`: where it is, and how many there are.
const RESULT: u32 = 8;
/// `record patch`: an address, where the bytes are, how many there are.
const PATCH: u32 = 12;
/// The global with the address behind all that the host has given: there is no other one.
const FREE: u32 = 0;

/// What patches are made with.
#[derive(Clone, Copy)]
pub(super) struct Patches {
    /// Where there are [`ROOM`] bytes.
    pub room: u32,
    /// What asks the host, before a call and after it.
    pub fill: u32,
    pub restore: u32,
    /// What copies to main's memory.
    pub store: u32,
    /// The function [`Patches::apply`].
    pub apply: u32,
}

impl Patches {
    /// Before a call.
    pub fn before(&self, code: &mut InstructionSink<'_>) {
        self.begin(code);
        code.i32_const(self.room.cast_signed()).call(self.fill).call(self.apply);
    }

    /// After it; its result is in a local.
    pub fn after(&self, code: &mut InstructionSink<'_>, errno: u32) {
        self.begin(code);
        code.local_get(errno).i32_const(self.room.cast_signed()).call(self.restore).call(self.apply);
    }

    /// What was given before is used up.
    fn begin(&self, code: &mut InstructionSink<'_>) {
        code.i32_const((self.room + RESULT).cast_signed()).global_set(FREE);
    }

    /// `()`: copies what the host has given to where it belongs.
    pub fn apply(&self) -> Function {
        const AT: u32 = 0;
        const COUNT: u32 = 1;
        let mut function = Function::new([(2, ValType::I32)]);
        let mut code = function.instructions();
        let room = self.room.cast_signed();
        code.i32_const(room).i32_load(word(0)).local_set(AT);
        code.i32_const(room).i32_load(word(4)).local_set(COUNT);
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(COUNT).i32_eqz().br_if(1);
        for field in [0, 4, 8] {
            code.local_get(AT).i32_load(word(field));
        }
        code.call(self.store);
        code.local_get(AT).i32_const(PATCH.cast_signed()).i32_add().local_set(AT);
        code.local_get(COUNT).i32_const(1).i32_sub().local_set(COUNT);
        code.br(0).end().end().end();
        function
    }

    /// `cabi_realloc`, for what the host gives: each block behind the one before.
    pub fn realloc(&self) -> Function {
        const ALIGN: u32 = 2;
        const SIZE: u32 = 3;
        const START: u32 = 4;
        let mut function = Function::new([(1, ValType::I32)]);
        let mut code = function.instructions();
        code.global_get(FREE).local_get(ALIGN).i32_add().i32_const(1).i32_sub();
        code.i32_const(0).local_get(ALIGN).i32_sub().i32_and().local_tee(START);
        code.local_get(SIZE).i32_add().global_set(FREE);
        code.global_get(FREE).i32_const((self.room + ROOM).cast_signed()).i32_gt_u();
        code.if_(BlockType::Empty).unreachable().end();
        code.local_get(START).end();
        function
    }
}

fn word(offset: u64) -> MemArg {
    MemArg { offset, align: 2, target: MemArgTarget::Memory(0), ordering: None }
}
