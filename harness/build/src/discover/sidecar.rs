//! The optional files beside a guest or an adapter: where its WIT is, and when an adapter is used.

use std::path::Path;

use serde::Deserialize;

use super::{Adapter, Found};
use crate::case::Case;
use crate::features::Features;
use crate::matrix::Product;
use crate::wit::Reference;

/// `guest.toml`, or `<guest>.toml` beside a file.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct GuestSidecar {
    /// For Go: what the file exports is called, rather than `main`.
    pub(super) library: Option<bool>,
    pub(super) wit: Option<String>,
    pub(super) world: Option<String>,
    /// Features of that WIT: their `@unstable` items are taken, and those of others are left out. `"*"` stands for all.
    pub(super) features: Option<Vec<String>>,
}

impl GuestSidecar {
    /// The WIT that it names.
    pub(super) fn wit(self, found: &mut Found, path: &Path) -> Result<Option<Reference>, String> {
        wit(found, path, self.wit, self.world, self.features)
    }
}

/// `group.toml` in a folder of guests: what their cases say where they do not have the key.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct GroupSidecar {
    adapters: Option<Vec<String>>,
    hosts: Option<Vec<String>>,
    /// For cases that name neither adapters nor hosts: each of these as far as it makes sense for the guest.
    #[serde(rename = "run")]
    runs: Vec<Product>,
    sanitize: Option<bool>,
    /// The file, relative to the root.
    #[serde(skip)]
    pub(super) source: String,
    /// The number of the group.
    #[serde(skip)]
    pub(super) number: usize,
}

impl GroupSidecar {
    pub(super) fn fill_in(&self, case: &mut Case) {
        case.adapters = case.adapters.take().or_else(|| self.adapters.clone());
        case.hosts = case.hosts.take().or_else(|| self.hosts.clone());
        case.sanitize = case.sanitize.or(self.sanitize);
        if case.adapters.is_none() && case.hosts.is_none() && case.runs.is_empty() {
            case.runs.clone_from(&self.runs);
            case.runs_by_group = !self.runs.is_empty();
            case.runs_of = case.runs_by_group.then_some(self.number);
        }
    }

    /// How many `[[run]]`s there are.
    pub(super) fn runs(&self) -> usize {
        self.runs.len()
    }
}

/// `adapter.toml`, or `<id>.toml` beside a file; or, with `of` or `stub`, `<id>.toml` alone.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct AdapterSidecar {
    /// The adapter that this one is under another id. What is not said here is as it is there.
    pub(super) of: Option<String>,
    /// There is no code: every function of the interfaces that the world imports gives this answer.
    pub(super) stub: Option<StubAnswer>,
    /// The mains that it fits: all of them without it.
    #[serde(rename = "for")]
    pub(super) fits: Option<For>,
    /// Whether it is in stacks that no case names: without it, it is, but for a stub.
    pub(super) default: Option<bool>,
    /// The import modules that it implements, by names or patterns: the id up to the first dot without it.
    pub(super) implements: Option<Vec<String>>,
    /// Whose memory it works in: as it was linked without it.
    pub(super) form: Option<Form>,
    pub(super) stack: Option<StackSidecar>,
    pub(super) wit: Option<String>,
    pub(super) world: Option<String>,
    /// Features of that WIT: their `@unstable` items are taken, and those of others are left out. `"*"` stands for all.
    pub(super) features: Option<Vec<String>>,
}

