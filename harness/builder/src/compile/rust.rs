//! Finds the Rust toolchain, installs its targets, and determines the flags that keep this machine's paths out of
//! modules.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use super::Workshop;
use super::environment::command;
use super::workshop::cargo_home;
use crate::system::children;

/// Toolchain that the suite's directory selects.
pub(super) struct Rust {
    pub(super) rustc: PathBuf,
    pub(super) cargo: PathBuf,
    /// Output of `rustc -vV`.
    pub(super) version: String,
    sysroot: OnceLock<Result<PathBuf, String>>,
    installing: Mutex<()>,
}

impl Rust {
    pub(super) fn find(shop: &Workshop<'_>) -> Result<Rust, String> {
        let find = |name: &str| {
            let install = "install Rust from https://rustup.rs";
            shop.program(name).ok_or_else(|| format!("no `{name}`: {install}"))
        };
        let (rustc, cargo) = (find("rustc")?, find("cargo")?);
        let version = ask(shop, &rustc, &["-vV"])?;
        Ok(Rust { rustc, cargo, version, sysroot: OnceLock::new(), installing: Mutex::new(()) })
    }

    /// Installs the standard library for a target if it is missing.
    pub(super) fn need_target(&self, shop: &Workshop<'_>, target: &str) -> Result<(), String> {
        let library = self.sysroot(shop)?.join("lib/rustlib").join(target).join("lib");
        // Concurrent installations fail.
        let _one = self.installing.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if library.is_dir() {
            return Ok(());
        }
        let line = format!("rustup target add {target}");
        let missing = format!("the Rust target `{target}` is not installed");
        let Some(rustup) = shop.program("rustup") else {
            return Err(format!(
                "{missing}, and rustup is not installed: add the target's standard library to this toolchain"
            ));
        };
        if shop.settings.no_install {
            return Err(format!("{missing}: `{line}`"));
        }
        ask(shop, &rustup, &["target", "add", target])
            .map(|_| ())
            .map_err(|error| format!("{missing}, and `{line}` failed: {error}"))
    }

    /// Returns flags that rename directories of this machine. Inner directories come last, because the last match
    /// counts.
    pub(super) fn remap(&self, shop: &Workshop<'_>) -> Result<Vec<String>, String> {
        let commit = self.version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
        let library = self.sysroot(shop)?.join("lib/rustlib/src/rust");
        let mut renamed = vec![
            (shop.root.to_path_buf(), "/suite".to_string()),
            (shop.work.to_path_buf(), "/build".to_string()),
            (library, format!("/rustc/{commit}")),
        ];
        renamed.extend(cargo_home().map(|home| (home, "/cargo".to_string())));
        renamed.sort_by_key(|(folder, _)| folder.as_os_str().len());
        Ok(renamed.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect())
    }

    fn sysroot(&self, shop: &Workshop<'_>) -> Result<&Path, String> {
        let ask = || ask(shop, &self.rustc, &["--print", "sysroot"]).map(|path| PathBuf::from(path.trim_end()));
        self.sysroot.get_or_init(ask).as_deref().map_err(String::clone)
    }
}

/// Runs a command in the suite's directory. Returns its standard output, or its standard error if it failed.
pub(super) fn ask(shop: &Workshop<'_>, program: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = children::output(command(shop, program).args(arguments).current_dir(shop.root));
    let output = output.map_err(|error| format!("cannot run `{}`: {error}", program.display()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(shop.scrub(&String::from_utf8_lossy(&output.stderr)))
    }
}
