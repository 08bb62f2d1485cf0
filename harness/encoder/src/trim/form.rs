//! The two forms of an adapter, and detection of a module's form.

use wasm_encoder::reencode::Reencode;
use wasmparser::{DataKind, FunctionBody, Parser, Payload, TypeRef};

/// Location of an adapter's stack, heap and static data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// In main's memory: stack and static data are moved to a region that is allocated there.
    Shared,
    /// In the adapter's own memory, at the linked addresses. Main's memory is accessed by copying.
    Isolated,
}

/// Detects the form that a module is built for: a module that uses its own memory is isolated, any other module is
/// shared.
///
/// Garbage collection validates the form. A module that cannot be parsed counts as shared, and is rejected there.
pub(crate) fn form(wasm: &[u8]) -> Form {
    match uses_own_memory(wasm) {
        Ok(true) => Form::Isolated,
        Ok(false) | Err(_) => Form::Shared,
    }
}

fn uses_own_memory(wasm: &[u8]) -> Result<bool, wasm_encoder::reencode::Error> {
    let mut own = false;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if let TypeRef::Memory(_) = import?.ty {
                        return Ok(false);
                    }
                }
            }
            Payload::MemorySection(memories) => own = memories.count() > 0,
            Payload::CodeSectionEntry(body) if own && uses_memory(&body)? => return Ok(true),
            // Code that never loads from memory can still pass the address to an import.
            Payload::DataSection(data) if own => {
                for data in data {
                    if let DataKind::Active { .. } = data?.kind {
                        return Ok(true);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(false)
}

/// Detects uses of memories by re-encoding instructions, which visits every index.
struct Watch {
    memory: bool,
}

impl Reencode for Watch {
    type Error = std::convert::Infallible;

    fn memory_index(&mut self, index: u32) -> Result<u32, wasm_encoder::reencode::Error> {
        self.memory = true;
        Ok(index)
    }
}

fn uses_memory(body: &FunctionBody<'_>) -> Result<bool, wasm_encoder::reencode::Error> {
    let mut watch = Watch { memory: false };
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() && !watch.memory {
        watch.instruction(reader.read()?)?;
    }
    Ok(watch.memory)
}
