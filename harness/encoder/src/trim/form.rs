//! The two forms of an adapter, and which of them a module is made for.

use wasm_encoder::reencode::Reencode;
use wasmparser::{DataKind, FunctionBody, Parser, Payload, TypeRef};

/// Where an adapter's stack, heap and static data are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// In main's memory: stack and static data are moved to a region that is allocated there.
    Shared,
    /// In a memory of its own, where the linker put them. Main's memory is reached by copying.
    Isolated,
}

/// The form that a module is made for: one with a memory of its own that it uses is isolated, any other shares main's.
///
/// Whether it really can have that form is the business of trimming. A module that cannot be read shares, too: there,
/// it will be told why.
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
            // Its address may be given to an import without any code that loads from it.
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

/// Notices memories by pretending to write instructions again, so that none of them can be forgotten.
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
