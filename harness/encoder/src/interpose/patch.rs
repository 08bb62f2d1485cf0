//! Changes to main's memory by the host around a call. Before the call, the host fills the bytes that the call is
//! expected to write, to detect missing writes. Afterwards it restores the bytes that the call has not written.
//!
//! The host returns addresses and bytes, and the adapter copies them. They are stored in the adapter's own memory until
//! then.

use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, MemArgTarget, ValType};

/// Maximum size in bytes of the patches that the host can return at a time.
pub(super) const ROOM: u32 = 384 << 10;

/// Size of a `list<patch>` in bytes: pointer and length.
const RESULT: u32 = 8;
/// Size of a `record patch` in bytes: address, pointer and length.
const PATCH: u32 = 12;
/// Index of the module's only global: the end address of the data from the host.
const FREE: u32 = 0;

/// Functions and memory for patches.
#[derive(Clone, Copy)]
pub(super) struct Patches {
    /// Start address of [`ROOM`] bytes.
    pub room: u32,
    /// Host functions to call before and after a call.
    pub fill: u32,
    pub restore: u32,
    /// Function that copies to main's memory.
    pub store: u32,
    /// Index of the function [`Patches::apply`].
    pub apply: u32,
}

impl Patches {
    /// Generates the code before a call.
    pub fn before(&self, code: &mut InstructionSink<'_>) {
        self.begin(code);
        code.i32_const(self.room.cast_signed()).call(self.fill).call(self.apply);
    }

    /// Generates the code after a call. `errno` is the local with its result.
    pub fn after(&self, code: &mut InstructionSink<'_>, errno: u32) {
        self.begin(code);
        code.local_get(errno).i32_const(self.room.cast_signed()).call(self.restore).call(self.apply);
    }

    /// Discards data of the previous host call.
    fn begin(&self, code: &mut InstructionSink<'_>) {
        code.i32_const((self.room + RESULT).cast_signed()).global_set(FREE);
    }

    /// Generates the function `()` that copies the bytes from the host to main's memory.
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

    /// Generates `cabi_realloc` for data from the host. It is a bump allocator.
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
