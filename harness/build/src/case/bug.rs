//! Known bugs, which a case detects.

use serde::{Deserialize, Serialize};

use crate::failing::FailureKinds;

/// A known bug of the reference adapters.
///
/// A trial through one of the releases that have it must fail, and with the others it must pass: where it is the other way
/// round, the trial is a failure. `polyfill matrix` shows all bugs and releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bug {
    /// A short name for it, a row of the matrix. What it is is told by the case's `description`.
    pub id: String,
    /// The releases that have it, by requirements on their versions in Cargo's words, any of which is met (`">=25, <33"`;
    /// `"*"` is all of them). Without the key that is not known, and the case must pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<Vec<String>>,
    /// How it shows: the kind of the failure, or a list of kinds, as in `[[fails]]`. Without it, any difference of a run counts,
    /// but not `error` (the component cannot be encoded) or `limit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<FailureKinds>,
    /// Where it was reported or mended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Bug {
    /// Whether a release has it; nothing where that is not known. The error names the requirement that is none.
    pub fn is_in(&self, release: &semver::Version) -> Result<Option<bool>, String> {
        let Some(present) = &self.present else { return Ok(None) };
        let mut found = false;
        for text in present {
            let requirement: semver::VersionReq =
                text.parse().map_err(|error| format!("`{text}` is no requirement on a version: {error}"))?;
            found |= requirement.matches(release);
        }
        Ok(Some(found))
    }
}
