//! Compiles guests of one Rust file, without a package and without dependencies other than `std`.

use std::path::{Path, PathBuf};

use super::environment::command;
use super::{Compiled, Workshop, depfile, single};
use crate::digest;
use crate::system::children;

/// Target of all Rust guests.
pub(super) const TARGET: &str = "wasm32-wasip1";

/// `-Cstrip=debuginfo` keeps names, which backtraces need. The debug information of `std` would make each module twenty
/// times as large.
const FLAGS: [&str; 3] = ["--edition=2024", "-O", "-Cstrip=debuginfo"];

pub(super) fn compile(shop: &Workshop<'_>, name: &str, source: &Path) -> Compiled {
    let mut compiled =
        try_compile(shop, name, source).unwrap_or_else(|message| Compiled::failed(shop.scrub(&message), Vec::new()));
    compiled.inputs.push(source.to_path_buf());
    compiled
}

fn try_compile(shop: &Workshop<'_>, name: &str, source: &Path) -> Result<Compiled, String> {
    let rust = shop.rust()?;
    let mut key = digest::Parts::default();
    key.add("rustc").add(name).add(&rust.version).add(FLAGS.join(" ")).add(source.as_os_str().as_encoded_bytes());
    Ok(single::compile(shop, name, &key.finish(), |out: &PathBuf| {
        rust.need_target(shop, TARGET)?;
        // Run in the source's directory with a relative path, which messages and panics then show.
        let folder = source.parent().unwrap_or(shop.root);
        let dep_info = out.with_extension("d");
        let mut command = command(shop, &rust.rustc);
        command
            .args(FLAGS)
            .arg(format!("--target={TARGET}"))
            // Symbols and intermediate files contain the guest's name, regardless of the file's name.
            .arg(format!("--crate-name={}", name.replace('-', "_")))
            .args(rust.remap(shop)?)
            // Also the directory of intermediate files, which would otherwise be written next to the source.
            .arg("--out-dir")
            .arg(out.parent().unwrap_or(shop.work))
            .arg(format!("--emit=link={},dep-info={}", out.display(), dep_info.display()))
            .arg(source.file_name().unwrap_or_default())
            .current_dir(folder);
        let output = children::output(&mut command)
            .map_err(|error| format!("cannot run `{}`: {error}", rust.rustc.display()))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let dep_info = crate::system::read_to_string(&dep_info).unwrap_or_default();
        Ok(depfile::parse(&dep_info, folder))
    }))
}
