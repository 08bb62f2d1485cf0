//! The optional files beside a guest or an adapter: where its WIT is, and when an adapter is used.

use std::path::Path;

use serde::Deserialize;

use super::Found;
use crate::wit::Reference;

/// `guest.toml`, or `<guest>.toml` beside a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct GuestSidecar {
    pub(super) wit: Option<String>,
    pub(super) world: Option<String>,
}

/// `adapter.toml`, or `<id>.toml` beside a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct AdapterSidecar {
    #[serde(rename = "for")]
    pub(super) fits: For,
    pub(super) default: Option<bool>,
    pub(super) wit: Option<String>,
    pub(super) world: Option<String>,
}

/// The mains that an adapter fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
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
    let text = std::fs::read_to_string(path).map_err(|error| format!("`{shown}`: {error}"))?;
    toml::from_str(&text).map_err(|error| format!("`{shown}`: {}", error.to_string().trim_end()))
}

/// The WIT that a sidecar names.
pub(super) fn wit(
    found: &mut Found,
    sidecar: &Path,
    wit: Option<String>,
    world: Option<String>,
) -> Result<Option<Reference>, String> {
    let shown = found.show(sidecar);
    let Some(wit) = wit else {
        return match world {
            Some(world) => Err(format!("`{shown}`: `world = \"{world}\"` needs a `wit = \"path\"` beside it")),
            None => Ok(None),
        };
    };
    let path = found.root.join(&wit);
    if !path.exists() {
        return Err(format!("`{shown}`: no WIT at `{wit}` (paths are relative to the suite's folder)"));
    }
    let reference = Reference { path, world };
    found.inputs.extend(reference.files());
    Ok(Some(reference))
}
