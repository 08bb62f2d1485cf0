//! Newer format of a test: a sequence of operations.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{WasiTest, WasiTestError, preopens};

/// World of the tests that can run here.
const COMMAND: &str = "wasi:cli/command";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    operations: Option<Vec<Operation>>,
    proposals: Option<Vec<String>>,
    world: Option<String>,
    /// HTTP servers for requests of the guest.
    servers: Option<Vec<IgnoredAny>>,
    /// Shows more output of the upstream runner.
    #[serde(rename = "debug", default)]
    _debug: bool,
}

/// Operation. A variant without fields is not supported; serde ignores its keys.
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
        #[serde(default)]
        payload: String,
    },
    Write {
        #[serde(default = "stdin")]
        id: String,
        #[serde(default)]
        payload: String,
    },
    Connect,
    Send,
    Recv,
    Request,
    Kill,
}

fn stdout() -> String {
    "stdout".to_string()
}

fn stdin() -> String {
    "stdin".to_string()
}

impl Script {
    /// Converts the operations of one run. Text that is read from a stream is its complete expected content.
    pub(super) fn test(self) -> Result<WasiTest, WasiTestError> {
        let unsupported = |what: String| Err(WasiTestError::Unsupported(what));
        if let Some(world) = self.world.filter(|world| world != COMMAND) {
            return unsupported(format!("the world `{world}`"));
        }
        if let Some(proposal) = self.proposals.iter().flatten().next() {
            return unsupported(format!("the proposal `{proposal}`"));
        }
        if self.servers.is_some_and(|servers| !servers.is_empty()) {
            return unsupported("the key `servers`".to_string());
        }
        let Some(operations) = self.operations else { return Ok(WasiTest::default()) };
        let mut operations = operations.into_iter();
        let Some(Operation::Run { args, env, root, dirs }) = operations.next() else {
            return Err(WasiTestError::invalid(
                "first of `operations`: expected `run`",
                "begin with `{ \"type\": \"run\" }`",
            ));
        };
        let mut test = WasiTest { args, env, preopens: preopens(dirs, root)?, ..WasiTest::default() };
        let mut waited = false;
        for operation in operations {
            if waited {
                return unsupported("an operation behind `wait`".to_string());
            }
            match operation {
                Operation::Run { .. } => return unsupported("a second `run`".to_string()),
                Operation::Wait { exit_code } => (test.exit_code, waited) = (exit_code, true),
                Operation::Read { id, payload } => {
                    let stream = match id.as_str() {
                        "stdout" => &mut test.stdout,
                        "stderr" => &mut test.stderr,
                        other => {
                            let message = format!("`read` of `{other}`");
                            return Err(WasiTestError::invalid(
                                message,
                                "the readable streams are `stdout` and `stderr`",
                            ));
                        }
                    };
                    stream.get_or_insert_default().push_str(&payload);
                }
                Operation::Write { id, payload } if id == "stdin" => {
                    test.stdin.get_or_insert_default().push_str(&payload);
                }
                Operation::Write { id, .. } => {
                    return Err(WasiTestError::invalid(format!("`write` to `{id}`"), "the writable stream is `stdin`"));
                }
                Operation::Connect => return unsupported("the operation `connect`".to_string()),
                Operation::Send => return unsupported("the operation `send`".to_string()),
                Operation::Recv => return unsupported("the operation `recv`".to_string()),
                Operation::Request => return unsupported("the operation `request`".to_string()),
                Operation::Kill => return unsupported("the operation `kill`".to_string()),
            }
        }
        Ok(test)
    }
}
