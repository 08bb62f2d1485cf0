//! Reduction of static data: bytes that the run does not read become zeros.

#![allow(clippy::single_range_in_vec_init, reason = "lists of ranges are meant")]

use std::ops::Range;

use polyfill_runner::Outcome;
use wasm_encoder::{ConstExpr, DataSection, Encode as _, SectionId};
use wasmparser::{BinaryReader, DataKind, DataSectionReader, Operator};

use super::module::{section, with_section};
use super::reduce::ReduceError;
use super::{ShrinkError, Work};

/// Minimum size in bytes of a separate range. The header of a segment takes as many bytes.
const LEAST: usize = 16;

/// Initial contents of a module's memory, and the remaining parts.
struct Data<'a> {
    segments: Vec<(i32, &'a [u8])>,
    /// Ranges by segment.
    left: Vec<Vec<Range<usize>>>,
}

impl<P: FnMut(&str, usize)> Work<'_, P> {
    /// Removes static data that the outcome does not need, within the time limit.
    pub(super) fn clear(&mut self, main: &[u8], outcome: &Outcome) -> Result<Vec<u8>, ShrinkError> {
        let Some(mut data) = Data::of(main)? else { return Ok(main.to_vec()) };
        for segment in 0..data.segments.len() {
            let mut ranges = vec![0..data.segments[segment].1.len()];
            while let Some(range) = ranges.pop().filter(|_| !self.is_over()) {
                let fewer = data.without(segment, &range);
                let made = fewer.write(main)?;
                if made.len() < main.len() && self.ends_so(&made, outcome) {
                    (self.progress)("bytes of main", made.len());
                    data = fewer;
                } else if range.len() > LEAST {
                    let middle = range.start + range.len() / 2;
                    ranges.extend([range.start..middle, middle..range.end]);
                }
            }
        }
        Ok(data.write(main)?)
    }
}

impl<'a> Data<'a> {
    /// Returns `None` if there is no data to remove, or if segments are referenced by index.
    fn of(main: &'a [u8]) -> Result<Option<Self>, ReduceError> {
        let Some(part) = section(main, SectionId::Data)? else { return Ok(None) };
        let mut segments = Vec::new();
        for data in DataSectionReader::new(BinaryReader::new(&main[part.content], 0))? {
            let data = data?;
            let DataKind::Active { memory_index: 0, offset_expr } = data.kind else { return Ok(None) };
            let Ok(Operator::I32Const { value }) = offset_expr.get_operators_reader().read() else { return Ok(None) };
            segments.push((value, data.data));
        }
        let left = segments.iter().map(|(_, bytes)| vec![0..bytes.len()]).collect();
        Ok(Some(Self { segments, left }))
    }

    fn without(&self, segment: usize, range: &Range<usize>) -> Self {
        let cut = |left: &Range<usize>| [left.start..left.end.min(range.start), left.start.max(range.end)..left.end];
        let mut left = self.left.clone();
        left[segment] = left[segment].iter().flat_map(cut).filter(|part| !part.is_empty()).collect();
        Self { segments: self.segments.clone(), left }
    }

    fn write(&self, main: &[u8]) -> Result<Vec<u8>, ReduceError> {
        let mut section_ = DataSection::new();
        for ((offset, bytes), left) in self.segments.iter().zip(&self.left) {
            for part in left {
                let at = offset.wrapping_add(part.start as i32);
                section_.active(0, &ConstExpr::i32_const(at), bytes[part.clone()].iter().copied());
            }
        }
        let mut made = main.to_vec();
        if let Some(part) = section(&made, SectionId::Data)? {
            let mut content = Vec::new();
            section_.encode(&mut content);
            // The output of `encode` begins with its size, as `with_section` expects.
            let mut reader = BinaryReader::new(&content, 0);
            let size = reader.read_var_u32()? as usize;
            made = with_section(&made, &part, reader.read_bytes(size)?);
        }
        if let Some(part) = section(&made, SectionId::DataCount)? {
            let mut count = Vec::new();
            section_.len().encode(&mut count);
            made = with_section(&made, &part, &count);
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remaining_data_keeps_its_address() {
        let module =
            wat::parse_str(r#"(module (memory 1) (data (i32.const 8) "0123456789") (data (i32.const 99) "x"))"#);
        let module = module.unwrap();
        let data = Data::of(&module).unwrap().unwrap();
        assert_eq!(data.write(&module).unwrap(), module);
        let fewer = data.without(0, &(2..5)).without(1, &(0..1)).write(&module).unwrap();
        let expected = wat::parse_str(r#"(module (memory 1) (data (i32.const 8) "01") (data (i32.const 13) "56789"))"#);
        assert_eq!(fewer, expected.unwrap());
    }
}
