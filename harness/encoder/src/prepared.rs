//! Many guests with the same adapters: what does not depend on the guest is done once.
//!
//! Prepared for good are the adapters, read, and their worlds, decoded and joined. Remembered as guests come are the
//! trimmed adapters, by what is asked of them; and, by a guest's *shape* (everything about it but its bytes), the *frame*
//! of its component: all that stands before and after main. A guest of a known shape costs a scan of its section
//! headers and one copy of its bytes. Frames have 64 MiB at most; the oldest go first.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wasmparser::MemoryType;

use crate::error::Errors;
use crate::frames::Frames;
use crate::input::{Adapter, Code, Options, Source};
use crate::read::{Extern, Module};
use crate::trims::Trims;
use crate::validate::mistake;
use crate::world::World;
use crate::{Welded, layers, weld, world};

/// Adapters and options, made ready for any number of guests.
///
/// It can be shared between threads. What it gives is byte for byte what [`encode`](crate::encode) gives.
#[derive(Debug)]
pub struct Prepared<'a> {
    adapters: &'a [Adapter<'a>],
    options: Options,
    /// The modules of each adapter.
    layers: Vec<Vec<Module<'a>>>,
    /// The joined world of a guest that brings none.
    world: OnceLock<World>,
    trims: Trims,
    frames: Mutex<Frames<Shape>>,
}

/// Everything about a guest that its component depends on, but for its bytes.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Shape {
    name: String,
    /// Module, field, the field's new name, type.
    imports: Vec<(String, String, Option<String>, Extern)>,
    exports: Vec<(String, Extern)>,
    memories: Vec<MemoryType>,
    /// Its `component-type` sections.
    metadata: Vec<Vec<u8>>,
}

impl<'a> Prepared<'a> {
    /// Reads the adapters and decodes their worlds.
    pub fn new(adapters: &'a [Adapter<'a>], options: Options) -> Result<Prepared<'a>, Errors> {
        let mut layers = layers::read_adapters(adapters)?;
        let mut errors = Vec::new();
        for module in layers.iter_mut().flatten() {
            match world::decode(module) {
                Ok(decoded) => module.decoded = Some(Arc::new(decoded)),
                Err(error) => errors.push(error),
            }
        }
        Errors::check(errors)?;
        let (trims, frames) = (Trims::default(), Mutex::default());
        Ok(Prepared { adapters, options, layers, world: OnceLock::new(), trims, frames })
    }

    /// The component of a guest.
    pub fn encode(&self, main: &Source<'_>) -> Result<Vec<u8>, Errors> {
        let main = layers::read_main(main)?;
        let Some(shape) = self.shape(&main) else { return Ok(self.weld(main)?.component) };
        let known = self.frames.lock().unwrap_or_else(PoisonError::into_inner).get(&shape);
        // The frame is valid, and depends on nothing but main's type; what is wrong with main is told below.
        if let Some(frame) = known
            && (!self.options.validate || mistake(&main.bytes).is_none())
        {
            return Ok(frame.around(&main));
        }
        let Welded { component, frame, .. } = self.weld(main)?;
        self.frames.lock().unwrap_or_else(PoisonError::into_inner).insert(shape, frame);
        Ok(component)
    }

    fn weld(&self, main: Module<'_>) -> Result<Welded, Errors> {
        let brings_a_world = main.wit.is_some() || !main.metadata.is_empty();
        let modules = layers::line_up(main, self.adapters, self.layers.clone())?;
        if self.interposes() {
            // An interposer is another one for each guest, and so are the places of the modules behind it.
            return weld(&modules, &world::join(&modules)?, &self.options, &Trims::default());
        }
        if brings_a_world {
            return weld(&modules, &world::join(&modules)?, &self.options, &self.trims);
        }
        let world = match self.world.get() {
            Some(world) => world,
            None => {
                let joined = world::join(&modules)?;
                self.world.get_or_init(|| joined)
            }
        };
        weld(&modules, world, &self.options, &self.trims)
    }

    /// The shape of a guest; none if there is more to it.
    fn shape(&self, main: &Module<'_>) -> Option<Shape> {
        // What a start function calls depends on its body; a world given from outside cannot be compared; and a section
        // of provenance speaks of the modules themselves.
        if main.has_start || main.wit.is_some() || self.options.provenance {
            return None;
        }
        let (imports, exports) = (main.imports.iter(), main.exports.iter());
        let mut types = imports.clone().map(|import| &import.ty).chain(exports.clone().map(|export| &export.ty));
        if !types.all(Extern::is_plain) {
            return None;
        }
        Some(Shape {
            name: main.name.clone(),
            imports: imports.map(|i| (i.module.clone(), i.field.clone(), i.unique.clone(), i.ty.clone())).collect(),
            exports: exports.map(|e| (e.name.clone(), e.ty.clone())).collect(),
            memories: main.memories.clone(),
            metadata: main.metadata.iter().map(|range| main.bytes[range.clone()].to_vec()).collect(),
        })
    }

    fn interposes(&self) -> bool {
        self.adapters.iter().any(|adapter| matches!(adapter.code, Code::Interposer { .. }))
    }
}
