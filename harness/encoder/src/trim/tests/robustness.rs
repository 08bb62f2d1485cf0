//! Corrupted modules produce an error or a valid module, and never a panic.

use rayon::prelude::*;

use super::linked::{Damage, module};
use super::support::{GROW, MAIN, trim_as, trim_with};
use crate::trim::{Form, ShadowStack, form};

/// Generates pseudorandom positions with xorshift64, reproducibly.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

const EXPORTS: [&str; 6] = ["record", "bump", "call", "slot", "dead", "heap"];

const FORMS: [Form; 2] = [Form::Shared, Form::Isolated];

#[test]
fn truncated_modules_do_not_cause_a_panic() {
    let wasm = module(Damage::default());
    for length in 0..wasm.len() {
        for form in FORMS {
            let _ = trim_as(form, &wasm[..length], &EXPORTS, GROW);
        }
        form(&wasm[..length]);
    }
}

#[test]
fn corrupted_modules_are_rejected_or_produce_valid_modules() {
    let wasm = module(Damage::default());
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut flips = || (0..=random.below(3)).map(|_| (random.below(wasm.len()), 1 << random.below(8))).collect();
    let damages: Vec<Vec<(usize, u8)>> = (0..8_000).map(|_| flips()).collect();
    let is_good = |(round, flips): (usize, &Vec<(usize, u8)>)| {
        let mut damaged = wasm.clone();
        for (place, bit) in flips {
            damaged[*place] ^= bit;
        }
        let realloc = if round % 2 == 0 { GROW } else { MAIN };
        form(&damaged);
        // `trim_with` validates the output.
        FORMS.map(|form| {
            let stack = ShadowStack { guard: round % 3 == 0, ..ShadowStack::default() };
            usize::from(trim_with(stack, form, &damaged, &EXPORTS, realloc).is_ok())
        })
    };
    let sum = |[a, b]: [usize; 2], [c, d]: [usize; 2]| [a + c, b + d];
    let good = damages.par_iter().enumerate().map(is_good).reduce(|| [0; 2], sum);
    assert!(good[0] > 100, "some corrupted modules should be accepted: {good:?}");
    assert!(good[1] > good[0], "the isolated form should accept more corrupted modules: {good:?}");
}
