//! Both encoders behind one face: the same binaries in, an [`Outcome`] out.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use polyfill_encoder::{Adapter, Forwarding, Input, Options, Region, Source};
use wasmparser::{Validator, WasmFeatures};

use crate::inputs::Binaries;
use crate::needs::{self, Needs};

/// What an encoder made of its inputs.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A valid component.
    Component(Component),
    /// A component that does not validate, and why.
    Invalid(String),
    /// An error.
    Refused(String),
    /// A panic with its message.
    Panicked(String),
}

/// What is compared of a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its decoded world, printed.
    pub wit: String,
    /// What it asks of the canonical ABI.
    pub needs: Needs,
}

/// What our encoder makes of it.
pub fn ours(binaries: &Binaries) -> Outcome {
    guarded(|| our_bytes(binaries))
}

/// What the reference encoder makes of it.
pub fn reference(binaries: &Binaries) -> Outcome {
    guarded(|| reference_bytes(binaries))
}

/// Our component.
///
/// # Errors
/// What our encoder says.
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

/// The reference's component.
///
/// # Errors
/// What the reference says.
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
                Ok(Err(error)) => Outcome::Invalid(format!("it cannot be read: {error:#}")),
                Err(message) => Outcome::Invalid(format!("reading it panics: {message}")),
            }
        }
    }
}

fn component(wasm: &[u8]) -> anyhow::Result<Component> {
    let needs = needs::needs(wasm).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Component { wit: world(wasm)?, needs })
}

/// The world of a component, as WIT text.
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

/// Runs something that may panic; the message if it does, and nothing on the screen.
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
