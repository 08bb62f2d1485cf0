//! One guest with one adapter: times, sizes, allocations.

use std::hint::black_box;

use serde::Serialize;

use crate::contenders;
use crate::heap::{self, Use};
use crate::inputs::{Adapter, Inputs};
use crate::timing;

/// A row of the table.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Name of the guest.
    pub guest: &'static str,
    /// Name of the adapter.
    pub adapter: &'static str,
    /// Size of the guest's module in bytes.
    pub guest_bytes: usize,
    /// Median times.
    pub seconds: Seconds,
    /// Size of the component in addition to the guest's module.
    pub added: Added,
    /// Allocations of one encoding without validation.
    pub heap: Heap,
}

/// Median times of one piece of work.
#[derive(Debug, Serialize)]
pub struct Seconds {
    /// Copy of the guest into fresh memory.
    pub copy: f64,
    /// Encoding without validation.
    pub encoding: Both,
    /// Encoding with validation.
    pub validated: Both,
}

/// Times of both encoders, in seconds.
#[derive(Debug, Serialize)]
pub struct Both {
    /// Reference encoder.
    pub reference: f64,
    /// This project's encoder, everything from bytes.
    pub cold: f64,
    /// This project's encoder with prepared adapter and world, for a guest of a known shape.
    pub prepared: f64,
    /// The same for a guest of a new shape.
    pub anew: f64,
}

/// Bytes of the component in addition to the guest's module.
#[derive(Debug, Serialize)]
pub struct Added {
    pub reference: i64,
    pub ours: i64,
}

/// Allocations of one encoding.
#[derive(Debug, Serialize)]
pub struct Heap {
    pub reference: Use,
    pub cold: Use,
    pub prepared: Use,
}

/// A guest without a row, and the reason.
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
    let chain = contenders::adapters(&adapter.wasm);
    let shop = [false, true].map(|validate| contenders::prepare(&chain, validate));
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
