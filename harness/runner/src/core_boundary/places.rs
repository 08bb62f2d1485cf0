//! Places in main's memory that a call reads and writes, by the description of its function.

use std::collections::BTreeMap;
use std::ops::Range;

use polyfill_abi::{Count, Entries, Function, Known, Length, Shape, Type};

use super::Value;

/// Place in memory that a call writes its output to.
pub(super) struct Place<'a> {
    pub(super) range: Range<u64>,
    /// Name of the parameter or output.
    pub(super) name: &'a str,
    /// Set for a buffer, which may be filled in part. An output is written entirely or not at all.
    pub(super) is_buffer: bool,
    /// Type of the values in it.
    pub(super) element: &'a Type,
    /// Entries in a buffer of bytes.
    pub(super) entries: Option<&'a Entries>,
    /// Set if the call may write a part without reporting its length.
    pub(super) is_partial: bool,
}

/// Outputs that specify the size of buffers of other functions: last values by function and index of the output. Before
/// the first call, those that follow from the inputs of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reported {
    pub(super) values: BTreeMap<(String, usize), u64>,
    pub(super) inputs: Sizes,
}

/// Sizes of the inputs of a run, see [`Known`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sizes {
    pub(super) args: [u64; 2],
    pub(super) env: [u64; 2],
}

impl Sizes {
    pub(super) fn of(args: &[String], env: &[(String, String)]) -> Sizes {
        let sizes = |lengths: Vec<usize>| [lengths.len() as u64, lengths.iter().sum::<usize>() as u64];
        Sizes {
            args: sizes(args.iter().map(|arg| arg.len() + 1).collect()),
            env: sizes(env.iter().map(|(name, value)| name.len() + value.len() + 2).collect()),
        }
    }

    fn known(&self, known: Known) -> u64 {
        match known {
            Known::ArgsCount => self.args[0],
            Known::ArgsBytes => self.args[1],
            Known::EnvCount => self.env[0],
            Known::EnvBytes => self.env[1],
        }
    }
}

impl Reported {
    /// Returns the last value of an output of a function of the same module. `None` if nothing is known about it.
    fn value(&self, function: &str, output: usize, known: Option<Known>) -> Option<u64> {
        let last = self.values.get(&(function.to_string(), output)).copied();
        last.or_else(|| known.map(|known| self.inputs.known(known)))
    }
}

/// Call of a described function.
#[derive(Clone, Copy)]
pub(super) struct Described<'a> {
    pub(super) module: &'a polyfill_abi::Module,
    pub(super) function: &'a Function,
    pub(super) arguments: &'a [Value],
}

