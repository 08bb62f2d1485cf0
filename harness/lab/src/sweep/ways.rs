//! The ways in which a call of the host can go wrong: what the type of its result allows.

use polyfill_runner::{End, Event, Says};
use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{Type, Val, wasm_wave};

use super::alter::{self, Altered};

/// Handles with nothing behind them: in errors, and of whatever resource a result may have.
pub(super) const ERROR: &str = "error#fault";
pub(super) const HANDLE: &str = "handle#fault";
/// What a host says that traps.
pub(super) const TRAP: &str = "the host fails here, as it was asked to";
/// Parameters that say how much is wanted at most.
const BOUNDS: [&str; 3] = ["len", "length", "size"];
/// A host that gives more than was wanted gives no more than this.
const MOST_WANTED: usize = 1 << 16;

/// A way for one call.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// Its name, which is the same for all calls of a function: `no-entry`, `closed`, `size: most`.
    pub name: String,
    /// What it is a case of.
    pub group: Group,
    /// What happens in the host's place.
    pub says: Says,
    /// What is behind the handle of an error, where that is in it: a code, if it has one.
    pub code: Option<String>,
}

/// What ways have in common, and what is expected of an adapter by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// An error by a code: the errno that says the same.
    Code,
    /// An error with a handle, which tells its code, if it has one: the errno that says the same; `io` without one.
    Failed,
    /// An error without a code: some errno; for the end of a stream, the end of what is read.
    Error,
    /// Fewer bytes than were asked for, or none yet: the same in the end.
    Short,
    /// Another value: no harm.
    Value,
    /// Something that no host may do: anything but memory that is written to and a loop without end.
    Broken,
    /// The host's function traps: that is the run's end.
    Trap,
    /// No more memory: `nomem`.
    Memory,
}

impl Group {
    /// For tables.
    pub fn word(self) -> &'static str {
        match self {
            Group::Code => "error code",
            Group::Failed => "failed stream",
            Group::Error => "other error",
            Group::Short => "less",
            Group::Value => "other value",
            Group::Broken => "broken contract",
            Group::Trap => "trap",
            Group::Memory => "no memory",
        }
    }
}

/// All ways for a call of a function. `event` is how it went without a fault, `result` its result with a string in the place of
/// each handle; `codes` are those that an error's handle may tell.
pub(super) fn ways(ty: &ComponentFunc, event: &Event, result: Option<&Val>, codes: &[String]) -> Vec<Way> {
    let mut all = vec![Way::new("trap", Group::Trap, Says::Ends(End::Failed(TRAP.into())))];
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
        let group = match () {
            () if broken || is_broken(&event.function, &name, bounded, takes) => Group::Broken,
            () if is_less(&event.function, &name, bounded) => Group::Short,
            () => Group::Value,
        };
        all.push(Way::new(name, group, Says::Ends(End::Returned(Some(text)))));
    }
    all.extend(without_handles(&result_type));
    all.extend(shorter(ty, event, result));
    all
}

impl Way {
    fn new(name: impl Into<String>, group: Group, says: Says) -> Way {
        Way { name: name.into(), group, says, code: None }
    }
}

/// Of results with handles in them: none of them, and one with nothing behind it.
fn without_handles(ty: &Type) -> Vec<Way> {
    let value = |name, text: String| Way::new(name, Group::Value, Says::Ends(End::Returned(Some(text))));
    match ty {
        Type::List(list) if alter::has_handle(&list.ty()) => vec![value("empty", "[]".into())],
        Type::Option(option) if matches!(option.ty(), Type::Own(_)) => {
            vec![value("none", "none".into()), value("some", format!("some({HANDLE})"))]
        }
        _ => Vec::new(),
    }
}

