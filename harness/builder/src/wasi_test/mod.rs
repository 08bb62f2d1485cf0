//! Reads the JSON files of `wasi-testsuite`: the inputs and expected results of a test, in one of two formats, and the
//! manifest of a suite.

mod manifest;
mod script;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

pub(crate) use self::manifest::Manifest;
use self::script::Script;

/// Content of a test's JSON file; defaults for a test without one.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct WasiTest {
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    /// Directories beside the test, by the names under which they are preopened.
    pub(crate) preopens: BTreeMap<String, String>,
    pub(crate) stdin: Option<String>,
    pub(crate) exit_code: i32,
    pub(crate) stdout: Option<String>,
    pub(crate) stderr: Option<String>,
}

/// Error in a JSON file of `wasi-testsuite`.
#[derive(Debug, Error)]
pub(crate) enum WasiTestError {
    /// The file is not JSON, or has other keys or types than the format. The message contains line and column.
    #[error("{source}\n  help: {help}")]
    Json {
        /// Message of the parser.
        source: serde_json::Error,
        /// Remedy.
        help: &'static str,
    },
    /// The keys contradict each other.
    #[error("{message}\n  help: {help}")]
    Invalid {
        /// Description, with the operation.
        message: String,
        /// Remedy.
        help: &'static str,
    },
    /// The test is valid, but no host of this harness can run it.
    #[error("{0} is not supported")]
    Unsupported(String),
}

impl WasiTestError {
    fn json(help: &'static str) -> impl FnOnce(serde_json::Error) -> WasiTestError {
        move |source| WasiTestError::Json { source, help }
    }

    fn invalid(message: impl Into<String>, help: &'static str) -> WasiTestError {
        WasiTestError::Invalid { message: message.into(), help }
    }
}

const SYNTAX_HELP: &str = "correct the JSON, or remove the file to run the test with the defaults";
const KEYS_HELP: &str = "correct or remove the key";

/// Older format: one run and its outcome.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Plain {
    args: Vec<String>,
    dirs: Vec<String>,
    root: Option<String>,
    env: BTreeMap<String, String>,
    exit_code: i32,
    stdout: Option<String>,
    stderr: Option<String>,
    /// Functions that the test calls. For information.
    #[serde(rename = "wasi_functions")]
    _functions: Vec<String>,
}

/// Keys of the newer format. One of them selects it.
const SCRIPT_KEYS: [&str; 4] = ["operations", "proposals", "servers", "world"];

/// Reads the JSON of a test.
///
/// # Errors
///
/// Returns [`WasiTestError`] for invalid content, and for a valid test that is not supported.
pub(crate) fn read(json: &str) -> Result<WasiTest, WasiTestError> {
    let value: Value = serde_json::from_str(json).map_err(WasiTestError::json(SYNTAX_HELP))?;
    let Value::Object(keys) = &value else {
        return Err(WasiTestError::invalid("expected an object (`{ .. }`)", SYNTAX_HELP));
    };
    let help = WasiTestError::json(KEYS_HELP);
    // Parsed from the text again, since values have no positions.
    if SCRIPT_KEYS.iter().any(|key| keys.contains_key(*key)) {
        serde_json::from_str::<Script>(json).map_err(help)?.test()
    } else {
        let Plain { args, dirs, root, env, exit_code, stdout, stderr, .. } =
            serde_json::from_str(json).map_err(help)?;
        Ok(WasiTest { args, env, preopens: preopens(dirs, root)?, stdin: None, exit_code, stdout, stderr })
    }
}

/// Returns the directories that a test preopens. Empty for an invalid file.
pub(crate) fn folders(json: &str) -> BTreeSet<String> {
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    let runs = value.get("operations").and_then(Value::as_array).into_iter().flatten();
    let folders = runs.chain([&value]).flat_map(|run| {
        let dirs = run.get("dirs").and_then(Value::as_array).into_iter().flatten();
        dirs.chain(run.get("root")).filter_map(Value::as_str)
    });
    folders.map(|folder| folder.trim_end_matches('/').to_string()).collect()
}

