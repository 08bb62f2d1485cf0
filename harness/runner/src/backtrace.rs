//! Converts wasmtime errors to outcomes with symbolic backtraces.

use polyfill_builder::case::LimitName;
use wasmtime::component::ResourceTableError;
use wasmtime::{Error, FrameInfo, GcHeapOutOfMemory, ThrownException, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::host::{Stop, descriptors};
use crate::limits::Limits;
use crate::native::files::BETWEEN;
use crate::observation::{Frame, Outcome, TrapInfo};

/// Returns the outcome for an error from an instantiation or a call.
pub(crate) fn outcome(error: &Error, limits: &Limits) -> Outcome {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        match stop {
            Stop::Trap { .. } => {}
            _ => {
                let mut outcome = stop.outcome();
                if let Outcome::Timeout { frames, .. } = &mut outcome {
                    *frames = error.downcast_ref::<WasmBacktrace>().map(self::frames).unwrap_or_default();
                }
                return outcome;
            }
        }
    }
    if let Some(I32Exit(code)) = error.downcast_ref::<I32Exit>() {
        return Outcome::Exit(*code);
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref::<ResourceTableError>() {
        let message = format!("more than {} handles of host resources", descriptors::most(limits.handles));
        return limit(LimitName::Handles, message);
    }
    if error.is::<GcHeapOutOfMemory<()>>() {
        return limit(LimitName::Memory, message(error));
    }
    let frames = error.downcast_ref::<WasmBacktrace>().map(frames);
    // An exception does not leave a component, nor the exports of a core module.
    if error.is::<ThrownException>() {
        let message = "uncaught exception".to_string();
        return Outcome::Trap(TrapInfo { message, frames: frames.unwrap_or_default() });
    }
    match (error.downcast_ref::<Trap>(), frames) {
        (Some(Trap::OutOfFuel), _) => {
            limit(LimitName::Fuel, format!("more than {} of fuel", limits.fuel.unwrap_or_default()))
        }
        (Some(Trap::Interrupt), frames) => {
            let milliseconds = limits.timeout.as_millis() as u64;
            Outcome::Timeout { milliseconds, used: None, frames: frames.unwrap_or_default() }
        }
        (Some(_), frames) => Outcome::Trap(TrapInfo { message: message(error), frames: frames.unwrap_or_default() }),
        (None, Some(frames)) => Outcome::HostError(TrapInfo { message: message(error), frames }),
        (None, None) => Outcome::NotRun(message(error)),
    }
}

fn limit(limit: LimitName, message: String) -> Outcome {
    Outcome::Limit { limit, message }
}

/// Joins the chain of causes on one line, without the backtrace that wasmtime adds as a context.
pub(crate) fn message(error: &Error) -> String {
    let backtrace = error.downcast_ref::<WasmBacktrace>().map(ToString::to_string);
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if backtrace.as_deref() == Some(text.as_str()) || parts.last() == Some(&text) {
            continue;
        }
        parts.push(text);
    }
    let joined = parts.join(": ");
    joined.strip_prefix("wasm trap: ").unwrap_or(&joined).to_string()
}

pub(crate) fn frames(backtrace: &WasmBacktrace) -> Vec<Frame> {
    // Omit frames of the instrumentation: the tracing proxy and its callees.
    const OURS: [&str; 2] = [polyfill_encoder::RELAY_MODULE, BETWEEN];
    let frames = backtrace.frames();
    let relay = frames.iter().rposition(|info| info.module().name().is_some_and(|name| OURS.contains(&name)));
    frames[relay.map_or(0, |last| last + 1)..].iter().flat_map(frame).collect()
}

/// Returns a frame for the function itself, preceded by frames of the functions that were inlined into it.
fn frame(info: &FrameInfo) -> Vec<Frame> {
    let module = info.module().name().map(str::to_string);
    let own = info.func_name().map_or_else(|| format!("function {}", info.func_index()), demangle);
    let offset = info.func_offset().map(|offset| offset as u64);
    if info.symbols().is_empty() {
        return vec![Frame { module, function: own, offset, source: None, inlined: false }];
    }
    let last = info.symbols().len() - 1;
    let symbols = info.symbols().iter().enumerate();
    symbols
        .map(|(index, symbol)| Frame {
            inlined: index < last,
            module: module.clone(),
            function: symbol.name().map_or_else(|| own.clone(), demangle),
            offset,
            source: symbol.file().map(|file| {
                let mut source = file.to_string();
                for number in [symbol.line(), symbol.column()].into_iter().flatten() {
                    source.push_str(&format!(":{number}"));
                }
                source
            }),
        })
        .collect()
}

/// Strips the hash of Rust symbols, so that backtraces are reproducible for the same source.
pub(crate) fn demangle(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}
