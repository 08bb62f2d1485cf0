//! Reads the optional sidecar files of guests, groups and adapters: the location of the WIT, and the use of an
//! adapter.

use std::path::Path;

use serde::Deserialize;

use super::{Adapter, Found};
use crate::case::Case;
use crate::features::Features;
use crate::matrix::Product;
use crate::wit::Reference;

/// Guest sidecar: `guest.toml` in the guest's directory, or `<guest>.toml` next to its source file.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct GuestSidecar {
    /// Go only: calls the guest's exports instead of `main`.
    pub(super) library: Option<bool>,
    pub(super) wit: Option<String>,
    pub(super) world: Option<String>,
    /// WIT features to enable: `@unstable` items of these features are included, items of other features are omitted.
    /// `"*"` enables all.
    pub(super) features: Option<Vec<String>>,
}

impl GuestSidecar {
    /// Resolves the WIT that a sidecar names.
    pub(super) fn wit(self, found: &mut Found, path: &Path) -> Result<Option<Reference>, String> {
        wit(found, path, self.wit, self.world, self.features)
    }
}

/// Group sidecar: `group.toml` in a directory of guests. It provides defaults for keys that its cases omit.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct GroupSidecar {
    adapters: Option<Vec<String>>,
    hosts: Option<Vec<String>>,
    /// Combinations of adapter chains and hosts for cases with neither `adapters`, `hosts` nor `[[run]]`. Combinations
    /// that do not apply to a guest are skipped.
    #[serde(rename = "run")]
    runs: Vec<Product>,
    sanitize: Option<bool>,
    /// Path of the file, relative to the suite root.
    #[serde(skip)]
    pub(super) source: String,
    /// Index of the group.
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

    /// Returns the number of `[[run]]` entries.
    pub(super) fn runs(&self) -> usize {
        self.runs.len()
    }
}

/// Adapter sidecar: `adapter.toml` in the adapter's directory, or `<id>.toml` next to its file. With `of` or `stub`,
/// `<id>.toml` alone defines an adapter.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct AdapterSidecar {
    /// Id of the adapter that this one is an alias of. Keys that are absent here have the values of that adapter.
    pub(super) of: Option<String>,
    /// Generates a stub adapter: each function of the interfaces that the world imports responds in this way.
    pub(super) stub: Option<StubAnswer>,
    /// Mains that the adapter supports. Default: all.
    #[serde(rename = "for")]
    pub(super) fits: Option<For>,
    /// Set to use the adapter in cases that name no adapter chain. Default: true, but false for a stub.
    pub(super) default: Option<bool>,
    /// Import modules that the adapter implements, as names or patterns. Default: the id up to the first dot.
    pub(super) implements: Option<Vec<String>>,
    /// Memory that the adapter uses. Default: determined by how it was linked.
    pub(super) form: Option<Form>,
    pub(super) stack: Option<StackSidecar>,
    pub(super) wit: Option<String>,
    pub(super) world: Option<String>,
    /// WIT features to enable: `@unstable` items of these features are included, items of other features are omitted.
    /// `"*"` enables all.
    pub(super) features: Option<Vec<String>>,
}

/// Cases that use an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Cases that name it; by default also cases that name no adapter chain.
    Any,
    /// Only cases that name it: it is in the directory of a guest.
    Named,
}

impl AdapterSidecar {
    /// Returns the sidecar with the default of `default` for this use.
    ///
    /// # Errors
    ///
    /// Returns a message if the sidecar requests a use that its directory rules out.
    pub(super) fn used(self, found: &Found, path: &Path, using: Use) -> Result<AdapterSidecar, String> {
        match (using, self.default) {
            (Use::Any, _) => Ok(self),
            (Use::Named, Some(true)) => Err(format!(
                "`{}`: `default = true`: an adapter in the directory of a guest is used only by cases that name it; move \
                 it to `adapters`",
                found.show(path)
            )),
            (Use::Named, _) => Ok(AdapterSidecar { default: Some(false), ..self }),
        }
    }

    /// Applies the sidecar to the adapter.
    ///
    /// # Errors
    ///
    /// Returns a message that names the file and the invalid key.
    pub(super) fn apply(self, found: &mut Found, adapter: &mut Adapter, path: &Path) -> Result<(), String> {
        let shown = found.show(path);
        let refused = |message: &str| Err(format!("`{shown}`: {message}"));
        if self.of.is_some() || self.stub.is_some() {
            return refused("`of` and `stub` are invalid next to an adapter of the same name");
        }
        if let Some(names) = &self.implements
            && (names.is_empty() || names.iter().any(String::is_empty))
        {
            return refused("`implements`: expected at least one import module, without empty names");
        }
        if self.form == Some(Form::Isolated) && self.stack.is_some_and(|stack| stack.size.is_some()) {
            return refused("`stack.size`: the stack of an isolated adapter has the size that the linker set");
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

/// `stack = { .. }`: the adapter's shadow stack.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct StackSidecar {
    /// Size in bytes, for an adapter in main's memory.
    pub(super) size: Option<u32>,
    /// Makes stack overflow trap. Default: false.
    pub(super) guard: bool,
    /// Index of the stack pointer global, if it cannot be determined from the module.
    pub(super) pointer: Option<u32>,
}

/// Mains that an adapter supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Form {
    /// Main's memory.
    Shared,
    /// The adapter's own memory.
    Isolated,
}

/// Response of a stub's functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StubAnswer {
    /// Traps.
    Trap,
    /// Returns the error case of the result.
    Error,
    /// Returns zero, or the closest equivalent for the type.
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

impl From<StackSidecar> for polyfill_encoder::ShadowStack {
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

/// Mains that an adapter fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum For {
    /// Mains that export `_start`.
    Command,
    /// Mains that do not export `_start`.
    Reactor,
    /// All mains.
    #[default]
    Any,
}

impl For {
    /// Returns true if the adapter supports a main of this kind.
    pub(crate) fn fits(self, command: bool) -> bool {
        match self {
            For::Command => command,
            For::Reactor => !command,
            For::Any => true,
        }
    }
}

/// Reads an existing sidecar. Error messages name the file.
pub(super) fn read<T: for<'a> Deserialize<'a>>(found: &mut Found, path: &Path) -> Result<T, String> {
    found.inputs.push(path.to_path_buf());
    let shown = found.show(path);
    let text = crate::system::read_to_string(path).map_err(|error| format!("`{shown}`: {error}"))?;
    toml::from_str(&text).map_err(|error| format!("`{shown}`: {}", error.to_string().trim_end()))
}

/// Returns the WIT that a sidecar names.
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
            (Some(world), _) => Err(format!("`{shown}`: `world = \"{world}\"` requires `wit = \"path\"`")),
            (None, Some(_)) => Err(format!("`{shown}`: `features` requires `wit = \"path\"`")),
            (None, None) => Ok(None),
        };
    };
    let path = found.root.join(&wit);
    if !path.exists() {
        return Err(format!("`{shown}`: no WIT at `{wit}` (paths are relative to the suite's directory)"));
    }
    let reference = Reference { path, world, features: Features::of(features.unwrap_or_default()) };
    found.inputs.extend(reference.files());
    Ok(Some(reference))
}