impl<'a> Described<'a> {
    /// Returns the places of all outputs: buffers up to the count that `count` returns for the index of an output, and
    /// outputs. `memory` is main's memory before the call.
    pub(super) fn places(&self, memory: &[u8], count: impl Fn(usize) -> u64, reported: &Reported) -> Vec<Place<'a>> {
        let mut places = Vec::new();
        let filled = |filled: Count| match filled {
            Count::Output(output) => count(output),
            Count::All | Count::Unreported => u64::MAX,
        };
        for parameter in &self.function.parameters {
            let name = &parameter.name;
            let start = self.address(parameter.core);
            match &parameter.shape {
                Shape::Memory { element, length, written: true, filled: n, entries } => {
                    let Some(room) = self.length(length, reported) else { continue };
                    let bytes = filled(*n).min(room).saturating_mul(element.size);
                    let range = start..start.saturating_add(bytes);
                    let is_partial = *n == Count::Unreported;
                    let entries = entries.as_ref();
                    places.push(Place { range, name, is_buffer: true, element, entries, is_partial });
                }
                Shape::Buffers { element, written: true, filled: n } => {
                    let ranges = scattered(memory, element, start, self.address(parameter.core + 1), filled(*n));
                    let element = element.as_buffer().map_or(element, |(_, of, _)| of);
                    let place =
                        |range| Place { range, name, is_buffer: true, element, entries: None, is_partial: false };
                    places.extend(ranges.into_iter().map(place));
                }
                _ => {}
            }
        }
        for output in &self.function.outputs {
            let Some(at) = output.core else { continue };
            let start = self.address(at);
            let range = start..start.saturating_add(output.ty.size);
            let (name, element) = (&output.name, &output.ty);
            places.push(Place { range, name, is_buffer: false, element, entries: None, is_partial: false });
        }
        places
    }

    /// Returns the ranges that the function reads: values in memory, and arrays of buffers.
    pub(super) fn reads(&self, reported: &Reported) -> Vec<Range<u64>> {
        let read = |parameter: &polyfill_abi::Parameter| {
            let start = self.address(parameter.core);
            let bytes = match &parameter.shape {
                Shape::Memory { element, length, written: false, .. } => {
                    self.length(length, reported)?.saturating_mul(element.size)
                }
                Shape::Buffers { element, .. } => self.address(parameter.core + 1).saturating_mul(element.size),
                _ => return None,
            };
            Some(start..start.saturating_add(bytes))
        };
        self.function.parameters.iter().filter_map(read).collect()
    }

    /// Returns the number of values in a buffer. `None` if it is not known.
    fn length(&self, length: &Length, reported: &Reported) -> Option<u64> {
        match length {
            Length::Parameter(core) => Some(self.address(*core)),
            Length::One => Some(1),
            Length::Reported { function, output } => {
                let known = self.module.function(function)?.outputs.get(*output)?.known;
                reported.value(function, *output, known)
            }
            Length::Unknown => None,
        }
    }

    /// Notes the outputs of a successful call that specify the size of buffers.
    pub(super) fn note(&self, memory: &[u8], reported: &mut Reported) {
        let places: Vec<Range<u64>> = self
            .function
            .outputs
            .iter()
            .filter_map(|output| {
                let start = self.address(output.core?);
                Some(start..start.saturating_add(output.ty.size))
            })
            .collect();
        // Overlapping outputs have no reliable contents.
        let overlap = |a: &Range<u64>, b: &Range<u64>| a.start < b.end && b.start < a.end;
        if places.iter().enumerate().any(|(at, a)| places[..at].iter().any(|b| overlap(a, b))) {
            return;
        }
        for (index, output) in self.function.outputs.iter().enumerate() {
            if let Some(value) = self.output(index, None, memory).filter(|_| output.ty.size <= 8) {
                reported.values.insert((self.function.name.clone(), index), value);
            }
        }
    }

    /// Returns the value of an output as a number: in memory after a call, or the result of the core function.
    pub(super) fn output(&self, index: usize, result: Option<Value>, memory: &[u8]) -> Option<u64> {
        let output = self.function.outputs.get(index)?;
        match output.core {
            Some(at) => number(memory, self.address(at), output.ty.size),
            None => result.map(Value::bits),
        }
    }

    /// Returns an argument that is an address, a size or a handle; 0 if missing.
    pub(super) fn address(&self, core: usize) -> u64 {
        self.arguments.get(core).map_or(0, |value| value.bits())
    }
}

/// Returns the ranges that the first `count` values of an array of buffers occupy.
fn scattered(memory: &[u8], element: &Type, array: u64, length: u64, mut count: u64) -> Vec<Range<u64>> {
    let Some((_, of, [address, size])) = element.as_buffer() else { return Vec::new() };
    let mut ranges = Vec::new();
    for index in 0..length {
        let at = array.saturating_add(index.saturating_mul(element.size));
        if count == 0 || at >= memory.len() as u64 {
            break;
        }
        let word = |offset| number(memory, at.saturating_add(offset), 4).unwrap_or_default();
        let (start, room) = (word(address), word(size));
        let filled = room.min(count);
        ranges.push(start..start.saturating_add(filled.saturating_mul(of.size)));
        count -= filled;
    }
    ranges
}

/// Reads a little-endian number of up to 8 bytes. Returns `None` beyond the end of memory.
pub(super) fn number(memory: &[u8], at: u64, size: u64) -> Option<u64> {
    let start = usize::try_from(at).ok()?;
    let bytes = memory.get(start..start.checked_add(usize::try_from(size).ok()?)?)?;
    Some(bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
