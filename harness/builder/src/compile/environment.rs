//! Clears the environment of compilers: variables that cargo sets for build scripts, or that users set for the build of
//! the host, must not affect guests and adapters.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use super::Workshop;

/// Prefixes of cargo's environment variables that concern the machine, not one build.
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

/// Other environment variables that a build script inherits and that are cleared.
const CLEARED: [&str; 16] = [
    // Output is stored, and shown later without colors.
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

/// Returns a command with a cleared environment.
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
    fn variables_of_builds_are_cleared_and_those_of_the_machine_are_kept() {
        for name in ["CARGO", "CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "RUSTC_WRAPPER", "CARGO_PROFILE_RELEASE_LTO"] {
            assert!(is_cleared(OsStr::new(name)), "{name}");
        }
        for name in ["PATH", "CARGO_HOME", "CARGO_NET_OFFLINE", "RUSTUP_TOOLCHAIN", "CARGO_MAKEFLAGS"] {
            assert!(!is_cleared(OsStr::new(name)), "{name}");
        }
    }
}
