//! Prints a module as WAT.

use std::fmt::Write as _;

use wasmparser::{FuncType, ValType};

use super::{Core, Function, Global, ImportType, Step};

/// Address for the results of a forwarded call whose caller passes a result pointer.
const RESULT: u32 = 256;

impl Core {
    /// Returns the module as text.
    pub fn wat(&self) -> String {
        let mut wat = String::from("(module\n");
        for (number, import) in self.imports.iter().enumerate() {
            let (module, field) = (quoted(&import.module), quoted(&import.field));
            let ty = match &import.ty {
                ImportType::Func(ty) => format!("(func $import{number}{})", signature(ty)),
                ImportType::Memory => "(memory 1)".to_string(),
                ImportType::Global => format!("(global $import{number} i32)"),
            };
            let _ = writeln!(wat, "  (import {module} {field} {ty})");
        }
        for (import, name) in &self.reexports {
            let _ = writeln!(wat, "  (export {} (func $import{import}))", quoted(name));
        }
        for exports in &self.memories {
            let _ = writeln!(wat, "  (memory{} 1)", names(exports));
        }
        if let Some(functions) = &self.table {
            let functions: String = functions.iter().map(|function| format!(" $f{function}")).collect();
            let _ = writeln!(wat, "  (table $table 4 funcref)\n  (elem (table $table) (i32.const 0) func{functions})");
        }
        for (number, global) in self.globals.iter().enumerate() {
            let ty = if global.mutable { format!("(mut {})", global.ty) } else { global.ty.to_string() };
            let _ = writeln!(wat, "  (global ${} (;{number};) {ty} ({}.const 0))", global.name, global.ty);
        }
        for (number, function) in self.functions.iter().enumerate() {
            let _ = write!(wat, "  (func $f{number}{}{}", names(&function.exports), signature(&function.ty));
            function.body(self, &mut wat);
            wat += ")\n";
        }
        if let Some(start) = self.start {
            let _ = writeln!(wat, "  (start $f{start})");
        }
        if self.data {
            wat += "  (data (i32.const 0) \"data\")\n";
        }
        wat + ")\n"
    }

    fn step(&self, step: &Step) -> String {
        let call = |number: usize, target: String, ty: &FuncType| {
            let params = ty.params().iter().enumerate();
            let constants: String = params.map(|(at, ty)| format!("{} ", constant(number + at, *ty))).collect();
            format!("{constants}call {target}{}", " drop".repeat(ty.results().len()))
        };
        match step {
            Step::CallImport(number) => match self.imports.get(*number).map(|import| &import.ty) {
                Some(ImportType::Func(ty)) => call(*number, format!("$import{number}"), ty),
                _ => "nop".to_string(),
            },
            Step::Call(number) => match self.functions.get(*number) {
                Some(function) => call(0, format!("$f{number}"), &function.ty),
                None => "nop".to_string(),
            },
            Step::Memory => "i32.const 0 i32.const 0 i32.load i32.store".to_string(),
            Step::Grow => "i32.const 0 memory.grow drop".to_string(),
            Step::Global(number) => match self.globals.get(*number) {
                Some(Global { name, mutable: true, .. }) => format!("global.get ${name} global.set ${name}"),
                Some(Global { name, .. }) => format!("global.get ${name} drop"),
                None => "nop".to_string(),
            },
            // Steps that depend on the enclosing function are printed there.
            Step::Forward(_) | Step::Allocate => "nop".to_string(),
            Step::Table => "i32.const 0 call_indirect".to_string(),
        }
    }

    fn forward(&self, function: &FuncType, import: usize) -> String {
        let Some(ImportType::Func(ty)) = self.imports.get(import).map(|import| &import.ty) else {
            return "nop".to_string();
        };
        let mut text = String::new();
        for (number, param) in ty.params().iter().enumerate() {
            let last = number + 1 == ty.params().len();
            if function.params().get(number) == Some(param) {
                let _ = write!(text, "local.get {number} ");
            } else if last && *param == ValType::I32 {
                let _ = write!(text, "i32.const {RESULT} ");
            } else {
                let _ = write!(text, "{} ", constant(import + number, *param));
            }
        }
        let _ = write!(text, "call $import{import}");
        let kept = function.params().len();
        match (ty.results(), function.results()) {
            (theirs, ours) if theirs == ours => {
                (0..ours.len()).rev().for_each(|number| text += &format!(" local.set {}", kept + number));
            }
            ([], [ValType::I32]) => text += &format!(" i32.const {RESULT} local.set {kept}"),
            (theirs, _) => text += &" drop".repeat(theirs.len()),
        }
        text
    }
}

impl Function {
    /// Prints the locals for the results, the steps, and the results.
    fn body(&self, core: &Core, wat: &mut String) {
        let kept = self.ty.params().len();
        if !self.ty.results().is_empty() {
            let types: String = self.ty.results().iter().map(|ty| format!(" {ty}")).collect();
            let _ = write!(wat, " (local{types})");
        }
        for step in &self.steps {
            let text = match step {
                Step::Forward(import) => core.forward(&self.ty, *import),
                Step::Allocate if self.ty == super::realloc_type() => {
                    "local.get 3 i32.const 255 i32.and i32.const 4 i32.shl i32.const 4096 i32.add local.set 4"
                        .to_string()
                }
                step => core.step(step),
            };
            let _ = write!(wat, "\n    {text}");
        }
        (0..self.ty.results().len()).for_each(|number| {
            let _ = write!(wat, "\n    local.get {}", kept + number);
        });
    }
}

fn names(exports: &[String]) -> String {
    exports.iter().map(|name| format!(" (export {})", quoted(name))).collect()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn signature(ty: &FuncType) -> String {
    let list = |word: &str, types: &[ValType]| match types {
        [] => String::new(),
        types => format!(" ({word}{})", types.iter().map(|ty| format!(" {ty}")).collect::<String>()),
    };
    list("param", ty.params()) + &list("result", ty.results())
}

/// Returns a constant that most WIT types accept, mostly zero.
fn constant(number: usize, ty: ValType) -> String {
    match ty {
        ValType::V128 => "v128.const i64x2 0 0".to_string(),
        ValType::Ref(_) => "ref.null func".to_string(),
        ValType::I32 => format!("i32.const {}", [0, 8, 0, 1][number % 4]),
        ty => format!("{ty}.const {number}"),
    }
}
