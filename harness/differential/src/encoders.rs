//! Common interface of both encoders: the same binaries as input, an [`Outcome`] as output.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use polyfill_encoder::{Adapter, Forwarding, Input, Options, Region, Source};
use wasmparser::{Validator, WasmFeatures};

use crate::inputs::Binaries;
use crate::needs::{self, Needs};

/// Outcome of an encoder.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A valid component.
    Component(Component),
    /// A component that does not validate, with the error.
    Invalid(String),
    /// An error message.
    Refused(String),
    /// A panic message.
    Panicked(String),
}

/// Compared properties of a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its decoded and printed world.
    pub wit: String,
    /// Its use of the canonical ABI.
    pub needs: Needs,
}

/// Runs this project's encoder.
pub fn ours(binaries: &Binaries) -> Outcome {
    guarded(|| our_bytes(binaries))
}

/// Runs the reference encoder.
pub fn reference(binaries: &Binaries) -> Outcome {
    guarded(|| reference_bytes(binaries))
}

/// Encodes with this project's encoder.
///
/// # Errors
///
/// Returns the encoder's error.
pub fn our_bytes(binaries: &Binaries) -> Result<Vec<u8>, String> {
    let source = |name: &str, wasm| Source { name: name.to_string(), wasm, wit: None };
    let input = Input {
        main: source("main", &binaries.main),
        adapters: binaries.adapters.iter().map(|(name, wasm)| Adapter::new(name, wasm)).collect(),
    };
    let region = if binaries.options.memory_grow { Region::MemoryGrow } else { Region::Auto };
    let forwarding = if binaries.options.return_call_ref { Forwarding::References } else { Forwarding::Table };
    let options = Options { validate: false, region, forwarding, ..Options::default() };
    polyfill_encoder::encode(&input, &options).map(|encoded| encoded.component).map_err(|e| e.to_string())
}

/// Encodes with the reference encoder.
///
/// # Errors
///
/// Returns the encoder's error.
pub fn reference_bytes(binaries: &Binaries) -> Result<Vec<u8>, String> {
    let options = &binaries.options;
    let encode = || -> anyhow::Result<Vec<u8>> {
        let mut encoder = wit_component::ComponentEncoder::default();
        encoder.debug_names(true);
        encoder.realloc_via_memory_grow(options.memory_grow).shim_return_call_ref(options.return_call_ref);
        encoder.module(&binaries.main)?;
        for (name, wasm) in &binaries.adapters {
            encoder.adapter(name, wasm)?;
        }
        encoder.encode()
    };
    encode().map_err(|error| format!("{error:#}"))
}

fn guarded(encode: impl FnOnce() -> Result<Vec<u8>, String>) -> Outcome {
    match quietly(encode) {
        Err(message) => Outcome::Panicked(message),
        Ok(Err(message)) => Outcome::Refused(message),
        Ok(Ok(wasm)) => {
            let mut validator = Validator::new_with_features(WasmFeatures::all());
            if let Err(error) = validator.validate_all(&wasm) {
                return Outcome::Invalid(error.to_string());
            }
            match quietly(|| component(&wasm)) {
                Ok(Ok(component)) => Outcome::Component(component),
                Ok(Err(error)) => Outcome::Invalid(format!("it cannot be decoded: {error:#}")),
                Err(message) => Outcome::Invalid(format!("decoding it panics: {message}")),
            }
        }
    }
}

fn component(wasm: &[u8]) -> anyhow::Result<Component> {
    let needs = needs::needs(wasm).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Component { wit: world(wasm)?, needs })
}

/// Prints the world of a component as WIT.
fn world(wasm: &[u8]) -> anyhow::Result<String> {
    let decoded = wit_component::decode(wasm)?;
    let resolve = decoded.resolve();
    let others: Vec<_> = resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != decoded.package()).collect();
    let mut printer = wit_component::WitPrinter::default();
    printer.print(resolve, decoded.package(), &others)?;
    Ok(printer.output.to_string())
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs a closure that may panic and returns the panic message. Prints nothing.
pub fn quietly<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                before(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    QUIET.set(before);
    result.map_err(|payload| message(payload.as_ref()))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or(payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message").to_string()
}
