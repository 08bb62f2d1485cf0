//! Corrupted modules produce an error or a valid module, and never a panic.

use polyfill_testing::Random;
use rayon::prelude::*;

use super::linked::{Damage, module};
use super::support::{GROW, MAIN, text, trim_as, trim_unvalidated, trim_with, wat};
use crate::trim::{Form, MainRealloc, ShadowStack, form};

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

/// Returns a module with a few flipped bits in each round.
fn corrupted(wasm: &[u8]) -> Vec<Vec<u8>> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut flip = || {
        let mut damaged = wasm.to_vec();
        let flips: Vec<(usize, u8)> =
            (0..=random.below(3)).map(|_| (random.below(wasm.len()), 1 << random.below(8))).collect();
        flips.into_iter().for_each(|(place, bit)| damaged[place] ^= bit);
        damaged
    };
    (0..8_000).map(|_| flip()).collect()
}

fn realloc(round: usize) -> MainRealloc<'static> {
    if round.is_multiple_of(2) { GROW } else { MAIN }
}

#[test]
fn corrupted_modules_are_rejected_or_produce_valid_modules() {
    let modules = corrupted(&module(Damage::default()));
    let is_good = |(round, damaged): (usize, &Vec<u8>)| {
        form(damaged);
        // `trim_with` validates the output.
        FORMS.map(|form| {
            let stack = ShadowStack { guard: round.is_multiple_of(3), ..ShadowStack::default() };
            usize::from(trim_with(stack, form, damaged, &EXPORTS, realloc(round)).is_ok())
        })
    };
    let sum = |[a, b]: [usize; 2], [c, d]: [usize; 2]| [a + c, b + d];
    let good = modules.par_iter().enumerate().map(is_good).reduce(|| [0; 2], sum);
    assert!(good[0] > 100, "some corrupted modules should be accepted: {good:?}");
    assert!(good[1] > good[0], "the isolated form should accept more corrupted modules: {good:?}");
}

#[test]
fn corrupted_modules_without_validation_do_not_cause_a_panic() {
    let modules = corrupted(&module(Damage::default()));
    modules[..2_000].par_iter().enumerate().for_each(|(round, damaged)| {
        for form in FORMS {
            let _ = trim_unvalidated(form, damaged, &EXPORTS, realloc(round));
        }
    });
}

/// The adapter is not validated. The reference is found after the search through all code.
#[test]
fn function_that_only_an_invalid_data_offset_refers_to_keeps_its_type() {
    let wasm = wat(r#"
        (module
          (import "old" "f" (func $f (param i64)))
          (memory 1)
          (data (offset (ref.func $f)) "abc")
          (func (export "g") (result i32) (i32.load (i32.const 0))))
    "#);
    let trimmed = trim_unvalidated(Form::Isolated, &wasm, &["g"], MAIN).expect("the module is not validated");
    assert!(text(&trimmed.wasm).contains("(param i64)"), "the import has its own type");
}
