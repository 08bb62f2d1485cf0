//! How an adapter gets its region, and the functions that see to it.
//!
//! * From main's realloc, at the first call of any export: main's allocator works only once main is instantiated and,
//!   often, initialised. While main allocates, it may call the adapter: see [`enter`].
//! * By `memory.grow`, in a start function, where main has no realloc to offer.

use wasm_encoder::{BlockType, Function, InstructionSink, MemArg, ValType};

use super::layout::Layout;

/// A page of memory is two to the power of this many bytes, unless its type says otherwise.
pub(super) const PAGE: u32 = 16;

/// Who gives the region, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Main's realloc, at the first call. The adapter keeps the state in its `allocation_state`, by the protocol of
    /// the published adapters: it knows itself what not to do while main allocates.
    Protocol,
    /// Main's realloc, at the first call. The state is kept in a global of the encoder's.
    FirstCall,
    /// `memory.grow`, at instantiation.
    Instantiation,
}

/// The values of the state global.
pub(super) mod state {
    pub const UNALLOCATED: i32 = 0;
    pub const ALLOCATING: i32 = 1;
    pub const ALLOCATED: i32 = 2;
}

/// Indices in the new module that the functions need.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wiring {
    pub stack_pointer: Option<u32>,
    pub data_start: Option<u32>,
    /// Where the stack ends, if that is guarded.
    pub stack_low: Option<u32>,
    /// The lowest stack pointer of a call, if that is measured.
    pub stack_lowest: Option<u32>,
    pub state: Option<u32>,
    /// Main's realloc.
    pub realloc: Option<u32>,
    /// [`realloc_by_grow`]
    pub grow: Option<u32>,
    /// [`place`]
    pub place: Option<u32>,
    /// The adapter's own start function.
    pub start: Option<u32>,
    /// The data segment with the contents of all units.
    pub segment: Option<u32>,
}

/// A word in static data that must be adjusted to where the data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fixup {
    /// Where it is, from the start of data.
    pub at: u32,
    /// What it points to, from the start of data.
    pub to: i32,
}

/// `(old, old size, alignment, size) -> pointer`, in the manner of `cabi_realloc`, for fresh blocks only.
///
/// The size of a memory need not be a multiple of the alignment where pages are small, so a gap may come first.
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
    // The start, aligned; and how far its end is from the memory's end.
    code.memory_size(0).i32_const(page).i32_shl().local_tee(START);
    code.i32_const(0).local_get(START).i32_sub();
    code.local_get(ALIGNMENT).i32_const(1).i32_sub().i32_and().local_tee(BYTES);
    code.i32_add().local_set(START);
    code.local_get(BYTES).local_get(SIZE).i32_add().local_tee(BYTES);
    code.local_get(SIZE).i32_lt_u();
    code.if_(BlockType::Empty).unreachable().end();
    // Rounded up in a way that does not overflow for the largest sizes.
    code.local_get(BYTES).i32_const(page).i32_shr_u();
    code.local_get(BYTES).i32_const((1 << page) - 1).i32_and();
    code.i32_const(0).i32_ne().i32_add();
    code.memory_grow(0).i32_const(-1).i32_eq();
    code.if_(BlockType::Empty).unreachable().end();
    code.local_get(START).end();
    function
}

/// `(region)`: sets the stack pointer, and puts static data into place.
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
    // Grown memory is zero by itself; an allocator may hand out a used block.
    if zeros > 0 && !fresh {
        code.local_get(REGION).i32_const(contents).i32_add();
        code.i32_const(0).i32_const(zeros).memory_fill(0);
    }
    for fixup in fixups {
        code.local_get(REGION);
        code.local_get(REGION).i32_const(fixup.to).i32_add();
        code.i32_store(MemArg {
            offset: u64::from(fixup.at),
            // Packed structures may hold pointers at any address.
            align: 0,
            target: wasm_encoder::MemArgTarget::Memory(0),
            ordering: None,
        });
    }
    code.end();
    function
}

/// `()`: called first by every export; gets the region, the first time.
///
/// Main's realloc may call the adapter, whose export comes here again. By [`Way::FirstCall`], such a call takes a
/// region by `memory.grow`, since main's allocator is busy; the outer call then finds that a region is there, and
/// leaves its own block unused.
pub(super) fn enter(way: Way, layout: &Layout, wiring: &Wiring) -> Function {
    const REGION: u32 = 0;
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    let (Some(state), Some(realloc)) = (wiring.state, wiring.realloc) else {
        code.end();
        return function;
    };
    let request = |code: &mut InstructionSink<'_>, function: u32| {
        code.i32_const(0).i32_const(0);
        code.i32_const(layout.alignment.cast_signed()).i32_const(layout.size().cast_signed());
        code.call(function);
    };
    if way == Way::Protocol {
        // Any state but the first: the region is there, or on its way.
        code.global_get(state).i32_const(state::UNALLOCATED).i32_ne();
        code.if_(BlockType::Empty).return_().end();
    } else {
        code.global_get(state).i32_const(state::ALLOCATED).i32_eq();
        code.if_(BlockType::Empty).return_().end();
        code.global_get(state).i32_const(state::ALLOCATING).i32_eq();
        code.if_(BlockType::Empty);
        if let Some(grow) = wiring.grow {
            request(&mut code, grow);
            code.local_set(REGION);
        }
        ready(&mut code, wiring, REGION);
        code.return_().end();
    }
    code.i32_const(state::ALLOCATING).global_set(state);
    request(&mut code, realloc);
    code.local_set(REGION);
    if way != Way::Protocol {
        code.global_get(state).i32_const(state::ALLOCATED).i32_eq();
        code.if_(BlockType::Empty).return_().end();
    }
    // No allocator has a block at null: it failed, and said so in the manner of C.
    code.local_get(REGION).i32_eqz();
    code.if_(BlockType::Empty).unreachable().end();
    ready(&mut code, wiring, REGION);
    code.end();
    function
}

/// `()`: the start function; gets the region by `memory.grow`.
pub(super) fn start(layout: &Layout, wiring: &Wiring) -> Function {
    const REGION: u32 = 0;
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    if let Some(grow) = wiring.grow {
        code.i32_const(0).i32_const(0);
        code.i32_const(layout.alignment.cast_signed()).i32_const(layout.size().cast_signed());
        code.call(grow).local_set(REGION);
    }
    ready(&mut code, wiring, REGION);
    code.end();
    function
}

/// Puts everything into the region, then does what the adapter wanted to do first of all.
fn ready(code: &mut InstructionSink<'_>, wiring: &Wiring, region: u32) {
    if let Some(place) = wiring.place {
        code.local_get(region).call(place);
    }
    if let Some(global) = wiring.state {
        code.i32_const(state::ALLOCATED).global_set(global);
    }
    if let Some(start) = wiring.start {
        code.call(start);
    }
}
