//! Core module of an interposition adapter.
//!
//! Its memory contains the names of the module and of the functions, followed by space for the values of one report and
//! for data from the host. Space for one report is enough because a report ends before the next call.

use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, InstructionSink, MemArg, MemorySection, MemoryType, Module, NameMap,
    NameSection, TypeSection, ValType,
};
use wasmparser::FuncType;

use super::patch::{self, Patches};
use super::{Capabilities, Functions, INTERFACE, pointer};
use crate::names::{self, MainMemoryOp};

/// Size of a `variant value` in bytes: the discriminant, and 8 bytes at their alignment.
const VALUE: u32 = 16;
/// Offset of the payload in a `variant value`.
const PAYLOAD: u64 = 8;
const PAGE: u32 = 65536;

/// Range of memory, in bytes.
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    length: u32,
}

/// Indices of the functions that every report calls.
struct Report {
    before: u32,
    after: u32,
    /// The function that reports main's memory, and the function that returns its size.
    memory: Option<(u32, u32)>,
    /// The function that reports main's stack pointer, and the function that returns it.
    stack_pointer: Option<(u32, u32)>,
}

/// Generates a module that exports `functions` and imports each of them from `implements`.
pub(super) fn module(implements: &str, functions: &Functions, with: Capabilities) -> Vec<u8> {
    let mut types = TypeSection::new();
    let mut imports = ImportSection::new();
    let mut function_names = NameMap::new();
    let mut count = 0;
    let mut import =
        |types: &mut TypeSection, module: &str, field: &str, params: Vec<ValType>, results: Vec<ValType>| {
            types.ty().function(params, results);
            imports.import(module, field, EntityType::Function(types.len() - 1));
            function_names.append(count, &format!("{module}#{field}"));
            count += 1;
            count - 1
        };
    let pointers = |n: usize| vec![ValType::I32; n];
    let report = Report {
        before: import(&mut types, INTERFACE, "before", pointers(6), vec![]),
        after: import(&mut types, INTERFACE, "after", pointers(6), vec![]),
        memory: with.memory.then(|| {
            let shown = import(&mut types, &names::in_main(INTERFACE), "memory", pointers(2), vec![]);
            (shown, import(&mut types, names::MAIN_MEMORY, MainMemoryOp::Size.field(), vec![], pointers(1)))
        }),
        stack_pointer: with.stack_pointer.then(|| {
            let report_pointer = import(&mut types, INTERFACE, "stack-pointer", pointers(1), vec![]);
            (report_pointer, import(&mut types, names::MAIN, pointer::GETTER, vec![], pointers(1)))
        }),
    };
    // Writes by main's own functions are not checked.
    let patches = (with.patches && implements != names::MAIN).then(|| {
        let fill = import(&mut types, INTERFACE, "fill", pointers(1), vec![]);
        let restore = import(&mut types, INTERFACE, "restore", pointers(2), vec![]);
        let store = import(&mut types, names::MAIN_MEMORY, MainMemoryOp::Store.field(), pointers(3), vec![]);
        Patches { room: 0, fill, restore, store, apply: 0 }
    });
    let first = functions.iter().fold(None, |first, (name, ty)| {
        let index = import(&mut types, implements, name, encoded(ty.params()), encoded(ty.results()));
        first.or(Some(index))
    });
    let first_import = first.unwrap_or(count);
    let imported = count;

    let mut text = Vec::new();
    let mut span = |name: &str| {
        let start = text.len() as u32;
        text.extend_from_slice(name.as_bytes());
        Span { start, length: name.len() as u32 }
    };
    let module_name = span(implements);
    let spans: Vec<Span> = functions.keys().map(|name| span(name)).collect();
    let values = (text.len() as u32).next_multiple_of(VALUE);
    let most = functions.values().map(|ty| ty.params().len().max(ty.results().len())).max().unwrap_or_default();
    let room = values + most as u32 * VALUE;
    let room = room.next_multiple_of(VALUE);
    let pages = (room + patches.map_or(0, |_| patch::ROOM)).div_ceil(PAGE).max(1);
    // These functions follow the forwarding functions.
    let apply = imported + functions.len() as u32;
    let patches = patches.map(|patches| Patches { room, apply, ..patches });
    let place = Place { module: module_name, values };

    let mut section = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    for (index, ((name, ty), span)) in (0..).zip(functions.iter().zip(spans)) {
        // The function has the type of the import that it calls.
        section.function(first_import + index);
        exports.export(name, ExportKind::Func, imported + index);
        code.function(&body(ty, span, &place, &report, patches.as_ref(), first_import + index));
        function_names.append(imported + index, name);
    }
    let mut globals = GlobalSection::new();
    if let Some(patches) = &patches {
        let realloc = names::IMPORT_REALLOCS[0];
        types.ty().function([], []);
        section.function(types.len() - 1);
        code.function(&patches.apply());
        function_names.append(apply, "polyfill.patch");
        types.ty().function(pointers(4), pointers(1));
        section.function(types.len() - 1);
        code.function(&patches.realloc());
        function_names.append(apply + 1, realloc);
        exports.export(realloc, ExportKind::Func, apply + 1);
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i32_const(0));
    }
    let mut memories = MemorySection::new();
    let (minimum, maximum) = (u64::from(pages), Some(u64::from(pages)));
    memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0), text);
    let mut debug = NameSection::new();
    debug.functions(&function_names);

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&section).section(&memories);
    if !globals.is_empty() {
        module.section(&globals);
    }
    module.section(&exports);
    module.section(&code).section(&data).section(&debug);
    module.finish()
}