/// The errors of a result.
fn errors(ty: Option<Type>, codes: &[String]) -> Vec<Way> {
    let ends = |text: String| Says::Ends(End::Returned(Some(text)));
    match ty {
        None => vec![Way::new("err", Group::Error, ends("err".into()))],
        Some(Type::Enum(names)) => {
            names.names().map(|name| Way::new(name, Group::Code, ends(format!("err({})", label(name))))).collect()
        }
        Some(Type::Variant(variant)) => {
            let of = |case: wasmtime::component::types::Case<'_>| match case.ty {
                None => vec![Way::new(case.name, Group::Error, ends(format!("err({})", label(case.name))))],
                Some(Type::Own(_)) => {
                    let plain = Way::new(case.name, Group::Failed, ends(format!("err({}({ERROR}))", case.name)));
                    let coded = codes.iter().map(|code| {
                        let name = format!("{}({code})", case.name);
                        Way { name, code: Some(code.clone()), ..plain.clone() }
                    });
                    [plain.clone()].into_iter().chain(coded).collect()
                }
                Some(ty) => {
                    let payload = alter::sample(&ty).and_then(|value| wasm_wave::to_string(&value).ok());
                    let way = |value| Way::new(case.name, Group::Error, ends(format!("err({}({value}))", case.name)));
                    payload.map(way).into_iter().collect()
                }
            };
            variant.cases().flat_map(of).collect()
        }
        Some(ty) => {
            let payload = alter::sample(&ty).and_then(|value| wasm_wave::to_string(&value).ok());
            payload.map(|value| Way::new("err", Group::Error, ends(format!("err({value})")))).into_iter().collect()
        }
    }
}

/// Where more than one byte was read or written: the host is asked for one, so that it knows what it gave or took.
fn shorter(ty: &ComponentFunc, event: &Event, result: &Val) -> Option<Way> {
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
    Some(Way::new("one byte", group, Says::Asks { argument, value }))
}

/// How many bytes a result gives, if it gives some.
fn bytes_in(value: &Val) -> Option<usize> {
    match value {
        Val::List(values) => values.first().is_none_or(|first| matches!(first, Val::U8(_))).then_some(values.len()),
        Val::Tuple(values) => values.iter().find_map(bytes_in),
        Val::Result(Ok(Some(value))) => bytes_in(value),
        _ => None,
    }
}

/// How many bytes a result says were taken.
fn counts(value: &Val) -> u64 {
    match value {
        Val::U32(count) => u64::from(*count),
        Val::U64(count) => *count,
        Val::Result(Ok(Some(value))) => counts(value),
        _ => 0,
    }
}

/// The first byte of a list as traces have it: a string, or numbers.
fn first_byte(text: &str) -> Option<String> {
    if let Ok(Val::String(text)) = wasm_wave::from_str::<Val>(&Type::String, text) {
        return text.bytes().next().map(|byte| format!("[{byte}]"));
    }
    let first = text.strip_prefix('[')?.split([',', ']']).next()?.trim();
    first.parse::<u8>().ok().map(|byte| format!("[{byte}]"))
}

/// What interfaces forbid that types do not: more bytes than were wanted, other than were wanted of random ones, none from a
/// read that waits for some.
fn is_broken(function: &str, name: &str, bounded: bool, takes: bool) -> bool {
    let ends = |word: &str| name == word || name.ends_with(&format!(": {word}"));
    match () {
        () if ends("longer") => bounded,
        () if ends("empty") => bounded && ["random", "blocking"].iter().any(|word| function.contains(word)),
        // More bytes than there were.
        () => takes && name == "most",
    }
}

/// What is no error and no end: nothing to read yet, no room yet.
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

/// A name, marked where WAVE would take it for one of its own words.
fn label(name: &str) -> String {
    match name {
        "true" | "false" | "some" | "none" | "ok" | "err" | "inf" | "nan" => format!("%{name}"),
        _ => name.to_string(),
    }
}

/// A way for people: its name, and what the host says.
impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.name)?;
        match &self.says {
            Says::Ends(End::Returned(Some(text))) => write!(f, " ({})", polyfill_runner::shortened(text)),
            Says::Asks { argument, value } => write!(f, " (argument {argument} is {value})"),
            Says::Ends(_) | Says::Nothing => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
