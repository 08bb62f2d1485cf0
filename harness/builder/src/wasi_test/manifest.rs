//! Manifest of a suite: its name, and the version of WASI that its tests are for.

use serde::Deserialize;

use super::WasiTestError;

const HELP: &str = "a manifest is an object with the keys `name` and `version`: \
                    `{ \"name\": \"WASI C tests\", \"version\": \"wasm32-wasip1\" }`";

/// `manifest.json` of a suite. Both keys are optional.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct Manifest {
    pub(crate) name: Option<String>,
    /// For information: the content of a file determines whether it can run.
    #[serde(rename = "version")]
    _version: Option<Version>,
}

#[derive(Debug, PartialEq, Deserialize)]
enum Version {
    #[serde(rename = "wasm32-wasip1")]
    Wasip1,
    #[serde(rename = "wasm32-wasip2")]
    Wasip2,
    #[serde(rename = "wasm32-wasip3")]
    Wasip3,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// Returns [`WasiTestError`] for anything but an object with the known keys.
    pub(crate) fn read(json: &str) -> Result<Manifest, WasiTestError> {
        if json.trim_start().starts_with('[') {
            return Err(WasiTestError::invalid("expected an object (`{ .. }`)", HELP));
        }
        serde_json::from_str(json).map_err(WasiTestError::json(HELP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_have_a_name_and_a_version() {
        let name = |json| Manifest::read(json).unwrap().name;
        assert_eq!(name(r#"{ "name": "C" }"#).as_deref(), Some("C"));
        assert_eq!(name(r#"{ "name": "C", "version": "wasm32-wasip1" }"#).as_deref(), Some("C"));
        assert_eq!(name("{}"), None);
    }

    #[test]
    fn invalid_manifests_are_errors_with_a_position() {
        for (json, words) in [
            ("{", "at line 1 column 1"),
            ("[]", "expected an object"),
            ("3", "invalid type"),
            (r#"{ "names": "C" }"#, "unknown field `names`, expected `name` or `version`"),
            (r#"{ "name": 3 }"#, "expected a string at line 1 column 11"),
            (r#"{ "version": "wasm32" }"#, "unknown variant `wasm32`"),
        ] {
            let error = Manifest::read(json).unwrap_err().to_string();
            assert!(error.contains(words), "{json}: {error}");
        }
    }
}
