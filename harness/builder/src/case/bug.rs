//! Defines the known bugs that cases detect.

use serde::{Deserialize, Serialize};

use crate::failing::FailureKinds;

/// Known bug of the reference adapters.
///
/// Trials must fail with an affected release and pass with any other release; the opposite result is a failure.
/// `polyfill matrix` shows all bugs and releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bug {
    /// Short identifier of the bug, the label of its row in the matrix. The case's `description` explains the bug.
    pub id: String,
    /// Affected releases as Cargo version requirements, any of which may match: `">=25, <33"`, or `"*"` for all
    /// releases. Default: unknown; the case must then pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<Vec<String>>,
    /// Expected failure: its kind, or a list of kinds, as in `[[xfail]]`. Default: any difference in the run, except
    /// `error` (the component cannot be encoded) and `limit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<FailureKinds>,
    /// Link to the report or the fix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Bug {
    /// Returns true if a release is affected, or `None` if that is unknown.
    ///
    /// # Errors
    ///
    /// Returns a message that names the first invalid version requirement.
    pub fn is_in(&self, release: &semver::Version) -> Result<Option<bool>, String> {
        let Some(present) = &self.present else { return Ok(None) };
        let mut found = false;
        for text in present {
            let requirement: semver::VersionReq =
                text.parse().map_err(|error| format!("`{text}` is not a version requirement: {error}"))?;
            found |= requirement.matches(release);
        }
        Ok(Some(found))
    }
}
