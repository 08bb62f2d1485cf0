//! Compiles guests in other languages by a script of the suite, `toolchains/<file extension>.sh`, which is called with
//! one of four verbs. `toolchains/README.md` specifies the verbs and the environment variables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use super::environment::command;
use super::{Compiled, Workshop, single};
use crate::digest;
use crate::discover::Guest;
use crate::system::children;

/// Exit code of `prepare` if the tools are missing.
const MISSING: i32 = 3;

/// Program that runs the scripts.
const SHELL: &str = "sh";

/// Results of the scripts' `prepare`, which runs once for each script.
#[derive(Default)]
pub(super) struct Scripts(Mutex<BTreeMap<PathBuf, Result<String, Refusal>>>);

/// Reason for the lack of a compiler.
#[derive(Clone)]
struct Refusal {
    reason: String,
    /// Set if the tools are missing rather than broken.
    missing: bool,
}

pub(super) fn compile(shop: &Workshop<'_>, guest: &Guest, script: &Path) -> Compiled {
    let mut inputs = vec![guest.path.clone(), script.to_path_buf()];
    inputs.extend(guest.wit.iter().flat_map(|wit| wit.files()));
    let version = match shop.scripts().version(shop, script) {
        Ok(version) => version,
        Err(Refusal { reason, missing: true }) => return Compiled::without_tool(shop, reason, inputs),
        Err(Refusal { reason, missing: false }) => return Compiled::failed(reason, inputs),
    };
    let mut key = digest::Parts::default();
    key.add("script").add(&version).add(guest.path.as_os_str().as_encoded_bytes());
    if let Some(wit) = &guest.wit {
        key.add(wit.path.as_os_str().as_encoded_bytes()).add(wit.world.as_deref().unwrap_or_default());
    }
    let mut compiled = single::compile(shop, &guest.name, &key.finish(), |out| {
        let mut read = steps(shop, guest, script, out)?;
        read.extend(inputs.iter().cloned());
        Ok(read)
    });
    compiled.inputs.extend(inputs);
    compiled
}

impl Scripts {
    /// Returns the versions of a script's tools.
    fn version(&self, shop: &Workshop<'_>, script: &Path) -> Result<String, Refusal> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(script.to_path_buf()).or_insert_with(|| prepare(shop, script)).clone()
    }
}

fn prepare(shop: &Workshop<'_>, script: &Path) -> Result<String, Refusal> {
    let broken = |reason: String| Refusal { reason, missing: false };
    if shop.program(SHELL).is_none() {
        let reason = format!("no shell `{SHELL}` on the path, which `{}` requires: install one", script.display());
        return Err(Refusal { reason: shop.scrub(&reason), missing: true });
    }
    let output = call(shop, script, "prepare").and_then(|mut command| run(&mut command)).map_err(broken)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let reason = said(shop, script, "prepare", &output);
    Err(Refusal { reason, missing: output.status.code() == Some(MISSING) })
}

/// Generates bindings if the guest has WIT, builds the module, and checks it. Returns the other files that the script
/// has read.
fn steps(shop: &Workshop<'_>, guest: &Guest, script: &Path, out: &Path) -> Result<Vec<PathBuf>, String> {
    let bindings = work(shop, script).join("bindings").join(&guest.name);
    let read = work(shop, script).join(format!("{}.inputs", guest.name));
    std::fs::create_dir_all(&bindings).and_then(|()| std::fs::write(&read, "")).map_err(|error| error.to_string())?;
    let verbs = ["bindings", "compile", "verify"];
    for verb in verbs.into_iter().skip(usize::from(guest.wit.is_none())) {
        let mut command = call(shop, script, verb)?;
        command.env("POLYFILL_GUEST", &guest.name).env("POLYFILL_SOURCE", &guest.path);
        command.env("POLYFILL_OUTPUT", out).env("POLYFILL_BINDINGS", &bindings).env("POLYFILL_INPUTS", &read);
        if let Some(wit) = &guest.wit {
            command.env("POLYFILL_WIT", &wit.path).env("POLYFILL_WORLD", wit.world.as_deref().unwrap_or_default());
        }
        let output = run(&mut command)?;
        if !output.status.success() {
            return Err(said(shop, script, verb, &output));
        }
    }
    let read = crate::system::read_to_string(&read).map_err(|error| error.to_string())?;
    Ok(read.lines().filter(|line| !line.is_empty()).map(|line| shop.root.join(line)).collect())
}

/// Returns a call of a script, with the environment variables of all verbs.
fn call(shop: &Workshop<'_>, script: &Path, verb: &str) -> Result<Command, String> {
    let shell = shop.program(SHELL).ok_or_else(|| format!("no shell `{SHELL}` on the path"))?;
    let work = work(shop, script);
    std::fs::create_dir_all(&work).map_err(|error| error.to_string())?;
    let mut command = command(shop, &shell);
    command.arg(script).arg(verb).current_dir(shop.root);
    command.env("POLYFILL_ROOT", shop.root).env("POLYFILL_WORK", work);
    Ok(command)
}

/// Returns the work directory of a script.
fn work(shop: &Workshop<'_>, script: &Path) -> PathBuf {
    shop.work.join("toolchains").join(script.file_stem().unwrap_or_default())
}

fn run(command: &mut Command) -> Result<Output, String> {
    children::output(command).map_err(|error| format!("cannot run the script: {error}"))
}

/// Returns the output of a script that failed, or a note that there was none.
fn said(shop: &Workshop<'_>, script: &Path, verb: &str, output: &Output) -> String {
    let text = shop.scrub(&String::from_utf8_lossy(&output.stderr));
    match text.trim() {
        "" => shop.scrub(&format!("`{} {verb}` failed without a message ({})", script.display(), output.status)),
        text => text.to_string(),
    }
}
