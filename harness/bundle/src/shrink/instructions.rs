//! Main with fewer instructions: ranges of them go, many at a time and fewer and fewer, and blocks around others.

use polyfill_runner::Outcome;

use super::body::{Body, bodies};
use super::module::with_body;
use super::{ShrinkError, Work};

impl<P: FnMut(&str, usize)> Work<'_, P> {
    /// Leaves out what the outcome does not need, until nothing can go any more or the time is over.
    pub(super) fn cut(&mut self, mut main: Vec<u8>, outcome: &Outcome) -> Result<Vec<u8>, ShrinkError> {
        loop {
            let before = main.len();
            // The later ones first: they are farther from the end of the run, as a rule.
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

    /// The next smaller main that still ends so, by a range of a function from `from` on, and where that was.
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

/// Shorter bodies, by a range of about that size; in the end, each block is tried as a whole, too.
fn candidates(body: &Body<'_>, at: usize, size: usize) -> Vec<Vec<u8>> {
    let mut candidates = Vec::new();
    let range = body.end(at, size);
    candidates.extend(range.and_then(|end| body.without(at, end)));
    if size == 1 {
        candidates.extend(body.block(at).filter(|end| Some(*end) != range).and_then(|end| body.without(at, end)));
        candidates.extend(body.unwrapped(at));
        // An operand and what is done with it.
        candidates.extend((2..=4).filter_map(|size| body.end(at, size).and_then(|end| body.without(at, end))));
    }
    candidates
}
