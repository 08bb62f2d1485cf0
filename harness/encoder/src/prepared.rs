//! Encodes many guests with the same adapters. Work that does not depend on the guest is done once.
//!
//! [`Prepared::new`] reads the adapters and decodes their worlds. Two caches are filled as guests are encoded:
//!
//! * garbage-collected adapters, by the required exports
//! * the *frame* of a component (all bytes before and after main), by the *shape* of the guest (everything that the
//!   component depends on except main's bytes)
//!
//! For a guest of a known shape, only its section headers are scanned and its bytes are copied. FrameCache use at most 64
//! MiB; the oldest ones are evicted first.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wasmparser::MemoryType;

use crate::error::Errors;
use crate::frame_cache::FrameCache;
use crate::input::{Adapter, Code, Options, Source};
use crate::read::{Extern, Module};
use crate::trim_cache::TrimCache;
use crate::validate::mistake;
use crate::world::World;
use crate::{EncodedModules, encode_modules, layers, world};

/// Adapters and options that are prepared for any number of guests.
///
/// Can be shared between threads. The components are byte for byte the same as those of [`encode`](crate::encode()).
///
/// # Examples
///
#[doc = "```rust"]
#[doc = include_str!("../examples/prepared.rs")]
#[doc = "```"]
#[derive(Debug)]
pub struct Prepared<'a> {
    adapters: &'a [Adapter<'a>],
    options: Options,
    /// Modules of each adapter.
    layers: Vec<Vec<Module<'a>>>,
    /// Merged world of a guest without its own WIT.
    world: OnceLock<World>,
    trims: TrimCache,
    frames: Mutex<FrameCache<Shape>>,
}

/// Everything that a component depends on except the bytes of main.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Shape {
    name: String,
    /// Module, field, new field name after deduplication, and type.
    imports: Vec<(String, String, Option<String>, Extern)>,
    exports: Vec<(String, Extern)>,
    memories: Vec<MemoryType>,
    /// Contents of the `component-type` sections.
    metadata: Vec<Vec<u8>>,
}

impl<'a> Prepared<'a> {
    /// Reads the adapters and decodes their worlds.
    ///
    /// # Errors
    ///
    /// Returns all errors of malformed adapters, or of invalid `component-type` sections.
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
        let (trims, frames) = (TrimCache::default(), Mutex::default());
        Ok(Prepared { adapters, options, layers, world: OnceLock::new(), trims, frames })
    }

    /// Encodes a guest into a component in binary form.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`encode`](crate::encode()).
    pub fn encode(&self, main: &Source<'_>) -> Result<Vec<u8>, Errors> {
        let main = layers::read_main(main)?;
        let Some(shape) = self.shape(&main) else { return Ok(self.encode_modules(main)?.component) };
        let known = self.frames.lock().unwrap_or_else(PoisonError::into_inner).get(&shape);
        // A cached frame is valid and depends only on main's shape. An invalid main is encoded again below to report
        // its errors.
        if let Some(frame) = known
            && (!self.options.validate || mistake(&main.bytes).is_none())
        {
            return Ok(frame.around(&main));
        }
        let EncodedModules { component, frame, .. } = self.encode_modules(main)?;
        self.frames.lock().unwrap_or_else(PoisonError::into_inner).insert(shape, frame);
        Ok(component)
    }

    fn encode_modules(&self, main: Module<'_>) -> Result<EncodedModules, Errors> {
        let brings_a_world = main.wit.is_some() || !main.metadata.is_empty();
        let modules = layers::line_up(main, self.adapters, self.layers.clone())?;
        if self.interposes() {
            // Interposition adapters are generated for each guest, which changes the ids of the modules behind them.
            return encode_modules(&modules, &world::join(&modules)?, &self.options, &TrimCache::default());
        }
        if brings_a_world {
            return encode_modules(&modules, &world::join(&modules)?, &self.options, &self.trims);
        }
        let world = match self.world.get() {
            Some(world) => world,
            None => {
                let joined = world::join(&modules)?;
                self.world.get_or_init(|| joined)
            }
        };
        encode_modules(&modules, world, &self.options, &self.trims)
    }

    /// Returns the shape of a guest, or `None` if its component depends on more than the shape.
    fn shape(&self, main: &Module<'_>) -> Option<Shape> {
        // The calls of a start function depend on its body, provided WIT cannot be compared, and a provenance section
        // depends on the modules themselves.
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
