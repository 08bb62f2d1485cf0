//! A suite of a thousand guests with two adapters on two threads.

use std::time::Instant;

use polyfill_builder::system::threads;
use serde::Serialize;
use wasi_preview1_component_adapter_provider as published;

use crate::contenders;
use crate::heap;
use crate::inputs::Inputs;

/// Number of guests.
const GUESTS: usize = 1000;
/// Number of threads.
const THREADS: usize = 2;
/// Number of guests that one encoder processes before the other takes its turn.
const TURN: usize = 100;

/// A suite encoded by both encoders.
#[derive(Debug, Serialize)]
pub struct Many {
    /// Number of guests.
    pub guests: usize,
    /// Number of components.
    pub components: usize,
    /// Number of threads.
    pub threads: usize,
    /// Total size of the guests' modules in bytes.
    pub guest_bytes: usize,
    /// Cost with the reference.
    pub reference: Took,
    /// Cost with this project's encoder.
    pub ours: Took,
}

/// Cost of a suite.
#[derive(Debug, Serialize)]
pub struct Took {
    /// Duration in seconds.
    pub seconds: f64,
    /// Maximum memory in use in bytes, in addition to the guests and adapters.
    pub peak: usize,
}

/// Encodes the suite with both encoders, alternating.
pub fn measure(inputs: &Inputs) -> Many {
    eprintln!("{GUESTS} guests with 2 adapters");
    let guests = guests(&inputs.commands);
    let adapters =
        [published::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER, published::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER];
    let chains = adapters.map(contenders::adapters);
    let shops = chains.each_ref().map(|chain| contenders::prepare(chain, false));
    let reference = |guest: &[u8]| adapters.map(|adapter| contenders::reference(guest, adapter, false).map(drop));
    let ours = |guest: &[u8]| shops.each_ref().map(|shop| contenders::prepared(shop, guest).map(drop));

    let (mut reference_seconds, mut our_seconds) = (0.0, 0.0);
    for turn in guests.chunks(TURN) {
        reference_seconds += seconds(|| all(turn, &reference));
        our_seconds += seconds(|| all(turn, &ours));
    }
    // Memory is measured separately, because counting takes time.
    let (_, reference_use) = heap::count(|| all(&guests, &reference));
    let (_, our_use) = heap::count(|| {
        let shops = chains.each_ref().map(|chain| contenders::prepare(chain, false));
        all(&guests, &|guest| shops.each_ref().map(|shop| contenders::prepared(shop, guest).map(drop)));
    });
    Many {
        guests: guests.len(),
        components: guests.len() * adapters.len(),
        threads: THREADS,
        guest_bytes: guests.iter().map(Vec::len).sum(),
        reference: Took { seconds: reference_seconds, peak: reference_use.peak },
        ours: Took { seconds: our_seconds, peak: our_use.peak },
    }
}

/// Returns distinct guests: each has its number in a custom section.
fn guests(commands: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let numbered = |(number, wasm): (usize, &Vec<u8>)| {
        let mut wasm = wasm.clone();
        let data = number.to_string();
        let section = wasm_encoder::CustomSection { name: "number".into(), data: data.as_bytes().into() };
        wasm.push(wasm_encoder::Section::id(&section));
        wasm_encoder::Encode::encode(&section, &mut wasm);
        wasm
    };
    commands.iter().cycle().take(GUESTS).enumerate().map(numbered).collect()
}

/// Function that encodes a guest with both adapters.
type Encode<'e> = dyn Fn(&[u8]) -> [Result<(), String>; 2] + Sync + 'e;

/// Encodes every guest with both adapters on all threads.
fn all(guests: &[Vec<u8>], encode: &Encode<'_>) {
    threads::map(THREADS, guests, |guest| {
        for outcome in encode(guest) {
            outcome.unwrap_or_else(|error| panic!("a guest of the suite: {error}"));
        }
    });
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}
