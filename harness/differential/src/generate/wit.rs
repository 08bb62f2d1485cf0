//! Small worlds as text: all kinds of types, resources and versions, in one package with a few interfaces.

use std::fmt::Write as _;

use wit_parser::{Resolve, WorldId};

use super::{Sample, Unit};
use crate::inputs::{self, Encoding, Options};
use crate::module::Core;
use crate::random::Random;

/// Types without a name.
const TYPES: [&str; 22] = [
    "u8",
    "s32",
    "u64",
    "f32",
    "f64",
    "bool",
    "char",
    "string",
    "string",
    "list<u8>",
    "list<string>",
    "option<u32>",
    "option<string>",
    "tuple<u8, u64>",
    "tuple<u64, u64, u64, u64, u64, u64, u64, u64, u64>",
    "result",
    "result<u32, string>",
    "result<_, u8>",
    "result<list<f64>>",
    "list<tuple<string, u32>>",
    "list<option<char>>",
    "option<result<string, list<u16>>>",
];

/// Type definitions of interfaces by name.
const NAMED: [(&str, &str); 8] = [
    ("point", "record point { x: s32, y: s32 }"),
    ("person", "record person { name: string, age: u8 }"),
    ("shape", "variant shape { none, circle(f64), name(string) }"),
    ("color", "enum color { red, green }"),
    ("rights", "flags rights { read, write, run }"),
    ("number", "type number = u32"),
    ("words", "type words = list<string>"),
    ("wide", "record wide { a: u64, b: u64, c: u64, d: u64, e: f64, f: f64, g: f32, h: f32, i: tuple<u8, u8, u8> }"),
];

/// Returns an empty world as a fallback.
pub fn plain() -> Sample {
    let wit = "package t:t;\n\nworld w {\n}\n".to_string();
    let main = Unit { core: Core::default(), wit, world: "w".into(), encoding: Encoding::Utf8 };
    Sample { main, adapters: Vec::new(), options: Options::default() }
}

/// Generates a small world. With `mirrors`, every export is also an import.
pub fn world(random: &mut Random, mirrors: bool) -> Option<(Resolve, WorldId)> {
    let mut writer = Writer { random, mirrors, text: String::from("package t:t;\n"), interfaces: Vec::new() };
    for number in 0..1 + writer.random.below(3) {
        writer.interface(&format!("i{number}"));
    }
    writer.world();
    inputs::resolve(&writer.text, "w").ok()
}

struct Writer<'r> {
    random: &'r mut Random,
    mirrors: bool,
    text: String,
    /// Generated interfaces, each with its types and resources.
    interfaces: Vec<(String, Names)>,
}

#[derive(Clone, Default)]
struct Names {
    types: Vec<String>,
    resources: Vec<String>,
}

