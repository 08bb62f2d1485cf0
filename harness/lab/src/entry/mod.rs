//! Each function of preview1 as the very first call, each out of the guest's allocator while an adapter asks it for memory, and
//! each again and again; in guests of all shapes.
//!
//! An adapter sets itself up at its first call, whichever that is, and may ask main for memory then and later. An allocator of
//! a language with a runtime may look at the clock meanwhile, or print: a call into an adapter that is in the middle of one.

mod again;
mod bench;
mod guest;
mod report;
mod shape;
mod table;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use polyfill_build::AdapterModule;
use thiserror::Error;

use crate::hunt::{FUNCTIONS, Function};
use again::{FEW, MANY, More};
use bench::{Bench, Guest};
pub use report::Report;
use report::Shaped;
pub use shape::Shape;
use table::Table;

/// An adapter that cannot be looked at.
#[derive(Debug, Error)]
#[error("the guest cannot be made for {name}: {why}")]
pub struct EntryError {
    /// The adapter.
    pub name: String,
    /// Why.
    pub why: String,
}

/// An adapter, and where it runs.
#[derive(Clone, Debug)]
pub struct Subject {
    /// How it is called.
    pub name: String,
    /// It.
    pub module: AdapterModule,
    /// The host.
    pub host: String,
}

/// How a call went: an errno by its name, or how the run ended.
pub type End = String;

/// What two calls came to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ends {
    /// Of the call out of the allocator; none if the run was over before it came back.
    inner: Option<End>,
    outer: End,
}

/// Makes all calls, on all processors: in a plain guest, and in guests of these shapes.
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

/// Something for each function, on all processors.
fn each<T: Send>(functions: &[Function], work: impl Fn(usize, &Function) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let threads = polyfill_build::system::threads::processors();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(function) = functions.get(number) else { return };
                    let result = work(number, function);
                    done.lock().unwrap_or_else(PoisonError::into_inner).insert(number, result);
                }
            });
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}
