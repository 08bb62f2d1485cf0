//! The bytes of a component before and after main. Main's bytes, which are most of the component, are copied only once,
//! when the component is assembled.

use wasm_encoder::{ComponentSectionId, Encode};
use wasmparser::BinaryReader;

use crate::read::Module;

/// A component without main.
#[derive(Debug)]
pub(crate) struct Frame {
    /// All bytes before the section of main.
    before: Vec<u8>,
    /// All bytes after the section of main.
    after: Vec<u8>,
}

impl Frame {
    /// Placeholder for main while a frame is built.
    pub const PLACE: &[u8] = &[];

    /// Splits a component whose core module at index `position` is [`Frame::PLACE`].
    pub fn of(mut component: Vec<u8>, position: usize) -> Frame {
        let end = place(&component, position).expect("the component contains each core module that was added to it");
        let after = component.split_off(end);
        // The placeholder section consists of an id and a size of zero.
        component.truncate(end - 2);
        Frame { before: component, after }
    }

    /// Returns the size in bytes.
    pub fn size(&self) -> usize {
        self.before.len() + self.after.len()
    }

    /// Assembles the component with `main`.
    pub fn around(&self, main: &Module<'_>) -> Vec<u8> {
        let size = main.size_without_metadata();
        // A section header has at most 6 bytes: one for the id and five for the size.
        let mut component = Vec::with_capacity(self.before.len() + 6 + size + self.after.len());
        component.extend_from_slice(&self.before);
        component.push(ComponentSectionId::CoreModule.into());
        size.encode(&mut component);
        main.write_without_metadata(&mut component);
        component.extend_from_slice(&self.after);
        component
    }
}

/// Returns the end offset of the core module at index `position`.
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
