//! Writes a guest that makes the calls of a program in sequence and prints their results, in text format.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::fuzz::Finding;
use crate::fuzz::functions::{Core, FUNCTIONS, Kind, Out};
use crate::fuzz::guest::import;
use crate::fuzz::lower::{Argument, Lowered, POISON, Region, lower};
use crate::fuzz::program::{Call, Fd};

/// Start of the memory of calls. Memory below is used for printing.
const BASE: u32 = 0x1_0000;
/// Start of names.
const NAMES: usize = 0x1000;

/// Functions that print `name number`, or `name` and bytes in hexadecimal. A line is assembled from address 256 on.
const PRINTING: &str = r#"
  (func $put (param $at i32) (param $byte i32) (result i32)
    (i32.store8 (local.get $at) (local.get $byte))
    (i32.add (local.get $at) (i32.const 1)))
  (func $name (param $name i32) (param $length i32) (result i32)
    (memory.copy (i32.const 256) (local.get $name) (local.get $length))
    (call $put (i32.add (i32.const 256) (local.get $length)) (i32.const 32)))
  (func $line (param $end i32)
    (local.set $end (call $put (local.get $end) (i32.const 10)))
    (i32.store (i32.const 0) (i32.const 256))
    (i32.store (i32.const 4) (i32.sub (local.get $end) (i32.const 256)))
    (drop (call $fd_write (i32.const STREAM) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $digits (param $at i32) (param $number i64) (result i32)
    (if (i64.ge_u (local.get $number) (i64.const 10))
      (then (local.set $at (call $digits (local.get $at) (i64.div_u (local.get $number) (i64.const 10))))))
    (call $put (local.get $at) (i32.wrap_i64 (i64.add (i64.rem_u (local.get $number) (i64.const 10)) (i64.const 48)))))
  (func $report (param $name i32) (param $length i32) (param $number i64)
    (call $line (call $digits (call $name (local.get $name) (local.get $length)) (local.get $number))))
  (func $digit (param $at i32) (param $number i32) (result i32)
    (call $put (local.get $at)
      (i32.add (local.get $number) (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $number) (i32.const 10))))))
  (func $show (param $name i32) (param $length i32) (param $from i32) (param $count i32)
    (local $at i32)
    (local.set $at (call $name (local.get $name) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $at (call $digit (local.get $at) (i32.shr_u (i32.load8_u (local.get $from)) (i32.const 4))))
        (local.set $at (call $digit (local.get $at) (i32.and (i32.load8_u (local.get $from)) (i32.const 15))))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (call $line (local.get $at)))
"#;

/// Maximum number of bytes that are printed of a result: a line must end below the names.
const SHOWN: usize = 512;

/// Returns the guest of a finding.
pub(super) fn guest(finding: &Finding, name: &str) -> String {
    let calls = &finding.trial.program.calls;
    let mut writer = Writer::default();
    for call in calls {
        writer.call(call);
    }
    if let Some(call) = calls.get(finding.difference.call) {
        writer.show(call, &finding.difference.place);
    }
    writer.text(name, calls, stream(finding))
}

/// Returns the descriptor to print to: standard output, or standard error if a call affects standard output.
pub(super) fn stream(finding: &Finding) -> u32 {
    let changes = |call: &&Call| matches!(call.function.name, "fd_close" | "fd_renumber" | "fd_write");
    let mut changed = finding.trial.program.calls.iter().filter(changes).flat_map(Call::fds);
    if changed.any(|fd| fd == Fd::Number(1)) { 2 } else { 1 }
}

/// Returns the module in binary format.
pub(super) fn parse(text: &str) -> Result<Vec<u8>, String> {
    ::wat::parse_str(text).map_err(|error| error.to_string())
}

#[derive(Default)]
struct Writer {
    data: String,
    body: String,
    names: Vec<String>,
    /// Memory of each call, by call id.
    placed: Vec<(u32, u32, Lowered)>,
    end: u32,
}

impl Writer {
    fn call(&mut self, call: &Call) {
        let base = BASE + self.end;
        let lowered = lower(call, base);
        self.end += lowered.image.len() as u32;
        let _ = writeln!(self.body, "    ;; {}", call.to_string().replace(";)", "; )"));
        for region in lowered.regions.iter().filter(|region| region.length > 0) {
            let at = base as usize + region.at;
            if region.out {
                let _ = writeln!(
                    self.body,
                    "    (memory.fill (i32.const {at}) (i32.const {POISON}) (i32.const {}))",
                    region.length
                );
            } else {
                let bytes = &lowered.image[region.at..region.at + region.length];
                let _ = writeln!(self.data, "  (data (i32.const {at}) \"{}\")", escaped(bytes));
            }
        }
        for (at, fd) in &lowered.fds {
            let fd = self.fd(*fd);
            let _ = writeln!(self.body, "    (i32.store (i32.const {}) {fd})", base as usize + at);
        }
        let arguments = lowered.arguments.iter().zip(call.function.core()).map(|(argument, core)| match argument {
            Argument::Number(number) if core == Core::I32 => format!(" (i32.const {})", *number as u32 as i32),
            Argument::Number(number) => format!(" (i64.const {})", *number as i64),
            Argument::Fd(fd) => format!(" {}", self.fd(*fd)),
        });
        let made = format!("(call ${}{})", call.function.name, arguments.collect::<String>());
        let name = call.function.name.to_string();
        let line =
            if call.function.returns() { self.report(&name, &format!("(i64.extend_i32_u {made})")) } else { made };
        let _ = writeln!(self.body, "    {line}");
        self.placed.push((call.id, base, lowered));
    }

    /// Prints the parts of a result that differ between the sides.
    fn show(&mut self, call: &Call, place: &str) {
        let Some((_, base, lowered)) = self.placed.iter().find(|(id, ..)| *id == call.id) else { return };
        let (base, regions) = (*base as usize, lowered.regions.clone());
        let part = parts(place);
        let parameters = call.function.parameters.iter().enumerate();
        let of = parameters.filter(|(_, parameter)| match (part, parameter.kind) {
            (Some((out, ..)), Kind::Out(kind)) => out == kind,
            (None, Kind::Events) => matches!(place, "events" | "out"),
            (None, _) => parameter.name == place,
            _ => false,
        });
        let of: BTreeSet<usize> = of.map(|(number, _)| number).collect();
        let shown: Vec<Region> =
            regions.into_iter().filter(|region| region.out && of.contains(&region.parameter)).collect();
        for region in shown {
            let (from, length) = part.map_or((0, region.length.min(SHOWN)), |(_, from, length)| (from, length));
            let (name, count) = self.name(place);
            let at = base + region.at + from;
            let _ = writeln!(
                self.body,
                "    (call $show (i32.const {name}) (i32.const {count}) (i32.const {at}) (i32.const {length}))"
            );
        }
    }

    fn report(&mut self, name: &str, number: &str) -> String {
        let (at, length) = self.name(name);
        format!("(call $report (i32.const {at}) (i32.const {length}) {number})")
    }

    /// Returns the address and the length of a name.
    fn name(&mut self, name: &str) -> (usize, usize) {
        let mut at = NAMES;
        for known in &self.names {
            if known == name {
                return (at, name.len());
            }
            at += known.len();
        }
        self.names.push(name.to_string());
        (at, name.len())
    }

    fn fd(&self, fd: Fd) -> String {
        match fd {
            Fd::Number(number) => format!("(i32.const {})", number as i32),
            Fd::Opened(id) => {
                let opened = self.placed.iter().find(|(known, ..)| *known == id);
                let region = opened.and_then(|(_, base, lowered)| Some((base, lowered.regions.last()?)));
                region.map_or("(i32.const -2)".to_string(), |(base, region)| {
                    format!("(i32.load (i32.const {}))", *base as usize + region.at)
                })
            }
        }
    }

    fn text(&self, name: &str, calls: &[Call], stream: u32) -> String {
        let printing = PRINTING.replace("STREAM", &stream.to_string());
        let used: BTreeSet<&str> = calls.iter().map(|call| call.function.name).chain(["fd_write"]).collect();
        let imports: String = FUNCTIONS.iter().filter(|function| used.contains(function.name)).map(import).collect();
        let pages = 2 + self.end / 0x1_0000;
        format!(
            ";; Found by `polyfill fuzz`.\n(module ${name}\n{imports}  (memory (export \"memory\") {pages})\n\
             \x20 (data (i32.const {NAMES}) \"{}\")\n{}{printing}  (func (export \"_start\")\n{}  ))\n",
            self.names.concat(),
            self.data,
            self.body
        )
    }
}

/// Returns the offset of a named result within a structure, and its size.
fn parts(place: &str) -> Option<(Out, usize, usize)> {
    Some(match place {
        "nlink" => (Out::Filestat, 24, 8),
        "size" => (Out::Filestat, 32, 8),
        "atim" => (Out::Filestat, 40, 8),
        "mtim" => (Out::Filestat, 48, 8),
        "flags" => (Out::Fdstat, 2, 2),
        "base" => (Out::Fdstat, 8, 8),
        "inheriting" => (Out::Fdstat, 16, 8),
        "tag" => (Out::Prestat, 0, 1),
        "name length" => (Out::Prestat, 4, 4),
        _ => return None,
    })
}

/// Escapes bytes for a string in text format.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b' '..=b'~' if !matches!(byte, b'"' | b'\\') => text.push(char::from(*byte)),
            _ => drop(write!(text, "\\{byte:02x}")),
        }
    }
    text
}
