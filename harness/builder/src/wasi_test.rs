//! Reads tests of `wasi-testsuite`: a module with a JSON file next to it, in one of two formats, that specifies
//! inputs and expected results.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Content of a test's JSON file; defaults for a test without one.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct WasiTest {
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    /// Folders beside the test, by the names under which they are preopened.
    pub(crate) preopens: BTreeMap<String, String>,
    pub(crate) stdin: Option<String>,
    pub(crate) exit_code: i32,
    pub(crate) stdout: Option<String>,
    pub(crate) stderr: Option<String>,
}

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
}

/// Newer format: a sequence of operations.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    operations: Vec<Operation>,
    #[serde(default)]
    proposals: Vec<String>,
    #[serde(default)]
    world: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Operation {
    Run {
        #[serde(default)]
        args: Vec<String>,
        #[serde(default)]
        env: BTreeMap<String, String>,
        #[serde(default)]
        root: Option<String>,
        #[serde(default)]
        dirs: Vec<String>,
    },
    Wait {
        #[serde(default)]
        exit_code: i32,
    },
    Read {
        #[serde(default = "stdout")]
        id: String,
        payload: String,
    },
    Write {
        #[serde(default = "stdin")]
        id: String,
        payload: String,
    },
}

fn stdout() -> String {
    "stdout".to_string()
}

fn stdin() -> String {
    "stdin".to_string()
}

/// Reads the JSON of a test.
///
/// # Errors
///
/// Returns a message about invalid or unsupported content.
pub(crate) fn read(json: &str) -> Result<WasiTest, String> {
    let value: serde_json::Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
    match value.get("operations") {
        Some(_) => serde_json::from_value(value).map_err(|error| error.to_string()).and_then(script),
        None => serde_json::from_value(value).map_err(|error| error.to_string()).and_then(plain),
    }
}

fn plain(test: Plain) -> Result<WasiTest, String> {
    let Plain { args, dirs, root, env, exit_code, stdout, stderr } = test;
    Ok(WasiTest { args, env, preopens: preopens(dirs, root)?, stdin: None, exit_code, stdout, stderr })
}

/// Converts a sequence of operations for one run. Text that is read from a stream is its complete expected content.
fn script(script: Script) -> Result<WasiTest, String> {
    if let Some(proposal) = script.proposals.first() {
        return Err(format!("the proposal `{proposal}` is not supported"));
    }
    if let Some(world) = script.world.filter(|world| world != "wasi:cli/command") {
        return Err(format!("the world `{world}` is not supported"));
    }
    let mut test = WasiTest::default();
    let mut operations = script.operations.into_iter();
    let Some(Operation::Run { args, env, root, dirs }) = operations.next() else {
        return Err("the first operation has to be `run`".to_string());
    };
    (test.args, test.env, test.preopens) = (args, env, preopens(dirs, root)?);
    let mut waited = false;
    for operation in operations {
        if waited {
            return Err("an operation behind `wait` is not supported".to_string());
        }
        match operation {
            Operation::Run { .. } => return Err("a second `run` is not supported".to_string()),
            Operation::Wait { exit_code } => (test.exit_code, waited) = (exit_code, true),
            Operation::Read { id, payload } => {
                let stream = match id.as_str() {
                    "stdout" => &mut test.stdout,
                    "stderr" => &mut test.stderr,
                    other => return Err(format!("`read` of `{other}`, expected `stdout` or `stderr`")),
                };
                stream.get_or_insert_default().push_str(&payload);
            }
            Operation::Write { id, payload } if id == "stdin" => {
                test.stdin.get_or_insert_default().push_str(&payload);
            }
            Operation::Write { id, .. } => return Err(format!("`write` to `{id}`, expected `stdin`")),
        }
    }
    Ok(test)
}

/// Folders under their own names, or one as `/`.
fn preopens(dirs: Vec<String>, root: Option<String>) -> Result<BTreeMap<String, String>, String> {
    match (dirs.is_empty(), root) {
        (false, Some(_)) => Err("both `dirs` and `root`".to_string()),
        (true, Some(root)) => Ok(BTreeMap::from([("/".to_string(), root)])),
        (_, None) => Ok(dirs.into_iter().map(|dir| (dir.clone(), dir)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_say_the_same() {
        let plain =
            read(r#"{ "args": ["a"], "env": { "K": "v" }, "root": "fs.dir", "exit_code": 3, "stdout": "one\ntwo\n" }"#);
        let script = read(
            r#"{ "operations": [
                { "type": "run", "args": ["a"], "env": { "K": "v" }, "root": "fs.dir" },
                { "type": "read", "payload": "one\n" },
                { "type": "read", "id": "stdout", "payload": "two\n" },
                { "type": "wait", "exit_code": 3 }
            ] }"#,
        );
        assert_eq!(plain, script);
        let plain = plain.unwrap();
        assert_eq!(plain.preopens, BTreeMap::from([("/".to_string(), "fs.dir".to_string())]));
        let dirs = read(r#"{ "dirs": ["fs.dir"] }"#).unwrap();
        assert_eq!(dirs.preopens, BTreeMap::from([("fs.dir".to_string(), "fs.dir".to_string())]));
        assert_eq!(read("{}").unwrap(), WasiTest::default());
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (json, words) in [
            ("", "EOF"),
            (r#"{ "arg": [] }"#, "unknown field `arg`"),
            (r#"{ "dirs": ["a"], "root": "b" }"#, "both `dirs` and `root`"),
            (r#"{ "operations": [{ "type": "connect" }] }"#, "unknown variant `connect`"),
            (r#"{ "operations": [{ "type": "wait" }] }"#, "has to be `run`"),
            (r#"{ "operations": [], "proposals": ["http"] }"#, "`http`"),
            (r#"{ "operations": [{ "type": "run" }, { "type": "run" }] }"#, "a second `run`"),
            (r#"{ "operations": [{ "type": "run" }, { "type": "read", "id": "s", "payload": "" }] }"#, "`read` of `s`"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(words), "{json}: {error}");
        }
    }
}