/// Memory layout of a report.
struct Place {
    module: Span,
    values: u32,
}

/// Generates a function that reports the arguments, forwards the call, and reports the results.
fn body(
    ty: &FuncType,
    function: Span,
    place: &Place,
    report: &Report,
    patches: Option<&Patches>,
    next: u32,
) -> Function {
    let &Place { module, values } = place;
    let (params, results) = (encoded(ty.params()), encoded(ty.results()));
    let first_result = params.len() as u32;
    // Failure can be detected only for functions that return an errno.
    let patches = patches.filter(|_| results == [ValType::I32]);
    let locals: Vec<(u32, ValType)> = results.iter().map(|ty| (1, *ty)).collect();
    let mut body = Function::new(locals);
    let mut code = body.instructions();
    let show = |code: &mut InstructionSink<'_>| {
        if let Some((shown, size)) = report.memory {
            code.i32_const(0).call(size).call(shown);
        }
    };
    let tell = |code: &mut InstructionSink<'_>, types: &[ValType], first: u32, to: u32| {
        show(code);
        if let Some((report_pointer, get)) = report.stack_pointer {
            code.call(get).call(report_pointer);
        }
        for (index, ty) in (0..).zip(types) {
            store(code, values + index * VALUE, *ty, first + index);
        }
        for span in [module, function, Span { start: values, length: types.len() as u32 }] {
            code.i32_const(span.start.cast_signed()).i32_const(span.length.cast_signed());
        }
        code.call(to);
    };
    tell(&mut code, &params, 0, report.before);
    if let Some(patches) = patches {
        patches.before(&mut code);
    }
    for local in 0..first_result {
        code.local_get(local);
    }
    code.call(next);
    for index in (0..results.len() as u32).rev() {
        code.local_set(first_result + index);
    }
    if let Some(patches) = patches {
        show(&mut code);
        patches.after(&mut code, first_result);
    }
    tell(&mut code, &results, first_result, report.after);
    for index in 0..results.len() as u32 {
        code.local_get(first_result + index);
    }
    code.end();
    body
}

/// Stores a local as a `value`.
fn store(code: &mut InstructionSink<'_>, at: u32, ty: ValType, local: u32) {
    let discriminant = match ty {
        ValType::I64 => 1,
        ValType::F32 => 2,
        ValType::F64 => 3,
        _ => 0,
    };
    let operand =
        |offset, align| MemArg { offset, align, target: wasm_encoder::MemArgTarget::Memory(0), ordering: None };
    let at = at.cast_signed();
    code.i32_const(at).i32_const(discriminant).i32_store8(operand(0, 0));
    code.i32_const(at).local_get(local);
    match ty {
        ValType::I64 => code.i64_store(operand(PAYLOAD, 3)),
        ValType::F32 => code.f32_store(operand(PAYLOAD, 2)),
        ValType::F64 => code.f64_store(operand(PAYLOAD, 3)),
        _ => code.i32_store(operand(PAYLOAD, 2)),
    };
}

/// Converts number types. Other types have been rejected before.
fn encoded(types: &[wasmparser::ValType]) -> Vec<ValType> {
    let encode = |ty: &wasmparser::ValType| match ty {
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        _ => ValType::I32,
    };
    types.iter().map(encode).collect()
}