/// Directories under their own names, or one as `/`.
fn preopens(dirs: Vec<String>, root: Option<String>) -> Result<BTreeMap<String, String>, WasiTestError> {
    match (dirs.is_empty(), root) {
        (false, Some(_)) => Err(WasiTestError::invalid("both `dirs` and `root`", "remove one of them")),
        (true, Some(root)) => Ok(BTreeMap::from([("/".to_string(), root)])),
        (_, None) => Ok(dirs.into_iter().map(|dir| (dir.clone(), dir)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_of_one_test_are_equal() {
        let plain =
            read(r#"{ "args": ["a"], "env": { "K": "v" }, "root": "fs.dir", "exit_code": 3, "stdout": "one\ntwo\n" }"#);
        let script = read(
            r#"{ "operations": [
                { "type": "run", "args": ["a"], "env": { "K": "v" }, "root": "fs.dir" },
                { "type": "read", "payload": "one\n" },
                { "type": "read", "id": "stdout", "payload": "two\n" },
                { "type": "wait", "exit_code": 3 }
            ], "proposals": [], "world": "wasi:cli/command" }"#,
        );
        let plain = plain.unwrap();
        assert_eq!(plain, script.unwrap());
        assert_eq!(plain.preopens, BTreeMap::from([("/".to_string(), "fs.dir".to_string())]));
        let dirs = read(r#"{ "dirs": ["fs.dir"], "wasi_functions": ["path_open"] }"#).unwrap();
        assert_eq!(dirs.preopens, BTreeMap::from([("fs.dir".to_string(), "fs.dir".to_string())]));
        for defaults in ["{}", r#"{ "root": null }"#, r#"{ "operations": null }"#, r#"{ "proposals": [] }"#] {
            assert_eq!(read(defaults).unwrap(), WasiTest::default(), "{defaults}");
        }
    }

    #[test]
    fn invalid_content_is_named_with_its_position() {
        for (json, words) in [
            ("", "EOF while parsing a value at line 1 column 0"),
            ("[]", "expected an object"),
            ("{\n  \"arg\": []\n}", "unknown field `arg`"),
            ("{\n  \"arg\": []\n}", "at line 2 column 7"),
            (r#"{ "args": [], "args": [] }"#, "duplicate field `args`"),
            (r#"{ "dirs": ["a"], "root": "b" }"#, "both `dirs` and `root`"),
            (r#"{ "args": [], "proposals": [] }"#, "unknown field `args`"),
            (r#"{ "operations": [{ "type": "fly" }] }"#, "unknown variant `fly`"),
            (r#"{ "operations": [{ "type": "run", "arg": [] }] }"#, "unknown field `arg`"),
            (r#"{ "operations": [{ "type": "wait" }] }"#, "expected `run`"),
            (r#"{ "operations": [{ "type": "run" }, { "type": "read", "id": "s", "payload": "" }] }"#, "`read` of `s`"),
        ] {
            let error = read(json).unwrap_err();
            assert!(!matches!(error, WasiTestError::Unsupported(_)), "{json}");
            assert!(error.to_string().contains(words), "{json}: {error}");
        }
    }

    #[test]
    fn valid_tests_of_other_hosts_are_unsupported() {
        for (json, words) in [
            (r#"{ "operations": [{ "type": "run" }, { "type": "connect", "id": "s" }] }"#, "`connect`"),
            (r#"{ "operations": [{ "type": "run" }, { "type": "kill", "signal": "SIGTERM" }] }"#, "`kill`"),
            (r#"{ "operations": [], "proposals": ["http"] }"#, "`http`"),
            (r#"{ "world": "wasi:http/service" }"#, "`wasi:http/service`"),
            (r#"{ "servers": [{ "name": "a", "endpoints": [] }] }"#, "`servers`"),
            (r#"{ "operations": [{ "type": "run" }, { "type": "wait" }, { "type": "run" }] }"#, "behind `wait`"),
            (r#"{ "operations": [{ "type": "run" }, { "type": "run" }] }"#, "a second `run`"),
        ] {
            match read(json) {
                Err(error @ WasiTestError::Unsupported(_)) => {
                    assert!(error.to_string().contains(words), "{json}: {error}");
                }
                other => panic!("{json}: {other:?}"),
            }
        }
    }

    #[test]
    fn preopened_directories_of_both_formats() {
        let folders = |json| folders(json).into_iter().collect::<Vec<_>>();
        assert_eq!(folders(r#"{ "dirs": ["a", "b/"] }"#), ["a", "b"]);
        assert_eq!(folders(r#"{ "operations": [{ "type": "run", "root": "c" }] }"#), ["c"]);
        assert!(folders("[").is_empty());
    }
}
