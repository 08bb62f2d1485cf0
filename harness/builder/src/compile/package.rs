//! Determines the kind of a cargo package from its manifest and sources, without calling cargo.

use std::path::Path;

/// Returns the kind of module that the package builds: a library (`cdylib`) or a program; `None` if it builds no
/// module.
pub(crate) fn module_kind(folder: &Path) -> Option<bool> {
    let Ok(text) = crate::system::read_to_string(folder.join("Cargo.toml")) else {
        return Some(false);
    };
    let Ok(manifest) = text.parse::<toml::Table>() else {
        return Some(false);
    };
    let library = manifest.get("lib").and_then(|lib| lib.get("crate-type")).and_then(|kinds| kinds.as_array());
    if library.is_some_and(|kinds| kinds.iter().any(|kind| kind.as_str() == Some("cdylib"))) {
        return Some(true);
    }
    let source = folder.join("src");
    let program = manifest.contains_key("bin") || source.join("main.rs").is_file() || source.join("bin").is_dir();
    let nothing = !manifest.contains_key("lib") && !source.join("lib.rs").is_file();
    (program || nothing).then_some(false)
}
