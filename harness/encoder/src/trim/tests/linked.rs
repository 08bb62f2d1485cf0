//! Builds a small module in the form that a linker emits with `--emit-relocs`.
//!
//! The segments are at 1024 and 1072. Symbols have the indices and addresses below.

use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataSection, ElementSection, Elements, Encode, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, LinkingSection,
    MemoryType, Module, NameMap, NameSection, RefType, SymbolTable, TableSection, TableType, TypeSection, ValType,
};

/// Symbol indices.
mod symbol {
    pub const GREETING: u32 = 0;
    pub const DEAD: u32 = 1;
    pub const RECORD: u32 = 2;
    pub const COUNTER: u32 = 3;
    pub const CALLEE: u32 = 4;
    pub const TABLE: u32 = 5;
    pub const HEAP_BASE: u32 = 6;
    pub const DEAD_CALLEE: u32 = 7;
}

const MEMORY_ADDR_LEB: u8 = 3;
const MEMORY_ADDR_SLEB: u8 = 4;
const MEMORY_ADDR_I32: u8 = 5;
const TABLE_INDEX_SLEB: u8 = 1;
const TABLE_INDEX_I32: u8 = 2;
const TABLE_NUMBER_LEB: u8 = 20;

pub const RODATA: u32 = 1024;
pub const GREETING: u32 = RODATA;
pub const DEAD: u32 = RODATA + 8;
pub const RECORD: u32 = RODATA + 28;
pub const BSS: u32 = 1072;
pub const COUNTER: u32 = BSS + 4;
pub const HEAP_BASE: u32 = 1088;

/// Corruptions of the module.
#[derive(Clone, Copy, Default)]
pub struct Damage {
    /// The address in code differs from the symbol's.
    pub address: bool,
    /// The position of a relocation is not in an operand.
    pub position: bool,
    /// The slot in data belongs to another function.
    pub slot: bool,
    /// The `reloc.CODE` section is missing.
    pub missing: bool,
    /// The kind of a relocation is for position-independent code.
    pub kind: bool,
}

struct Relocation {
    kind: u8,
    offset: u32,
    symbol: u32,
    addend: Option<i32>,
}

/// A function body and its relocations, as offsets from the body's first byte.
struct Body {
    function: Function,
    relocations: Vec<Relocation>,
}

impl Body {
    fn new() -> Body {
        Body { function: Function::new([]), relocations: Vec::new() }
    }

    fn push(&mut self, instruction: &Instruction<'_>) -> &mut Body {
        self.function.instruction(instruction);
        self
    }

    /// Appends the bytes before an operand, and the operand, padded to five bytes.
    fn relocated(&mut self, head: &[u8], value: u32, kind: u8, symbol: u32, addend: Option<i32>) {
        self.function.raw(head.iter().copied());
        let offset = self.function.byte_len() as u32;
        self.relocations.push(Relocation { kind, offset, symbol, addend });
        let group = |shift: u32| (value >> shift) as u8 & 0x7f;
        let bytes = [0, 7, 14, 21].map(|shift| group(shift) | 0x80);
        self.function.raw(bytes.into_iter().chain([group(28)]));
    }

    fn address(&mut self, value: u32, symbol: u32, addend: i32) -> &mut Body {
        self.relocated(&[0x41], value, MEMORY_ADDR_SLEB, symbol, Some(addend));
        self
    }

    fn load(&mut self, value: u32, symbol: u32) -> &mut Body {
        self.relocated(&[0x28, 2], value, MEMORY_ADDR_LEB, symbol, Some(0));
        self
    }

    fn store(&mut self, value: u32, symbol: u32) -> &mut Body {
        self.relocated(&[0x36, 2], value, MEMORY_ADDR_LEB, symbol, Some(0));
        self
    }
}

/// Builds the module. Exports and their results:
///
/// * `record`: address of the record
/// * `heap`: end of static data
/// * `bump`: counter that starts with 1
/// * `call`: result of the function in the record, 42
/// * `slot`: table slot of that function
/// * `dead`: address of data that no other export uses
pub fn module(damage: Damage) -> Vec<u8> {
    let callee = 0;
    let mut bodies = vec![plain(42), plain(13)];
    bodies.push(record(damage));
    bodies.push(bump());
    bodies.push(call());
    let mut slot = Body::new();
    slot.relocated(&[0x41], 2, TABLE_INDEX_SLEB, symbol::CALLEE, None);
    bodies.push(slot);
    let mut dead = Body::new();
    dead.address(DEAD, symbol::DEAD, 0);
    bodies.push(dead);
    let mut heap = Body::new();
    heap.address(HEAP_BASE, symbol::HEAP_BASE, 0);
    bodies.push(heap);

    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I32]);
    module.section(&types);
    let mut imports = ImportSection::new();
    let memory = MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
    imports.import("env", "memory", EntityType::Memory(memory));
    module.section(&imports);
    let mut functions = FunctionSection::new();
    bodies.iter().for_each(|_| {
        functions.function(0);
    });
    module.section(&functions);
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        minimum: 3,
        maximum: Some(3),
        table64: false,
        shared: false,
    });
    module.section(&tables);
    let mut globals = GlobalSection::new();
    let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
    globals.global(ty, &ConstExpr::i32_const(RODATA as i32));
    module.section(&globals);
    let mut exports = ExportSection::new();
    for (index, name) in (2..).zip(["record", "bump", "call", "slot", "dead", "heap"]) {
        exports.export(name, ExportKind::Func, index);
    }
    module.section(&exports);
    let mut elements = ElementSection::new();
    let list = Elements::Functions(vec![1, callee].into());
    elements.active(None, &ConstExpr::i32_const(1), list);
    module.section(&elements);

    let (code, code_relocations) = code(&bodies);
    module.section(&code);
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(RODATA as i32), rodata(damage));
    data.active(0, &ConstExpr::i32_const(BSS as i32), [0; 16]);
    module.section(&data);

    module.section(&linking());
    if !damage.missing {
        // Index of the code section, after types, imports, functions, tables, globals, exports and elements.
        module.section(&relocations("reloc.CODE", 7, &code_relocations));
    }
    // After the segment count, and the first segment's flags, offset expression (four bytes) and length.
    let record = 6 + 1 + (RECORD - RODATA);
    let data_relocations = [
        Relocation { kind: MEMORY_ADDR_I32, offset: record, symbol: symbol::GREETING, addend: Some(1) },
        Relocation { kind: TABLE_INDEX_I32, offset: record + 4, symbol: symbol::CALLEE, addend: None },
    ];
    module.section(&relocations("reloc.DATA", 8, &data_relocations));
    let mut names = NameSection::new();
    let mut map = NameMap::new();
    for (index, name) in (0..).zip(["callee", "dead_callee", "record", "bump", "call", "slot", "dead", "heap"]) {
        map.append(index, name);
    }
    names.functions(&map);
    let mut map = NameMap::new();
    map.append(0, "__stack_pointer");
    names.globals(&map);
    module.section(&names);
    module.finish()
}

