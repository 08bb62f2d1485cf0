//! Discovers adapters that consist of a sidecar only: an alias of another adapter (`of`), or a stub (`stub`).

use std::collections::BTreeMap;
use std::path::Path;

use super::adapters::check_id;
use super::sidecar::{self, AdapterSidecar, Use};
use super::{Adapter, Found, Kind, references};
use crate::near;

/// Returns the adapter that a sidecar defines. `adapters` are those with code.
pub(super) fn read(
    found: &mut Found,
    id: &str,
    path: &Path,
    using: Use,
    adapters: &BTreeMap<String, Adapter>,
) -> Result<Adapter, String> {
    let shown = found.show(path);
    let sidecar = sidecar::read::<AdapterSidecar>(found, path)?.used(found, path, using)?;
    check_id(id).map_err(|message| format!("`{shown}`: {message}"))?;
    let mut adapter = match (&sidecar.of, sidecar.stub) {
        (Some(of), None) => Adapter { id: id.to_string(), ..base(&shown, id, of, adapters)? },
        (None, Some(answer)) => Adapter { default: false, ..stub(&shown, id, path, &sidecar, answer.into())? },
        (Some(_), Some(_)) => return Err(format!("`{shown}`: `of` and `stub` exclude each other")),
        (None, None) => {
            return Err(format!("`{shown}`: expected `{id}.wat` or `{id}.wasm` next to it, or the key `of` or `stub`"));
        }
    };
    let rest = AdapterSidecar { of: None, stub: None, ..sidecar };
    rest.apply(found, &mut adapter, path)?;
    Ok(adapter)
}

/// Returns the adapter that an alias refers to. An alias of a published adapter also applies to cases that name no
/// adapter chain.
fn base(shown: &str, id: &str, of: &str, adapters: &BTreeMap<String, Adapter>) -> Result<Adapter, String> {
    if let Some(found) = polyfill_reference::find(of) {
        found.map_err(|unknown| format!("`{shown}`: `of`: {unknown}"))?;
    }
    let published = references::adapter(of).map(|adapter| Adapter { default: true, ..adapter });
    published.or_else(|| adapters.get(of).cloned()).ok_or_else(|| {
        let hint = near::hint(of, adapters.keys().map(String::as_str));
        let found = if of == id { ", found itself" } else { "" };
        format!("`{shown}`: `of = \"{of}\"`: expected an adapter with its own code{found}{hint}")
    })
}

fn stub(
    shown: &str,
    id: &str,
    path: &Path,
    sidecar: &AdapterSidecar,
    answer: polyfill_encoder::Answer,
) -> Result<Adapter, String> {
    let refused = [
        (sidecar.wit.is_none(), "`stub` requires `wit = \"path\"`"),
        (
            sidecar.implements.is_some(),
            "`implements` is not supported by a stub, which implements the interfaces that its world imports",
        ),
        (sidecar.form.is_some(), "`form` is not supported by a stub, which uses no memory"),
        (sidecar.stack.is_some(), "`stack` is not supported by a stub, which has no shadow stack"),
    ];
    match refused.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, message)) => Err(format!("`{shown}`: {message}")),
        None => {
            let implements = Vec::new();
            Ok(Adapter { implements, ..Adapter::plain(id, path.to_path_buf(), Kind::Stub(answer)) })
        }
    }
}
