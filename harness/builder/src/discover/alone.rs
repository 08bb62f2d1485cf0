//! An adapter that is a sidecar and nothing else: another one under a new id (`of`), or a stub (`stub`).

use std::collections::BTreeMap;
use std::path::Path;

use super::adapters::check_id;
use super::sidecar::{self, AdapterSidecar, Use};
use super::{Adapter, Found, Kind, references};
use crate::near;

/// The adapter that the file makes, of those that have code.
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
        (Some(_), Some(_)) => return Err(format!("`{shown}`: `of` and `stub`: it cannot be both")),
        (None, None) => {
            return Err(format!(
                "`{shown}`: no adapter `{id}.wat` or `{id}.wasm` beside it, and neither `of` nor `stub` in it"
            ));
        }
    };
    let rest = AdapterSidecar { of: None, stub: None, ..sidecar };
    rest.apply(found, &mut adapter, path)?;
    Ok(adapter)
}

/// The adapter that it is. A published one is for stacks that no case names, too, once it has a sidecar.
fn base(shown: &str, id: &str, of: &str, adapters: &BTreeMap<String, Adapter>) -> Result<Adapter, String> {
    if let Some(found) = polyfill_reference::find(of) {
        found.map_err(|unknown| format!("`{shown}`: `of`: {unknown}"))?;
    }
    let published = references::adapter(of).map(|adapter| Adapter { default: true, ..adapter });
    published.or_else(|| adapters.get(of).cloned()).ok_or_else(|| {
        let hint = near::hint(of, adapters.keys().map(String::as_str));
        let itself = if of == id { "itself" } else { "no adapter with code of its own" };
        format!("`{shown}`: `of = \"{of}\"` names {itself}{hint}")
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
        (sidecar.wit.is_none(), "`stub` needs a `wit = \"path\"` beside it: it is made from that"),
        (sidecar.implements.is_some(), "`implements`: a stub is for the interfaces that its world imports"),
        (sidecar.form.is_some(), "`form`: a stub has no memory to choose"),
        (sidecar.stack.is_some(), "`stack`: a stub has none"),
    ];
    match refused.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, message)) => Err(format!("`{shown}`: {message}")),
        None => {
            let implements = Vec::new();
            Ok(Adapter { implements, ..Adapter::plain(id, path.to_path_buf(), Kind::Stub(answer)) })
        }
    }
}
