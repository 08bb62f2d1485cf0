//! Reduction of instructions: removes ranges of decreasing size, and unwraps blocks.

use polyfill_runner::Outcome;

use super::body::{Body, bodies};
use super::module::with_body;
use super::{ShrinkError, Work};

impl<P: FnMut(&str, usize)> Work<'_, P> {
    /// Removes instructions that the outcome does not need, until no removal succeeds or the time limit is reached.
    pub(super) fn cut(&mut self, mut main: Vec<u8>, outcome: &Outcome) -> Result<Vec<u8>, ShrinkError> {
        loop {
            let before = main.len();
            // Later functions first: they are usually farther from the end of the run.
            for index in (0..bodies(&main)?.len()).rev() {
                main = self.cut_body(main, index, outcome)?;
            }
            if main.len() == before || self.is_over() {
                return Ok(main);
            }
        }
    }

    fn cut_body(&mut self, mut main: Vec<u8>, index: usize, outcome: &Outcome) -> Result<Vec<u8>, ShrinkError> {
        let mut size = bodies(&main)?.get(index).map_or(0, Body::len);
        while size > 0 {
            let mut at = 0;
            while let Some((shorter, place)) = self.shorter(&main, index, at, size, outcome)? {
                (self.progress)("bytes of main", shorter.len());
                (main, at) = (shorter, place);
            }
            if self.is_over() {
                return Ok(main);
            }
            size /= 2;
        }
        Ok(main)
    }

    /// Returns the next smaller main with the same outcome, with its position. Tries ranges of a function from `from`
    /// on.
    fn shorter(
        &mut self,
        main: &[u8],
        index: usize,
        from: usize,
        size: usize,
        outcome: &Outcome,
    ) -> Result<Option<(Vec<u8>, usize)>, ShrinkError> {
        let bodies = bodies(main)?;
        let Some(body) = bodies.get(index) else { return Ok(None) };
        for at in (from..body.len()).step_by(size.div_ceil(2)) {
            for candidate in candidates(body, at, size) {
                let tried = with_body(main, index, &candidate)?;
                if self.ends_so(&tried, outcome) {
                    return Ok(Some((tried, at)));
                }
                if self.is_over() {
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }
}

/// Returns bodies without a range of about that size. With the smallest size, also tries each block as a whole.
fn candidates(body: &Body<'_>, at: usize, size: usize) -> Vec<Vec<u8>> {
    let mut candidates = Vec::new();
    let range = body.end(at, size);
    candidates.extend(range.and_then(|end| body.without(at, end)));
    if size == 1 {
        candidates.extend(body.block(at).filter(|end| Some(*end) != range).and_then(|end| body.without(at, end)));
        candidates.extend(body.unwrapped(at));
        // An operand and its use.
        candidates.extend((2..=4).filter_map(|size| body.end(at, size).and_then(|end| body.without(at, end))));
    }
    candidates
}
