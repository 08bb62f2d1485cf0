//! A component without main: all that stands before and behind it. Main's bytes, most of the whole, are copied once, when
//! the component is put together.

use wasm_encoder::{ComponentSectionId, Encode};
use wasmparser::BinaryReader;

use crate::read::Module;

/// A component without main.
#[derive(Debug)]
pub(crate) struct Frame {
    /// All before the section with main.
    before: Vec<u8>,
    /// All behind it.
    after: Vec<u8>,
}

impl Frame {
    /// What stands in main's place while a frame is made.
    pub const PLACE: &[u8] = &[];

    /// Takes a component apart in which [`Frame::PLACE`] is the core module at that position.
    pub fn of(mut component: Vec<u8>, position: usize) -> Frame {
        let place = place(&component, position);
        debug_assert!(place.is_some(), "a component of ours has the modules that were put into it");
        let end = place.unwrap_or(component.len());
        let after = component.split_off(end);
        // An id, and a size of zero.
        component.truncate(end.saturating_sub(2));
        Frame { before: component, after }
    }

    /// Its bytes.
    pub fn size(&self) -> usize {
        self.before.len() + self.after.len()
    }

    /// The component with this main in it.
    pub fn around(&self, main: &Module<'_>) -> Vec<u8> {
        let size = main.size_without_metadata();
        // The longest header is one byte, and five for the size.
        let mut component = Vec::with_capacity(self.before.len() + 6 + size + self.after.len());
        component.extend_from_slice(&self.before);
        component.push(ComponentSectionId::CoreModule.into());
        size.encode(&mut component);
        main.write_without_metadata(&mut component);
        component.extend_from_slice(&self.after);
        component
    }
}

/// Where the core module at a position ends.
fn place(component: &[u8], position: usize) -> Option<usize> {
    let mut reader = BinaryReader::new(component, 0);
    reader.read_bytes(8).ok()?;
    let mut modules = 0;
    while !reader.eof() {
        let is_module = reader.read_u8().ok()? == u8::from(ComponentSectionId::CoreModule);
        let size = reader.read_var_u32().ok()?;
        reader.read_bytes(size as usize).ok()?;
        if is_module && modules == position {
            return Some(reader.current_position());
        }
        modules += usize::from(is_module);
    }
    None
}
