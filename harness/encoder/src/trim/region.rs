//! Allocation of the adapter region, and the functions that perform it.
//!
//! * By main's realloc, at the first call of any export: main's allocator works only after main is instantiated and,
//!   often, initialized. The allocator may call the adapter, see [`enter`].
//! * By `memory.grow`, in the start function, if main has no usable realloc.

use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType};

use super::layout::Layout;

/// Default page size as a power of two. A memory type can declare another one.
pub(super) const PAGE: u32 = 16;

/// Allocation strategy of the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AllocationPoint {
    /// Main's realloc, at the first call. The state is kept in the adapter's `allocation_state` global, by the protocol
    /// of the adapters published with wasmtime, which handle calls during the allocation themselves. The protocol is
    /// defined by `wit-component`:
    /// <https://github.com/bytecodealliance/wasm-tools/blob/main/crates/wit-component/src/gc.rs>.
    Protocol,
    /// Main's realloc, at the first call. The state is kept in a generated global.
    FirstCall,
    /// `memory.grow`, at instantiation.
    Instantiation,
}

/// Values of the state global.
pub(super) mod state {
    pub const UNALLOCATED: i32 = 0;
    pub const ALLOCATING: i32 = 1;
    pub const ALLOCATED: i32 = 2;
}

/// Indices in the new module that the generated functions use.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wiring {
    pub stack_pointer: Option<u32>,
    pub data_start: Option<u32>,
    /// Global with the lowest address of the stack, if the stack is guarded.
    pub stack_low: Option<u32>,
    /// Global with the lowest stack pointer of the current call, if the stack is measured.
    pub stack_lowest: Option<u32>,
    pub state: Option<u32>,
    /// Main's realloc, or [`realloc_by_grow`] without one.
    pub realloc: Option<u32>,
    /// [`realloc_by_grow`]
    pub grow: Option<u32>,
    /// [`place`]
    pub place: Option<u32>,
    /// Start function defined by the adapter.
    pub start: Option<u32>,
    /// Data segment with the contents of all data chunks.
    pub segment: Option<u32>,
}

/// A word in static data that must be adjusted to the data's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fixup {
    /// Offset of the word from the start of data, in bytes.
    pub at: u32,
    /// Offset of the target from the start of data, in bytes.
    pub to: i32,
}

/// Generates `(old, old size, alignment, size) -> pointer`: allocates by `memory.grow`, with the signature of
/// `cabi_realloc`. It traps if `old` or `old size` is not zero.
///
/// With small pages, the size of the memory may not be a multiple of the alignment. In that case, a gap precedes the
/// block.
pub(super) fn realloc_by_grow(page: u32) -> Function {
    const OLD: u32 = 0;
    const OLD_SIZE: u32 = 1;
    const ALIGNMENT: u32 = 2;
    const SIZE: u32 = 3;
    const START: u32 = 4;
    const BYTES: u32 = 5;
    let page = page.cast_signed();
    let mut function = Function::new([(2, ValType::I32)]);
    let mut code = function.instructions();
    code.local_get(OLD).local_get(OLD_SIZE).i32_or();
    code.if_(BlockType::Empty).unreachable().end();
    // Computes the aligned start, and the number of bytes to grow.
    code.memory_size(0).i32_const(page).i32_shl().local_tee(START);
    code.i32_const(0).local_get(START).i32_sub();
    code.local_get(ALIGNMENT).i32_const(1).i32_sub().i32_and().local_tee(BYTES);
    code.i32_add().local_set(START);
    code.local_get(BYTES).local_get(SIZE).i32_add().local_tee(BYTES);
    code.local_get(SIZE).i32_lt_u();
    code.if_(BlockType::Empty).unreachable().end();
    // Rounds up to pages without overflow for the largest sizes.
    code.local_get(BYTES).i32_const(page).i32_shr_u();
    code.local_get(BYTES).i32_const((1 << page) - 1).i32_and();
    code.i32_const(0).i32_ne().i32_add();
    code.memory_grow(0).i32_const(-1).i32_eq();
    code.if_(BlockType::Empty).unreachable().end();
    code.local_get(START).end();
    function
}