impl AdapterSidecar {
    /// Makes the adapter what the file says. The error names file and key.
    pub(super) fn apply(self, found: &mut Found, adapter: &mut Adapter, path: &Path) -> Result<(), String> {
        let shown = found.show(path);
        let refused = |message: &str| Err(format!("`{shown}`: {message}"));
        if self.of.is_some() || self.stub.is_some() {
            return refused("`of` and `stub` are for a file that has no adapter of its name beside it");
        }
        if let Some(names) = &self.implements
            && (names.is_empty() || names.iter().any(String::is_empty))
        {
            return refused("`implements`: an adapter is for at least one import module, and each has a name");
        }
        if self.form == Some(Form::Isolated) && self.stack.is_some_and(|stack| stack.size.is_some()) {
            return refused("`stack.size`: an isolated adapter's stack is as large as it was linked");
        }
        adapter.fits = self.fits.unwrap_or(adapter.fits);
        adapter.default = self.default.unwrap_or(adapter.default);
        adapter.form = self.form.map_or(adapter.form, Into::into);
        adapter.stack = self.stack.map_or(adapter.stack, Into::into);
        if let Some(names) = self.implements {
            adapter.implements = names;
        }
        if let Some(reference) = wit(found, path, self.wit, self.world, self.features)? {
            adapter.wit = Some(reference);
        }
        Ok(())
    }
}

/// `stack = { .. }`: the adapter's own stack.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct StackSidecar {
    /// Bytes, for an adapter in main's memory.
    pub(super) size: Option<u32>,
    /// Overflow traps.
    pub(super) guard: bool,
    /// The global that is the stack pointer, where the module does not tell.
    pub(super) pointer: Option<u32>,
}

/// Whose memory an adapter works in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Form {
    /// Main's.
    Shared,
    /// Its own.
    Isolated,
}

/// What a stub answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StubAnswer {
    /// Nothing: it traps.
    Trap,
    /// The error of its result.
    Error,
    /// Zero, or what comes nearest to it.
    Zero,
}

impl From<Form> for polyfill_encoder::Form {
    fn from(form: Form) -> Self {
        match form {
            Form::Shared => Self::Shared,
            Form::Isolated => Self::Isolated,
        }
    }
}

impl From<StackSidecar> for polyfill_encoder::Stack {
    fn from(StackSidecar { size, guard, pointer }: StackSidecar) -> Self {
        Self { size, guard, pointer, checked: false }
    }
}

impl From<StubAnswer> for polyfill_encoder::Answer {
    fn from(answer: StubAnswer) -> Self {
        match answer {
            StubAnswer::Trap => Self::Trap,
            StubAnswer::Error => Self::Error,
            StubAnswer::Zero => Self::Zero,
        }
    }
}

/// The mains that an adapter fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum For {
    /// Those that export `_start`.
    Command,
    /// Those that do not.
    Reactor,
    /// All.
    #[default]
    Any,
}

impl For {
    /// Whether a main of that kind fits.
    pub(crate) fn fits(self, command: bool) -> bool {
        match self {
            For::Command => command,
            For::Reactor => !command,
            For::Any => true,
        }
    }
}

/// Reads a sidecar that is there. The error names the file.
pub(super) fn read<T: for<'a> Deserialize<'a>>(found: &mut Found, path: &Path) -> Result<T, String> {
    found.inputs.push(path.to_path_buf());
    let shown = found.show(path);
    let text = crate::system::read_to_string(path).map_err(|error| format!("`{shown}`: {error}"))?;
    toml::from_str(&text).map_err(|error| format!("`{shown}`: {}", error.to_string().trim_end()))
}

/// The WIT that a sidecar names.
pub(super) fn wit(
    found: &mut Found,
    sidecar: &Path,
    wit: Option<String>,
    world: Option<String>,
    features: Option<Vec<String>>,
) -> Result<Option<Reference>, String> {
    let shown = found.show(sidecar);
    let Some(wit) = wit else {
        return match (world, features) {
            (Some(world), _) => Err(format!("`{shown}`: `world = \"{world}\"` needs a `wit = \"path\"` beside it")),
            (None, Some(_)) => Err(format!("`{shown}`: `features` needs a `wit = \"path\"` beside it")),
            (None, None) => Ok(None),
        };
    };
    let path = found.root.join(&wit);
    if !path.exists() {
        return Err(format!("`{shown}`: no WIT at `{wit}` (paths are relative to the suite's folder)"));
    }
    let reference = Reference { path, world, features: Features::of(features.unwrap_or_default()) };
    found.inputs.extend(reference.files());
    Ok(Some(reference))
}