fn plain(value: i32) -> Body {
    let mut body = Body::new();
    body.push(&Instruction::I32Const(value));
    body
}

fn record(damage: Damage) -> Body {
    let mut body = Body::new();
    let wrong = if damage.address { 4 } else { 0 };
    body.address(RECORD + wrong, symbol::RECORD, 0);
    if damage.position {
        body.relocations[0].offset -= 1;
    }
    if damage.kind {
        // `R_WASM_MEMORY_ADDR_REL_SLEB`.
        body.relocations[0].kind = 11;
    }
    body
}

fn bump() -> Body {
    let mut body = Body::new();
    body.push(&Instruction::I32Const(0));
    body.push(&Instruction::I32Const(0)).load(COUNTER, symbol::COUNTER);
    body.push(&Instruction::I32Const(1)).push(&Instruction::I32Add);
    body.store(COUNTER, symbol::COUNTER);
    body.push(&Instruction::I32Const(0)).load(COUNTER, symbol::COUNTER);
    body
}

fn call() -> Body {
    let mut body = Body::new();
    body.address(RECORD + 4, symbol::RECORD, 4);
    body.function.raw([0x28, 2, 0, 0x11, 0]);
    let offset = body.function.byte_len() as u32;
    let (kind, symbol) = (TABLE_NUMBER_LEB, symbol::TABLE);
    body.relocations.push(Relocation { kind, offset, symbol, addend: None });
    body.function.raw([0x80, 0x80, 0x80, 0x80, 0]);
    body
}

fn code(bodies: &[Body]) -> (CodeSection, Vec<Relocation>) {
    let mut section = CodeSection::new();
    let mut relocations = Vec::new();
    for body in bodies {
        let mut function = body.function.clone();
        function.instruction(&Instruction::End);
        // After the function count, earlier bodies, and this body's length, which take one byte each.
        let start = 1 + section.byte_len() as u32 + 1;
        for relocation in &body.relocations {
            relocations.push(Relocation { offset: start + relocation.offset, ..*relocation });
        }
        section.function(&function);
    }
    (section, relocations)
}

fn rodata(damage: Damage) -> Vec<u8> {
    let mut bytes = b"hello\0\0\0dead dead dead dead!".to_vec();
    bytes.resize((RECORD - RODATA) as usize, 0);
    bytes.extend((GREETING + 1).to_le_bytes());
    bytes.extend(if damage.slot { 1u32 } else { 2 }.to_le_bytes());
    bytes
}

fn linking() -> LinkingSection {
    let mut symbols = SymbolTable::new();
    let data = |index, offset, size| Some(wasm_encoder::DataSymbolDefinition { index, offset, size });
    symbols.data(0, "greeting", data(0, 0, 5));
    symbols.data(0, "dead", data(0, DEAD - RODATA, 20));
    symbols.data(0, "record", data(0, RECORD - RODATA, 8));
    symbols.data(0, "counter", data(1, COUNTER - BSS, 4));
    symbols.function(0, 0, Some("callee"));
    symbols.table(0, 0, Some("__indirect_function_table"));
    symbols.data(0, "__heap_base", data(0, 0, 0));
    symbols.function(0, 1, Some("dead_callee"));
    debug_assert_eq!(symbol::DEAD_CALLEE, 7);
    let mut section = LinkingSection::new();
    section.symbol_table(&symbols);
    section
}

fn relocations<'a>(name: &'a str, section: u32, list: &[Relocation]) -> CustomSection<'a> {
    let mut data = Vec::new();
    section.encode(&mut data);
    (list.len() as u32).encode(&mut data);
    for relocation in list {
        data.push(relocation.kind);
        relocation.offset.encode(&mut data);
        relocation.symbol.encode(&mut data);
        if let Some(addend) = relocation.addend {
            addend.encode(&mut data);
        }
    }
    CustomSection { name: name.into(), data: data.into() }
}
