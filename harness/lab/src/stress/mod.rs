//! Initialization-order and re-entrancy stress tests, and leak tests: every preview1 function as the first call, called
//! from the guest's allocator while an adapter requests memory, and called repeatedly; in guests of all module layouts.
//!
//! An adapter initializes itself at its first call, whichever function that is, and may request memory from main then
//! or later. The allocator of a language with a runtime may read the clock or print meanwhile, which re-enters the
//! adapter in the middle of a call.

mod again;
mod bench;
mod guest;
mod report;
mod shape;
mod table;

use std::collections::BTreeMap;

use polyfill_builder::AdapterModule;
use polyfill_builder::system::threads;
use thiserror::Error;

use crate::fuzz::{FUNCTIONS, Function};
use again::{FEW, MANY, More};
use bench::{Bench, Guest};
pub use report::Report;
use report::Shaped;
pub use shape::Shape;
use table::Table;

/// Error of an adapter that cannot be tested.
#[derive(Debug, Error)]
#[error("cannot encode the guest for {name}: {why}")]
pub struct EntryError {
    /// Name of the adapter.
    pub name: String,
    /// Cause.
    pub why: String,
}

/// Adapter under test and its host.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Name of the adapter.
    pub name: String,
    /// The adapter module.
    pub module: AdapterModule,
    /// Name of the host.
    pub host: String,
}

/// Result of a call: the name of an errno, or the outcome of the run.
pub type End = String;

/// Results of the outer and the inner call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallResults {
    /// Result of the call from the allocator. `None` if the run ended before it returned.
    inner: Option<End>,
    outer: End,
}

/// Makes all calls, in parallel, in a plain guest and in guests of the given layouts.
///
/// # Errors
///
/// Returns an error if the host is not an in-process host, or the plain guest cannot be encoded with the adapter.
pub fn entry(subject: &Subject, shapes: &[Shape]) -> Result<Report, EntryError> {
    let failed = |why: String| EntryError { name: subject.name.clone(), why };
    let bench = Bench::new(subject).map_err(failed)?;
    let guest = bench.guest(Shape::Plain, FUNCTIONS).map_err(failed)?;
    let more = each(FUNCTIONS, |number, function| {
        let [few, many] = [FEW, MANY].map(|times| guest.again(number, times));
        More::of(&few, &many).map(|more| (function.name, more))
    });
    Ok(Report {
        subject: subject.name.clone(),
        host: subject.host.clone(),
        plain: table(&guest),
        more: more.into_iter().flatten().collect(),
        shapes: shapes.iter().map(|shape| (*shape, shaped(&bench, *shape))).collect(),
    })
}

fn shaped(bench: &Bench<'_>, shape: Shape) -> Shaped {
    let table = if shape.is_by_function() {
        let first = |_, function: &Function| {
            let guest = bench.guest(shape, std::slice::from_ref(function))?;
            Ok((guest.only(), 0))
        };
        let firsts: Result<Vec<(End, u32)>, String> = each(FUNCTIONS, first).into_iter().collect();
        firsts.map(|firsts| Table { firsts, within: BTreeMap::new() })
    } else {
        bench.guest(shape, FUNCTIONS).map(|guest| table(&guest))
    };
    table.map_or_else(Shaped::Refused, Shaped::Ran)
}

fn table(guest: &Guest<'_>) -> Table {
    let firsts: Vec<(End, u32)> = (0..FUNCTIONS.len()).map(|number| guest.first(number)).collect();
    let within = each(FUNCTIONS, |number, _| {
        let at = |at| {
            let ends = (0..FUNCTIONS.len()).map(|inner| guest.enter(number, Some((inner, at))).0);
            ((number, at), ends.collect())
        };
        (1..=firsts[number].1).map(at).collect::<Vec<_>>()
    });
    Table { within: within.into_iter().flatten().collect(), firsts }
}

/// Maps all functions in parallel.
fn each<T: Send>(functions: &[Function], work: impl Fn(usize, &Function) -> T + Sync) -> Vec<T> {
    threads::map(threads::processors(), functions.iter().enumerate(), |(number, function)| work(number, function))
}