/// Generates `(region)`: sets the stack pointer and initializes static data.
pub(super) fn place(layout: &Layout, wiring: &Wiring, fixups: &[Fixup], fresh: bool) -> Function {
    const REGION: u32 = 0;
    let mut function = Function::new([]);
    let mut code = function.instructions();
    if let Some(global) = wiring.stack_low {
        code.local_get(REGION).global_set(global);
    }
    if layout.stack > 0 {
        code.local_get(REGION).i32_const(layout.stack.cast_signed()).i32_add().local_set(REGION);
    }
    if let Some(global) = wiring.stack_pointer {
        code.local_get(REGION).global_set(global);
    }
    if let Some(global) = wiring.data_start {
        code.local_get(REGION).global_set(global);
    }
    let contents = layout.contents.cast_signed();
    if let Some(segment) = wiring.segment {
        code.local_get(REGION).i32_const(0).i32_const(contents);
        code.memory_init(0, segment).data_drop(segment);
    }
    let zeros = layout.data.cast_signed() - contents;
    // Grown memory is zeroed, but a block from an allocator may not be.
    if zeros > 0 && !fresh {
        code.local_get(REGION).i32_const(contents).i32_add();
        code.i32_const(0).i32_const(zeros).memory_fill(0);
    }
    for fixup in fixups {
        code.local_get(REGION);
        code.local_get(REGION).i32_const(fixup.to).i32_add();
        code.i32_store(MemArg {
            offset: u64::from(fixup.at),
            // Packed structures can hold pointers at any alignment.
            align: 0,
            target: wasm_encoder::MemArgTarget::Memory(0),
            ordering: None,
        });
    }
    code.end();
    function
}

/// Generates `()`, called first by every export: allocates the region at the first call.
///
/// Main's realloc may call the adapter, whose export calls this function again. With [`AllocationPoint::FirstCall`], such a nested
/// call allocates the region by `memory.grow`, because main's allocator is busy. The outer call then uses that region,
/// and its own block remains unused.
pub(super) fn enter(way: AllocationPoint, layout: &Layout, wiring: &Wiring) -> Function {
    const REGION: u32 = 0;
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    let state = wiring.state.expect("a region that a call allocates has a state");
    let realloc = wiring.realloc.expect("a region that a call allocates has a realloc");
    let request = |code: &mut InstructionSink<'_>, function: u32| {
        code.i32_const(0).i32_const(0);
        code.i32_const(layout.alignment.cast_signed()).i32_const(layout.size().cast_signed());
        code.call(function);
    };
    if way == AllocationPoint::Protocol {
        // In any other state, the region is allocated or being allocated.
        code.global_get(state).i32_const(state::UNALLOCATED).i32_ne();
        code.if_(BlockType::Empty).return_().end();
    } else {
        code.global_get(state).i32_const(state::ALLOCATED).i32_eq();
        code.if_(BlockType::Empty).return_().end();
        code.global_get(state).i32_const(state::ALLOCATING).i32_eq();
        code.if_(BlockType::Empty);
        request(&mut code, wiring.grow.expect("a nested call allocates by `memory.grow`"));
        code.local_set(REGION);
        ready(&mut code, wiring, REGION);
        code.return_().end();
    }
    code.i32_const(state::ALLOCATING).global_set(state);
    request(&mut code, realloc);
    code.local_set(REGION);
    if way != AllocationPoint::Protocol {
        code.global_get(state).i32_const(state::ALLOCATED).i32_eq();
        code.if_(BlockType::Empty).return_().end();
    }
    // Allocators return null on failure.
    code.local_get(REGION).i32_eqz();
    code.if_(BlockType::Empty).unreachable().end();
    ready(&mut code, wiring, REGION);
    code.end();
    function
}

/// Generates `()`, the start function: allocates the region by `memory.grow`.
pub(super) fn start(layout: &Layout, wiring: &Wiring) -> Function {
    const REGION: u32 = 0;
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    code.i32_const(0).i32_const(0);
    code.i32_const(layout.alignment.cast_signed()).i32_const(layout.size().cast_signed());
    code.call(wiring.grow.expect("the start function allocates by `memory.grow`")).local_set(REGION);
    ready(&mut code, wiring, REGION);
    code.end();
    function
}

/// Initializes the region, and then calls the adapter's own start function.
fn ready(code: &mut InstructionSink<'_>, wiring: &Wiring, region: u32) {
    code.local_get(region).call(wiring.place.expect("each region has a function that initializes it"));
    if let Some(global) = wiring.state {
        code.i32_const(state::ALLOCATED).global_set(global);
    }
    if let Some(start) = wiring.start {
        code.call(start);
    }
}