impl Writer<'_> {
    fn interface(&mut self, name: &str) {
        let (body, names) = self.body("  ");
        let _ = write!(self.text, "\ninterface {name} {{\n{body}}}\n");
        self.interfaces.push((name.to_string(), names));
    }

    fn world(&mut self) {
        let versioned = self.random.chance(20);
        let mut body = String::new();
        for (name, _) in self.interfaces.clone() {
            if self.mirrors || self.random.chance(60) {
                let _ = writeln!(body, "  import {name};");
            }
            if self.random.chance(if self.mirrors { 80 } else { 35 }) {
                let _ = writeln!(body, "  export {name};");
            }
        }
        if versioned {
            for version in ["0.2.0", "0.2.1", "0.3.0"] {
                if self.random.chance(60) {
                    let _ = writeln!(body, "  import t:v/i@{version};");
                }
            }
        }
        if self.random.chance(20) {
            let (inner, _) = self.body("    ");
            let _ = writeln!(body, "  import inline: interface {{\n{inner}  }}");
        }
        if self.random.chance(15) {
            let (inner, _) = self.body("    ");
            let _ = writeln!(body, "  export inline-out: interface {{\n{inner}  }}");
        }
        for number in 0..self.random.below(3) {
            let function = self.function(&Names::default(), "");
            let _ = writeln!(body, "  import root{number}: {function};");
            if self.mirrors {
                let _ = writeln!(body, "  export mirror{number}: {function};");
            }
        }
        for number in 0..self.random.below(3) {
            let function = self.function(&Names::default(), "");
            let _ = writeln!(body, "  export run{number}: {function};");
        }
        let _ = write!(self.text, "\nworld w {{\n{body}}}\n");
        if versioned {
            self.versions();
        }
    }

    /// Adds three versions of one interface, two of which are compatible.
    fn versions(&mut self) {
        for (version, more) in [("0.2.0", ""), ("0.2.1", "    new: func(s: string) -> string;\n"), ("0.3.0", "")] {
            let _ = write!(
                self.text,
                "\npackage t:v@{version} {{\n  interface i {{\n    record r {{ s: string }}\n    old: func(r: r) -> u32;\n{more}  }}\n}}\n"
            );
        }
    }

    /// Generates the items of an interface.
    fn body(&mut self, indent: &str) -> (String, Names) {
        let mut names = Names::default();
        let mut body = String::new();
        if let Some((other, theirs)) = self.random.pick(&self.interfaces).cloned()
            && self.random.chance(50)
        {
            for (theirs, mine) in [(&theirs.types, &mut names.types), (&theirs.resources, &mut names.resources)] {
                if let Some(name) = self.random.pick(theirs) {
                    let _ = writeln!(body, "{indent}use {other}.{{{name}}};");
                    mine.push(name.clone());
                }
            }
        }
        for _ in 0..self.random.below(3) {
            let (name, definition) = NAMED[self.random.below(NAMED.len())];
            if !names.types.iter().any(|other| other == name) {
                let semicolon = if definition.starts_with("type") { ";" } else { "" };
                let _ = writeln!(body, "{indent}{definition}{semicolon}");
                names.types.push(name.to_string());
            }
        }
        for number in 0..self.random.below(3).saturating_sub(1) + usize::from(self.random.chance(20)) {
            let name = format!("res{number}");
            if names.resources.contains(&name) {
                continue;
            }
            let resource = self.resource(&name, &names, indent);
            body += &resource;
            names.resources.push(name);
        }
        for number in 0..self.random.below(4) {
            let function = self.function(&names, "");
            let _ = writeln!(body, "{indent}f{number}: {function};");
        }
        (body, names)
    }

    fn resource(&mut self, name: &str, names: &Names, indent: &str) -> String {
        let mut body = format!("{indent}resource {name} {{\n");
        if self.random.chance(50) {
            let params = self.params(names);
            let _ = writeln!(body, "{indent}  constructor({params});");
        }
        for number in 0..self.random.below(3) {
            let function = self.function(names, "");
            let _ = writeln!(body, "{indent}  m{number}: {function};");
        }
        if self.random.chance(40) {
            let function = self.function(names, "static ");
            let _ = writeln!(body, "{indent}  s: {function};");
        }
        body + indent + "}\n"
    }

    fn function(&mut self, names: &Names, modifier: &str) -> String {
        let params = self.params(names);
        let result = if self.random.chance(60) { format!(" -> {}", self.ty(names, true)) } else { String::new() };
        format!("{modifier}func({params}){result}")
    }

    fn params(&mut self, names: &Names) -> String {
        let count = if self.random.chance(5) { 17 } else { self.random.below(4) };
        (0..count).map(|number| format!("p{number}: {}", self.ty(names, false))).collect::<Vec<_>>().join(", ")
    }

    fn ty(&mut self, names: &Names, result: bool) -> String {
        let plain = TYPES[self.random.below(TYPES.len())].to_string();
        match self.random.below(6) {
            0 | 1 => self.random.pick(&names.types).cloned().unwrap_or(plain),
            2 => match self.random.pick(&names.resources).cloned() {
                Some(resource) if !result && self.random.chance(50) => format!("borrow<{resource}>"),
                Some(resource) => resource,
                None => plain,
            },
            3 => match self.random.pick(&names.types) {
                Some(name) => format!("list<{name}>"),
                None => plain,
            },
            _ => plain,
        }
    }
}
