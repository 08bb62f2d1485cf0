//! Failure modes of a host call, derived from its result type.

use polyfill_runner::{End, Event, Response};
use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{Type, Val, wasm_wave};

use super::alter::{self, Altered};

/// Names of injected handles: in errors, and of any resource in a result.
pub(super) const ERROR: &str = "error#fault";
pub(super) const HANDLE: &str = "handle#fault";
/// Message of a host trap.
pub(super) const TRAP: &str = "injected host trap";
/// Parameters that bound the size of a result.
const BOUNDS: [&str; 3] = ["len", "length", "size"];
/// Maximum number of bytes in an oversized result.
const MOST_WANTED: usize = 1 << 16;

/// A failure mode of one call.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultKind {
    /// Name, which is the same for all calls of a function: `no-entry`, `closed`, `size: most`.
    pub name: String,
    /// Group of the failure mode.
    pub group: Group,
    /// Response of the host.
    pub response: Response,
    /// Error code that the injected error handle reports, if it has one.
    pub code: Option<String>,
}

/// Group of failure modes. It determines the expected behavior of an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// An error code. Expected: the corresponding errno.
    Code,
    /// An error with a handle, which may report a code. Expected: the corresponding errno, or `io` without a code.
    Failed,
    /// An error without a code. Expected: any errno. For a closed input stream: end of file.
    Error,
    /// Fewer bytes than requested, or none yet. Expected: the same result of the run.
    Short,
    /// Another value. Expected: no damage.
    Value,
    /// A violation of the interface's contract. Expected: anything except memory corruption and an endless loop.
    Broken,
    /// A trap of the host function. Expected: the end of the run.
    Trap,
    /// Refused memory growth. Expected: `nomem`.
    Memory,
}

impl Group {
    /// Returns the word for tables.
    pub fn word(self) -> &'static str {
        match self {
            Group::Code => "error code",
            Group::Failed => "failed stream",
            Group::Error => "other error",
            Group::Short => "short result",
            Group::Value => "other value",
            Group::Broken => "broken contract",
            Group::Trap => "trap",
            Group::Memory => "no memory",
        }
    }
}

/// Returns all failure modes of a call. `event` is the fault-free call, `result` its result with a string in place of
/// each handle, and `codes` are the codes that an error handle may report.
pub(super) fn failure_modes(
    ty: &ComponentFunc,
    event: &Event,
    result: Option<&Val>,
    codes: &[String],
) -> Vec<FaultKind> {
    let mut all = vec![FaultKind::new("trap", Group::Trap, Response::Ends(End::Failed(TRAP.into())))];
    let Some(result_type) = ty.results().next() else { return all };
    if let Type::Result(result) = &result_type {
        all.extend(errors(result.err(), codes));
    }
    let Some(result) = result else { return all };
    let bound = ty.params().position(|(name, ty)| is_number(&ty) && BOUNDS.contains(&name));
    let wanted = bound.and_then(|at| event.arguments.get(at)?.parse().ok()).filter(|wanted| *wanted <= MOST_WANTED);
    let bounded = bound.is_some();
    let takes = ty.params().any(|(_, ty)| is_bytes(&ty));
    for Altered { name, value, broken } in alter::altered(result, &result_type, wanted) {
        let Ok(text) = wasm_wave::to_string(&value) else { continue };
        let group = if broken || is_broken(&event.function, &name, bounded, takes) {
            Group::Broken
        } else if is_less(&event.function, &name, bounded) {
            Group::Short
        } else {
            Group::Value
        };
        all.push(FaultKind::new(name, group, Response::Ends(End::Returned(Some(text)))));
    }
    all.extend(without_handles(&result_type));
    all.extend(shorter(ty, event, result));
    all
}

impl FaultKind {
    fn new(name: impl Into<String>, group: Group, response: Response) -> FaultKind {
        FaultKind { name: name.into(), group, response, code: None }
    }
}

/// Returns failure modes for results that contain handles: no handle, and an injected handle.
fn without_handles(ty: &Type) -> Vec<FaultKind> {
    let value = |name, text: String| FaultKind::new(name, Group::Value, Response::Ends(End::Returned(Some(text))));
    match ty {
        Type::List(list) if alter::has_handle(&list.ty()) => vec![value("empty", "[]".into())],
        Type::Option(option) if matches!(option.ty(), Type::Own(_)) => {
            vec![value("none", "none".into()), value("some", format!("some({HANDLE})"))]
        }
        _ => Vec::new(),
    }
}

