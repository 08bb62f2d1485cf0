//! Location of the guest's core module in a component.

use std::ops::Range;

use thiserror::Error;
use wasm_encoder::{ComponentSectionId, Encode as _};

use crate::format::{Part, Recording, RecordingError, parts};

/// Error in locating the guest's core module.
#[derive(Debug, Error)]
pub enum NoMain {
    /// The sections of the component cannot be parsed.
    #[error(transparent)]
    Component(#[from] RecordingError),
    /// The component has no core module.
    #[error("the component holds no core module")]
    None,
}

/// Location of the guest's core module.
pub(super) struct Place {
    /// Range of the section, including its header.
    section: Range<usize>,
    /// Range of the module in the section.
    module: Range<usize>,
    /// True if the module is unmodified, byte for byte.
    is_main: bool,
}

impl Place {
    /// Locates the core module that equals main byte for byte. If the encoder has modified main, locates the largest
    /// core module.
    pub(super) fn of(recording: &Recording) -> Result<Self, NoMain> {
        let mut modules = parts(&recording.component)?;
        modules.retain(|part| part.id == ComponentSectionId::CoreModule as u8);
        let is_main = |part: &&Part| Some(&recording.component[part.content.clone()]) == recording.main.as_deref();
        let exact = modules.iter().find(is_main);
        let part = exact.or_else(|| modules.iter().max_by_key(|part| part.content.len())).ok_or(NoMain::None)?;
        Ok(Self { section: part.whole.clone(), module: part.content.clone(), is_main: exact.is_some() })
    }

    pub(super) fn main<'a>(&self, recording: &'a Recording) -> &'a [u8] {
        &recording.component[self.module.clone()]
    }

    /// Returns the recording with a different main, which must have the same imports and exports.
    pub(super) fn with(&self, recording: &Recording, main: &[u8]) -> Recording {
        let mut component = recording.component[..self.section.start].to_vec();
        component.push(ComponentSectionId::CoreModule as u8);
        main.encode(&mut component);
        component.extend_from_slice(&recording.component[self.section.end..]);
        let main = if self.is_main { Some(main.to_vec()) } else { recording.main.clone() };
        Recording { component, main, ..recording.clone() }
    }
}
