//! The environment of compilers: without the variables that cargo sets for build scripts, and without those that a user set for the host's
//! own build, may reach guests and adapters.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use super::Workshop;

/// Cargo's variables that are about the machine rather than about one build.
const KEPT: [&str; 8] = [
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_MAKEFLAGS",
    "CARGO_NET_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_SOURCE_",
    "CARGO_BUILD_JOBS",
];

/// Other environment variables that a build script inherits.
const CLEARED: [&str; 16] = [
    // Output is kept and shown later, without colors.
    "CLICOLOR_FORCE",
    "CLIPPY_ARGS",
    "CLIPPY_CONF_DIR",
    "DEBUG",
    "FORCE_COLOR",
    "HOST",
    "MIRI_SYSROOT",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTC",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "TARGET",
];

/// A command with a clean environment.
pub(super) fn command(shop: &Workshop<'_>, program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if is_cleared(&name) {
            command.env_remove(name);
        }
    }
    if let Some(path) = shop.settings.path.as_ref().and_then(|path| std::env::join_paths(path).ok()) {
        command.env("PATH", path);
    }
    command
}

fn is_cleared(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    let cargo = name == "CARGO" || name.starts_with("CARGO_") || name.starts_with("__CARGO");
    let others = CLEARED.contains(&name) || name.starts_with("DEP_") || name.starts_with("RUSTC_");
    (cargo && !KEPT.iter().any(|kept| name.starts_with(kept))) || others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cleared() {
        for name in ["CARGO", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "RUSTC_WRAPPER", "CARGO_PROFILE_RELEASE_LTO"] {
            assert!(is_cleared(OsStr::new(name)), "{name}");
        }
        for name in ["PATH", "CARGO_HOME", "CARGO_NET_OFFLINE", "RUSTUP_TOOLCHAIN", "CARGO_MAKEFLAGS"] {
            assert!(!is_cleared(OsStr::new(name)), "{name}");
        }
    }
}
