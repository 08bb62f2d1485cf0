//! Discovers `hosts/`: external hosts. Files other than descriptors are ignored.

use std::collections::BTreeMap;

use super::{Found, check_name, listing};
use crate::descriptor::Descriptor;
use crate::error::BuildError;

/// Reserved names of built-in hosts.
const OURS: [&str; 5] = ["my-wasi", "my-wasi-typed", "native", "wasi", "wasi-async"];

/// Returns the external hosts by name.
pub(super) fn discover(found: &mut Found) -> Result<BTreeMap<String, Descriptor>, BuildError> {
    let folder = found.root.join("hosts");
    let mut hosts = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(hosts);
    }
    for entry in listing::list_any(&folder)? {
        let Some(name) = entry.name.strip_suffix(".toml").filter(|_| !entry.folder) else { continue };
        let text = crate::system::read_to_string(&entry.path).map_err(BuildError::io("read", &entry.path))?;
        found.inputs.push(entry.path.clone());
        match check(name).and_then(|()| parse(&text)) {
            Ok(descriptor) => drop(hosts.insert(name.to_string(), descriptor)),
            Err(problem) => found.problem(&entry.path, problem),
        }
    }
    Ok(hosts)
}

fn check(name: &str) -> Result<(), String> {
    check_name("a host", name, false)?;
    if OURS.contains(&name) { Err(format!("`{name}` is the name of a built-in host")) } else { Ok(()) }
}

fn parse(text: &str) -> Result<Descriptor, String> {
    let descriptor: Descriptor = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_string())?;
    if descriptor.command.is_empty() {
        return Err("`command`: expected a program and its arguments, found an empty list".to_string());
    }
    Ok(descriptor)
}
