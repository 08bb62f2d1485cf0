//! Main's place in a component.

use std::ops::Range;

use thiserror::Error;
use wasm_encoder::{ComponentSectionId, Encode as _};

use crate::format::{Bundle, BundleError, Part, parts};

/// There is no core module in the component.
#[derive(Debug, Error)]
pub enum NoMain {
    /// Its sections cannot be told apart.
    #[error(transparent)]
    Component(#[from] BundleError),
    /// None of them is one.
    #[error("the component holds no core module")]
    None,
}

/// Where main is.
pub(super) struct Place {
    /// The section, its header included.
    section: Range<usize>,
    /// The module in it.
    module: Range<usize>,
    /// It stands there as it was when it was compiled.
    is_main: bool,
}

impl Place {
    /// The module that is main, byte for byte; where there is none, since the encoder had to change something in it, the
    /// largest one.
    pub(super) fn of(bundle: &Bundle) -> Result<Self, NoMain> {
        let mut modules = parts(&bundle.component)?;
        modules.retain(|part| part.id == ComponentSectionId::CoreModule as u8);
        let is_main = |part: &&Part| Some(&bundle.component[part.content.clone()]) == bundle.main.as_deref();
        let exact = modules.iter().find(is_main);
        let part = exact.or_else(|| modules.iter().max_by_key(|part| part.content.len())).ok_or(NoMain::None)?;
        Ok(Self { section: part.whole.clone(), module: part.content.clone(), is_main: exact.is_some() })
    }

    pub(super) fn main<'a>(&self, bundle: &'a Bundle) -> &'a [u8] {
        &bundle.component[self.module.clone()]
    }

    /// The bundle with another main, which imports and exports the same.
    pub(super) fn with(&self, bundle: &Bundle, main: &[u8]) -> Bundle {
        let mut component = bundle.component[..self.section.start].to_vec();
        component.push(ComponentSectionId::CoreModule as u8);
        main.encode(&mut component);
        component.extend_from_slice(&bundle.component[self.section.end..]);
        let main = if self.is_main { Some(main.to_vec()) } else { bundle.main.clone() };
        Bundle { component, main, ..bundle.clone() }
    }
}
