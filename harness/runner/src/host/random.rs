//! Random bytes; reproducible by default.

use std::convert::Infallible;

use polyfill_builder::case::Seed;
use rand::rand_core::TryRng;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Stream of random bytes. The bytes do not depend on the sizes of the requests.
#[derive(Clone, Debug)]
pub struct Random {
    source: Option<Box<ChaCha8Rng>>,
    block: [u8; 64],
    used: usize,
}

impl Random {
    /// Creates the ChaCha8 stream of a seed, or a nondeterministic stream for [`Seed::Word`]. Default seed: 0.
    pub fn new(seed: Option<&Seed>) -> Self {
        let source = match seed {
            None => Some(0),
            Some(Seed::Number(number)) => Some(*number),
            Some(Seed::Word(_)) => None,
        };
        let source = source.map(|number| Box::new(ChaCha8Rng::seed_from_u64(number)));
        Self { source, block: [0; 64], used: 64 }
    }

    /// Fills the buffer with the next bytes.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        let Some(source) = &mut self.source else {
            return rand::rng().fill_bytes(buffer);
        };
        for byte in buffer {
            if self.used == self.block.len() {
                source.fill_bytes(&mut self.block);
                self.used = 0;
            }
            *byte = self.block[self.used];
            self.used += 1;
        }
    }
}

/// Adapter for wasmtime-wasi, which takes each byte of a list from a separate word: words have one byte here, so that
/// guests get the same bytes as on other hosts.
pub(super) struct Bytewise(pub(super) Random);

impl TryRng for Bytewise {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut byte = [0];
        self.0.fill(&mut byte);
        Ok(byte[0].into())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(buffer);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_any_size_read_the_same_stream() {
        let mut whole = [0; 200];
        Random::new(None).fill(&mut whole);
        let mut random = Random::new(Some(&Seed::Number(0)));
        let mut parts = [0; 200];
        for part in parts.chunks_mut(7) {
            random.fill(part);
        }
        assert_eq!(parts, whole);
    }

    #[test]
    fn seed_random_differs_in_each_run() {
        let seed = Seed::Word("random".into());
        let (mut a, mut b) = ([0; 16], [0; 16]);
        Random::new(Some(&seed)).fill(&mut a);
        Random::new(Some(&seed)).fill(&mut b);
        assert_ne!(a, b);
    }
}
