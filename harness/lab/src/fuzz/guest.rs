//! The guest of all programs. It exports a function that calls any preview1 function with plain numbers, and two
//! functions that write and read its memory. Therefore it is compiled only once per side.

use std::fmt::Write;

use wit_parser::Resolve;

use super::functions::{Core, FUNCTIONS, Function};

/// Start of the memory of calls.
pub const SCRATCH: u32 = 0x1_0000;
/// Size of the memory in pages.
pub const ROOM: usize = 15 * 0x1_0000;
/// Maximum number of core parameters of a function.
pub const MOST: usize = 9;

/// World of the component. `call` takes the index of the function.
const WIT: &str = "
package polyfill:fuzz;
world guest {
    export poke: func(image: list<u8>);
    export call: func(function: u32, a0: u64, a1: u64, a2: u64, a3: u64, a4: u64, a5: u64, a6: u64, a7: u64, a8: u64) -> u32;
    export peek: func(length: u32) -> list<u8>;
}";

/// Returns the world of the guest.
pub fn wit() -> Result<polyfill_encoder::Wit, String> {
    world(WIT)
}

/// Parses the world `guest` of a package in WIT text.
pub fn world(wit: &str) -> Result<polyfill_encoder::Wit, String> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("guest.wit", wit).map_err(|error| error.to_string())?;
    let world = resolve.select_world(&[package], Some("guest")).map_err(|error| error.to_string())?;
    Ok(polyfill_encoder::Wit { resolve, world })
}

/// Returns the core module. Passed data is written to the fixed address of the memory of calls.
pub fn text() -> String {
    let arguments = |function: &Function| {
        let core = function.core().enumerate().map(|(at, core)| match core {
            Core::I32 => format!("(i32.wrap_i64 (local.get $a{at}))"),
            Core::I64 => format!("(local.get $a{at})"),
        });
        core.collect()
    };
    let Calls { imports, body } = calls(FUNCTIONS, arguments);
    let parameters: String = (0..MOST).map(|at| format!(" (param $a{at} i64)")).collect();
    let pages = 1 + ROOM / 0x1_0000;
    format!(
        "(module $fuzz\n{imports}(memory (export \"memory\") {pages})\n\
         (func (export \"_start\"))\n\
         (func (export \"cabi_export_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const {SCRATCH}))\n\
         (func (export \"poke\") (param i32 i32))\n\
         (func (export \"peek\") (param $length i32) (result i32)\n\
         (i32.store (i32.const 0) (i32.const {SCRATCH}))\n\
         (i32.store (i32.const 4) (local.get $length))\n(i32.const 0))\n\
         (func (export \"call\") (param $function i32){parameters} (result i32)\n\
         {body}))\n"
    )
}

/// Code that calls functions by index, in text format.
pub struct Calls {
    /// Imports of the functions.
    pub imports: String,
    /// Body of a function that takes the index `$function` and returns an errno.
    pub body: String,
}

/// Builds the code for a list of functions, which determines the indices. `arguments` returns the arguments of a
/// function, each an expression.
pub fn calls(functions: &[Function], arguments: impl Fn(&Function) -> Vec<String>) -> Calls {
    let mut imports = String::new();
    let (mut opens, mut arms) = (String::new(), String::new());
    for (number, function) in functions.iter().enumerate() {
        imports += &import(function);
        opens = format!("(block $f{number}\n{opens}");
        let call = format!("(call ${} {})", function.name, arguments(function).join(" "));
        let call = if function.returns() { format!("(return {call})") } else { format!("{call} unreachable") };
        let _ = writeln!(arms, ")\n{call}");
    }
    let targets: Vec<String> = (0..functions.len()).map(|number| format!("$f{number}")).collect();
    Calls { imports, body: format!("{opens}(br_table {} (local.get $function)){arms}unreachable", targets.join(" ")) }
}

/// Returns an import of a function in text format.
pub fn import(function: &Function) -> String {
    let parameters: Vec<&str> = function.core().map(Core::word).collect();
    let parameters = if parameters.is_empty() { String::new() } else { format!(" (param {})", parameters.join(" ")) };
    let result = if function.returns() { " (result i32)" } else { "" };
    let name = function.name;
    format!("  (import \"{}\" \"{name}\" (func ${name}{parameters}{result}))\n", polyfill_reference::IMPORT_MODULE)
}
