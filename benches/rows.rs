//! One guest with one adapter: its times, its sizes, its allocations.

use std::hint::black_box;

use serde::Serialize;

use crate::contenders;
use crate::heap::{self, Use};
use crate::inputs::{Adapter, Inputs};
use crate::timing;

/// A row of the table.
#[derive(Debug, Serialize)]
pub struct Row {
    /// The guest's name.
    pub guest: &'static str,
    /// The adapter's name.
    pub adapter: &'static str,
    /// The size of the guest's module.
    pub guest_bytes: usize,
    /// Median times.
    pub seconds: Seconds,
    /// What the component has beyond the guest's module.
    pub added: Added,
    /// What one encoding allocates, without validation.
    pub heap: Heap,
}

/// Median times of one piece of work.
#[derive(Debug, Serialize)]
pub struct Seconds {
    /// A copy of the guest into fresh memory.
    pub copy: f64,
    /// Without validation.
    pub encoding: Both,
    /// With validation.
    pub validated: Both,
}

/// The same, done by both.
#[derive(Debug, Serialize)]
pub struct Both {
    /// By the reference.
    pub reference: f64,
    /// By us, everything from bytes.
    pub cold: f64,
    /// By us, with adapter and world prepared, the guest of a shape that was seen before.
    pub prepared: f64,
    /// The same, of a shape that was not.
    pub anew: f64,
}

/// Bytes of the component beyond those of the guest's module.
#[derive(Debug, Serialize)]
pub struct Added {
    pub reference: i64,
    pub ours: i64,
}

/// What one encoding allocates.
#[derive(Debug, Serialize)]
pub struct Heap {
    pub reference: Use,
    pub cold: Use,
    pub prepared: Use,
}

/// A guest that there is no row for, and why.
#[derive(Debug, Serialize)]
pub struct LeftOut {
    pub guest: &'static str,
    pub reason: String,
}

/// Measures all rows.
pub fn measure(inputs: &Inputs) -> (Vec<Row>, Vec<LeftOut>) {
    let (mut rows, mut left_out) = (Vec::new(), Vec::new());
    for guest in &inputs.guests {
        match &guest.wasm {
            Ok(wasm) => {
                for adapter in &inputs.adapters {
                    eprintln!("{} with the adapter `{}`", guest.name, adapter.name);
                    rows.push(row(guest.name, wasm, adapter, inputs));
                }
            }
            Err(reason) => left_out.push(LeftOut { guest: guest.name, reason: reason.clone() }),
        }
    }
    (rows, left_out)
}

fn row(name: &'static str, guest: &[u8], adapter: &Adapter, inputs: &Inputs) -> Row {
    let theirs = if adapter.reference_takes_it { adapter } else { &inputs.adapters[0] };
    let reference = |validate| contenders::reference(guest, &theirs.wasm, validate);
    let cold = |validate| contenders::cold(guest, &adapter.wasm, validate);
    let stack = contenders::adapters(&adapter.wasm);
    let shop = [false, true].map(|validate| contenders::prepare(&stack, validate));
    let prepared = |validate: bool| contenders::prepared(&shop[usize::from(validate)], guest);
    let fine = |component: Result<Vec<u8>, String>| {
        component.unwrap_or_else(|error| panic!("{name} with the adapter `{}`: {error}", adapter.name))
    };

    let anew = |validate: bool| contenders::prepared_anew(&shop[usize::from(validate)], guest);
    let works: [&dyn Fn() -> usize; 9] = [
        &|| black_box(guest.to_vec()).len(),
        &|| fine(reference(false)).len(),
        &|| fine(cold(false)).len(),
        &|| fine(prepared(false)).len(),
        &|| fine(anew(false)).len(),
        &|| fine(reference(true)).len(),
        &|| fine(cold(true)).len(),
        &|| fine(prepared(true)).len(),
        &|| fine(anew(true)).len(),
    ];
    let times = timing::medians(&works);
    let both = |from: usize| Both {
        reference: times[from],
        cold: times[from + 1],
        prepared: times[from + 2],
        anew: times[from + 3],
    };
    let seconds = Seconds { copy: times[0], encoding: both(1), validated: both(5) };

    let (theirs, reference) = heap::count(|| fine(reference(false)));
    let (ours, cold) = heap::count(|| fine(cold(false)));
    let (_, prepared) = heap::count(|| fine(prepared(false)));
    let added = |component: &[u8]| component.len() as i64 - guest.len() as i64;
    Row {
        guest: name,
        adapter: adapter.name,
        guest_bytes: guest.len(),
        seconds,
        added: Added { reference: added(&theirs), ours: added(&ours) },
        heap: Heap { reference, cold, prepared },
    }
}
