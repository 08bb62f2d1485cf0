//! Host that implements every import and logs all calls.

use polyfill_encoder::Copies;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, Type, Val};
use wasmtime::{Config, Engine, OptLevel, Store, Trap, WasmBacktrace};

use super::case::{Case, Variant};

/// Runs a case and returns its log.
pub fn run(component: &[u8], case: &Case, variant: &Variant) -> String {
    let mut config = Config::new();
    // Fast compilation: the code runs briefly. Features that components must not depend on are disabled.
    config.cranelift_opt_level(OptLevel::None);
    config.wasm_multi_memory(variant.copies == Copies::MultiMemory);
    let engine = Engine::new(&config).expect("an engine");
    let component = match Component::new(&engine, component) {
        Ok(component) => component,
        Err(error) => return format!("the engine rejects it: {error:?}\n"),
    };
    let mut linker = Linker::new(&engine);
    for (name, item) in component.component_type().imports(&engine) {
        match item.ty {
            ComponentItem::ComponentInstance(instance) => {
                let mut into = linker.instance(name).expect("an instance");
                for (function, _) in instance.exports(&engine).filter(|(_, i)| is_function(&i.ty)) {
                    answer(&mut into, function, format!("{name}#{function}"));
                }
            }
            ComponentItem::ComponentFunc(_) => answer(&mut linker.root(), name, name.to_string()),
            _ => {}
        }
    }
    let mut store = Store::new(&engine, String::new());
    let instance = match linker.instantiate(&mut store, &component) {
        Ok(instance) => instance,
        Err(error) => {
            let log = std::mem::take(store.data_mut());
            return format!("{log}instantiation traps: {}", trap(&error));
        }
    };
    for call in &case.script.calls {
        let mut words = call.split_whitespace();
        let name = words.next().unwrap_or_default();
        let parameters: Vec<Val> = words.map(|word| Val::U32(word.parse().expect("a number"))).collect();
        let function = instance.get_func(&mut store, name).unwrap_or_else(|| panic!("no export `{name}`"));
        let mut results = vec![Val::Bool(false); function.ty(&store).results().len()];
        let outcome = function.call(&mut store, &parameters, &mut results);
        let log = store.data_mut();
        match outcome {
            Ok(()) => log.push_str(&format!("{call} -> {}\n", list(&results))),
            Err(error) => {
                log.push_str(&format!("{call} traps: {}", trap(&error)));
                break;
            }
        }
    }
    std::mem::take(store.data_mut())
}

fn is_function(item: &ComponentItem) -> bool {
    matches!(item, ComponentItem::ComponentFunc(_))
}

fn answer(linker: &mut LinkerInstance<'_, String>, name: &str, label: String) {
    let added = linker.func_new(name, move |mut store, ty, parameters, results| {
        for (result, ty) in results.iter_mut().zip(ty.results()) {
            *result = value(&ty);
        }
        let line = format!("  host: {label}({}) -> {}\n", list(parameters), list(results));
        store.data_mut().push_str(&line);
        Ok(())
    });
    added.expect("a new name");
}

/// Returns a value of a type.
fn value(ty: &Type) -> Val {
    match ty {
        Type::U32 => Val::U32(7),
        Type::String => Val::String("answer".into()),
        Type::List(list) if list.ty() == Type::U8 => Val::List(b"bytes".iter().map(|byte| Val::U8(*byte)).collect()),
        other => panic!("unsupported type {other:?}"),
    }
}

fn list(values: &[Val]) -> String {
    let show = |value: &Val| match value {
        Val::U32(number) => number.to_string(),
        Val::String(text) => format!("{text:?}"),
        Val::List(bytes) => {
            let bytes = bytes.iter().map(|byte| if let Val::U8(byte) = byte { *byte } else { b'?' });
            format!("{:?}", String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()))
        }
        other => format!("{other:?}"),
    };
    values.iter().map(show).collect::<Vec<_>>().join(", ")
}

/// Formats the reason of a trap and the call stack, innermost function first.
fn trap(error: &wasmtime::Error) -> String {
    let reason = error.downcast_ref::<Trap>().map_or_else(|| error.root_cause().to_string(), Trap::to_string);
    let mut text = format!("{reason}\n");
    for frame in error.downcast_ref::<WasmBacktrace>().map(WasmBacktrace::frames).unwrap_or_default() {
        let module = frame.module().name().unwrap_or("?");
        // A forwarding function may be absent from the stack, depending on the kind of forwarding.
        if module != "polyfill:shim" {
            text.push_str(&format!("  in {module}!{}\n", frame.func_name().unwrap_or("?")));
        }
    }
    text
}
