//! Restricts a layout to a comparison: the cases that have all configurations, and only these configurations.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Adapter, CaseFile, For, Kind, Layout, references};
use crate::case::Case;
use crate::chain::AdapterChain;
use crate::error::{BuildError, Problems};
use crate::side::{Side, is_file};
use crate::{module, near};

impl Layout {
    /// Retains the cases that run on the hosts of all configurations and are encoded. Cases without hosts run on
    /// `default`. A case that cannot be read is retained.
    pub(crate) fn retain_sides(&mut self, sides: &[Side], default: &[String]) -> Result<(), BuildError> {
        for guest in &mut self.guests {
            guest
                .cases
                .retain_mut(|CaseFile { case, .. }| case.as_mut().map_or(true, |case| fits(case, sides, default)));
        }
        self.guests.retain(|guest| !guest.cases.is_empty());
        let published: Vec<Adapter> = references::named(&self.guests).into_values().collect();
        let named = sides.iter().flat_map(Side::adapters).filter_map(|id| references::adapter(&id));
        let files = self.files(sides)?;
        for adapter in published.into_iter().chain(named).chain(files) {
            if self.adapters.iter().all(|known| known.id != adapter.id) {
                self.adapters.push(adapter);
            }
        }
        self.has_adapters(sides)
    }

    fn files(&self, sides: &[Side]) -> Result<Vec<Adapter>, BuildError> {
        let (mut files, mut problems) = (Vec::new(), Vec::new());
        for id in sides.iter().flat_map(Side::adapters).filter(|id| is_file(id)) {
            match file(&id) {
                Ok(adapter) => files.push(adapter),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(files) } else { Err(BuildError::Layout(Problems(problems))) }
    }

    /// Reports unknown adapters once rather than for each case.
    fn has_adapters(&self, sides: &[Side]) -> Result<(), BuildError> {
        let mut problems = Vec::new();
        for side in sides {
            let Side::Adapted { stack, .. } = side else { continue };
            for id in AdapterChain::parse(stack).adapters().filter(|id| polyfill_reference::find(id).is_none()) {
                if self.adapters.iter().all(|adapter| adapter.id != id) {
                    let own = self.adapters.iter().filter(|adapter| !matches!(adapter.kind, Kind::Reference(_)));
                    let hint = near::hint(id, own.map(|adapter| adapter.id.as_str()));
                    problems.push(format!("adapter `{id}` not found in `adapters`{hint}"));
                }
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(BuildError::Layout(Problems(problems))) }
    }
}

/// Reads an adapter that is named as a file, relative to the current directory. It implements preview1, whatever its
/// file is called.
pub(super) fn file(id: &str) -> Result<Adapter, String> {
    let wasm = module::read(Path::new(id)).map_err(|error| error.to_string())?;
    let path = std::path::absolute(id).map_err(|error| error.to_string())?;
    Ok(Adapter {
        implements: vec![polyfill_reference::IMPORT_MODULE.to_string()],
        fits: if module::wants_start(&wasm) { For::Command } else { For::Any },
        default: false,
        ..Adapter::plain(id, path, Kind::Module)
    })
}

/// Returns true if the case has all configurations, and restricts it to them. Restrictions by the case's group still
/// apply.
fn fits(case: &mut Case, sides: &[Side], default: &[String]) -> bool {
    let products = case.products();
    let has = |side: &Side| {
        let mut hosts = products.iter().map(|product| product.hosts.as_deref().unwrap_or(default));
        hosts.any(|hosts| hosts.iter().any(|host| host == side.host()))
    };
    if case.expect.error.is_some() || !sides.iter().all(has) {
        return false;
    }
    let stacks: BTreeSet<String> = sides.iter().filter_map(Side::stack).collect();
    let hosts: BTreeSet<String> = sides.iter().map(|side| side.host().to_string()).collect();
    case.adapters = Some(stacks.into_iter().collect());
    case.hosts = Some(hosts.into_iter().collect());
    case.runs.clear();
    true
}
