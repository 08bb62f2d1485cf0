//! Mapping from old to new code offsets, for debug information and provenance.
//!
//! All offsets are bytes from the start of the code section's contents, as in DWARF for WebAssembly.

use std::ops::Range;

/// Mapping from old to new offsets of the kept functions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offsets {
    /// Kept functions in the order of their old offsets. Bodies are not adjacent: each is preceded by its size.
    functions: Vec<MovedFunction>,
}

/// Old and new location of a function.
#[derive(Clone, Debug)]
pub(crate) struct MovedFunction {
    /// Original index.
    pub from: u32,
    /// Old body, including locals.
    pub old: Range<u32>,
    /// New body.
    pub new: Range<u32>,
    /// Pieces in ascending order, as offsets in the code sections. Empty if they were not requested.
    pub pieces: Vec<Piece>,
}

/// Old and new offset of a piece of code. It extends to the start of the next piece.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    /// Old offset.
    pub from: u64,
    /// New offset.
    pub to: usize,
    /// Set for code that was copied unchanged. Otherwise the piece is a single re-encoded instruction.
    pub copied: bool,
}

impl Offsets {
    /// Sorts the functions by their old offsets.
    pub fn new(mut functions: Vec<MovedFunction>) -> Offsets {
        functions.sort_by_key(|function| function.old.start);
        Offsets { functions }
    }

    /// Returns the functions in the order of their old offsets.
    pub fn functions(&self) -> &[MovedFunction] {
        &self.functions
    }

    /// Finds the function that contains an old offset; its end is included. A linker's tombstone value is in none.
    pub fn function(&self, old: u64) -> Option<&MovedFunction> {
        let old = u32::try_from(old).ok()?;
        let next = self.functions.partition_point(|function| function.old.start <= old);
        let function = self.functions.get(next.checked_sub(1)?)?;
        (old <= function.old.end).then_some(function)
    }

    /// Returns the functions whose old bodies overlap a range.
    pub fn within(&self, range: &Range<u64>) -> impl Iterator<Item = &MovedFunction> {
        let end = range.end;
        let first = self.functions.partition_point(|function| u64::from(function.old.end) <= range.start);
        self.functions[first..].iter().take_while(move |function| u64::from(function.old.start) < end)
    }

    /// Maps an old range to new ranges, one for each kept function.
    pub fn ranges(&self, range: &Range<u64>) -> impl Iterator<Item = Range<u64>> {
        let Range { start, end } = range.clone();
        self.within(range).filter_map(move |function| {
            let range = function.at(start)..function.at(end);
            (range.start < range.end).then_some(range)
        })
    }
}

impl MovedFunction {
    /// Records an encoded function.
    ///
    /// `old` and the pieces' old offsets are relative to the old module, whose code section's contents start at
    /// `start`. `new` is the length of the new body and its end offset in the new section. The pieces' new offsets are
    /// relative to the start of that body.
    pub fn of(from: u32, old: Range<u64>, new: (usize, usize), mut pieces: Vec<Piece>, start: u64) -> MovedFunction {
        // A valid module has less than 4 GiB of code.
        let was = |position: u64| position.saturating_sub(start) as u32;
        let (length, end) = new;
        let begin = end - length;
        for piece in &mut pieces {
            piece.from = piece.from.saturating_sub(start);
            piece.to += begin;
        }
        MovedFunction { from, old: was(old.start)..was(old.end), new: begin as u32..end as u32, pieces }
    }

    /// Maps an old offset to a new one. Offsets before or after the function map to its start or end. An offset within
    /// a re-encoded instruction maps to the start of that instruction.
    pub fn at(&self, old: u64) -> u64 {
        if old <= u64::from(self.old.start) {
            return u64::from(self.new.start);
        }
        if old >= u64::from(self.old.end) {
            return u64::from(self.new.end);
        }
        let next = self.pieces.partition_point(|piece| piece.from <= old);
        match next.checked_sub(1).and_then(|index| self.pieces.get(index)) {
            Some(piece) if piece.copied => piece.to as u64 + (old - piece.from),
            Some(piece) => piece.to as u64,
            // The offset is within the locals, which precede the first instruction.
            None => self.pieces.first().map_or(u64::from(self.new.start), |piece| piece.to as u64),
        }
    }
}

/// Returns the length in bytes of the shortest LEB128 encoding of a number.
pub(super) fn leb128_len(number: usize) -> usize {
    (usize::BITS - number.leading_zeros()).div_ceil(7).max(1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets() -> Offsets {
        let function = |old: Range<u32>, new: Range<u32>, pieces: &[(u64, usize, bool)]| {
            let pieces = pieces.iter().map(|(from, to, copied)| Piece { from: *from, to: *to, copied: *copied });
            MovedFunction { from: 0, old, new, pieces: pieces.collect() }
        };
        Offsets::new(vec![
            function(40..50, 2..20, &[(42, 4, false), (45, 12, true), (49, 19, false)]),
            function(10..20, 30..38, &[(11, 31, false), (19, 37, false)]),
        ])
    }

    #[test]
    fn addresses_move_with_their_instructions() {
        let offsets = offsets();
        let at = |old| offsets.function(old).map(|function| function.at(old));
        let found: Vec<_> = [9, 10, 11, 15, 20, 21, 39, 41, 42, 44, 45, 47, 50, 51, u64::MAX].map(at).into();
        let (none, some) = (None, Some);
        #[rustfmt::skip]
        let expected = [
            none, some(30), some(31), some(31), some(38), none, none, some(4), some(4), some(4), some(12), some(14),
            some(20), none, none,
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn ranges_are_cut_at_functions() {
        let offsets = offsets();
        let ranges = |range| offsets.ranges(&range).collect::<Vec<_>>();
        assert_eq!(ranges(0..100), [30..38, 2..20]);
        assert_eq!(ranges(19..45), [37..38, 2..12]);
        assert_eq!(ranges(20..40), []);
        assert_eq!(ranges(43..44), []);
        assert_eq!(ranges(u64::from(u32::MAX)..u64::MAX), []);
    }
}