/// Returns the errors of a result.
fn errors(ty: Option<Type>, codes: &[String]) -> Vec<FaultKind> {
    let ends = |text: String| Response::Ends(End::Returned(Some(text)));
    match ty {
        None => vec![FaultKind::new("err", Group::Error, ends("err".into()))],
        Some(Type::Enum(names)) => {
            names.names().map(|name| FaultKind::new(name, Group::Code, ends(format!("err({})", label(name))))).collect()
        }
        Some(Type::Variant(variant)) => {
            let of = |case: wasmtime::component::types::Case<'_>| match case.ty {
                None => vec![FaultKind::new(case.name, Group::Error, ends(format!("err({})", label(case.name))))],
                Some(Type::Own(_)) => {
                    let plain = FaultKind::new(case.name, Group::Failed, ends(format!("err({}({ERROR}))", case.name)));
                    let coded = codes.iter().map(|code| {
                        let name = format!("{}({code})", case.name);
                        FaultKind { name, code: Some(code.clone()), ..plain.clone() }
                    });
                    [plain.clone()].into_iter().chain(coded).collect()
                }
                Some(ty) => {
                    let payload = alter::sample(&ty).and_then(|value| wasm_wave::to_string(&value).ok());
                    let mode =
                        |value| FaultKind::new(case.name, Group::Error, ends(format!("err({}({value}))", case.name)));
                    payload.map(mode).into_iter().collect()
                }
            };
            variant.cases().flat_map(of).collect()
        }
        Some(ty) => {
            let payload = alter::sample(&ty).and_then(|value| wasm_wave::to_string(&value).ok());
            payload
                .map(|value| FaultKind::new("err", Group::Error, ends(format!("err({value})"))))
                .into_iter()
                .collect()
        }
    }
}

/// Reduces a read or write of more than one byte to one byte. The argument is changed, so that the host knows the size.
fn shorter(ty: &ComponentFunc, event: &Event, result: &Val) -> Option<FaultKind> {
    let gives_exactly = event.function.contains("random");
    let (argument, value) = match bytes_in(result) {
        Some(given) if given > 1 => {
            let at = ty.params().position(|(name, ty)| is_number(&ty) && BOUNDS.contains(&name))?;
            (at, "1".to_string())
        }
        None if counts(result) > 1 => {
            let at = ty.params().position(|(_, ty)| is_bytes(&ty))?;
            (at, first_byte(event.arguments.get(at)?)?)
        }
        _ => return None,
    };
    let group = if gives_exactly { Group::Broken } else { Group::Short };
    Some(FaultKind::new("one byte", group, Response::Asks { argument, value }))
}

/// Returns the number of bytes in a result, if it contains bytes.
fn bytes_in(value: &Val) -> Option<usize> {
    match value {
        Val::List(values) => values.first().is_none_or(|first| matches!(first, Val::U8(_))).then_some(values.len()),
        Val::Tuple(values) => values.iter().find_map(bytes_in),
        Val::Result(Ok(Some(value))) => bytes_in(value),
        _ => None,
    }
}

/// Returns the number of written bytes that a result reports.
fn counts(value: &Val) -> u64 {
    match value {
        Val::U32(count) => u64::from(*count),
        Val::U64(count) => *count,
        Val::Result(Ok(Some(value))) => counts(value),
        _ => 0,
    }
}

/// Returns the first byte of a list as traces format it: a string, or numbers.
fn first_byte(text: &str) -> Option<String> {
    if let Ok(Val::String(text)) = wasm_wave::from_str::<Val>(&Type::String, text) {
        return text.bytes().next().map(|byte| format!("[{byte}]"));
    }
    let first = text.strip_prefix('[')?.split([',', ']']).next()?.trim();
    first.parse::<u8>().ok().map(|byte| format!("[{byte}]"))
}

/// Returns true if an interface forbids a value that its type permits: more bytes than requested, no bytes from a
/// random or blocking function, or a larger count than bytes passed.
fn is_broken(function: &str, name: &str, bounded: bool, takes: bool) -> bool {
    let ends = |word: &str| name == word || name.ends_with(&format!(": {word}"));
    if ends("longer") {
        bounded
    } else if ends("empty") {
        bounded && ["random", "blocking"].iter().any(|word| function.contains(word))
    } else {
        // More bytes than were passed.
        takes && name == "most"
    }
}

/// Returns true for a result that is neither an error nor the end: no data yet, or no room yet.
fn is_less(function: &str, name: &str, bounded: bool) -> bool {
    let reads = name == "empty" && bounded && function.contains("stream");
    reads || name == "least" && function.contains("check-write")
}

fn is_bytes(ty: &Type) -> bool {
    matches!(ty, Type::List(list) if list.ty() == Type::U8)
}

fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::U32 | Type::U64)
}

/// Escapes a name that is a WAVE keyword.
fn label(name: &str) -> String {
    match name {
        "true" | "false" | "some" | "none" | "ok" | "err" | "inf" | "nan" => format!("%{name}"),
        _ => name.to_string(),
    }
}

/// Formats the name and the response of the host.
impl std::fmt::Display for FaultKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.name)?;
        match &self.response {
            Response::Ends(End::Returned(Some(text))) => write!(f, " ({})", polyfill_runner::shortened(text)),
            Response::Asks { argument, value } => write!(f, " (argument {argument} is {value})"),
            Response::Ends(_) | Response::Nothing => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
