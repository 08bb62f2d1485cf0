//! Worlds by wit-smith with a dummy main module.

use arbitrary::Unstructured;
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve, WorldId};

use super::{Sample, Unit, dummy};
use crate::encoders::quietly;
use crate::inputs::{self, Encoding, Options};
use crate::module::Core;
use crate::random::Random;

/// Generates a world and the reference's dummy module for it.
pub fn sample(random: &mut Random) -> Option<Sample> {
    let (resolve, world) = world(random)?;
    let is_legacy = random.chance(70);
    let mangling = if is_legacy { ManglingAndAbi::Legacy(LiftLowerAbi::Sync) } else { ManglingAndAbi::Standard32 };
    let mut core = Core::read(&wit_component::dummy_module(&resolve, world, mangling)).ok()?;
    dummy::change(random, &mut core);
    let main = unit(random, &resolve, world, core)?;
    Some(Sample { main, adapters: Vec::new(), options: options(random) })
}

/// Returns random options, mostly none.
pub fn options(random: &mut Random) -> Options {
    Options { memory_grow: random.chance(8), return_call_ref: random.chance(8) }
}

/// Returns a module with its world as text.
pub fn unit(random: &mut Random, resolve: &Resolve, world: WorldId, core: Core) -> Option<Unit> {
    let wit = inputs::print(resolve, world).ok()?;
    let encoding = if random.chance(70) { Encoding::Utf8 } else { Encoding::ALL[random.below(3)] };
    let unit = Unit { core, wit, world: resolve.worlds[world].name.clone(), encoding };
    // Some packages do not survive printing and parsing: a limit of the text format, not of an encoder.
    inputs::resolve(&unit.wit, &unit.world).ok()?;
    Some(unit)
}

/// Generates a world with synchronous functions only.
pub fn world(random: &mut Random) -> Option<(Resolve, WorldId)> {
    let length = 1 << (5 + random.below(7));
    let bytes = random.bytes(length);
    let config = wit_smith::Config {
        max_packages: 1 + random.below(3),
        max_type_size: 1 + random.below(60),
        max_interface_items: 1 + random.below(6),
        max_world_items: 1 + random.below(6),
        max_pkg_items: 1 + random.below(5),
        max_type_parts: 1 + random.below(6),
        max_files_per_package: 1 + random.below(2),
        max_resource_items: 1 + random.below(4),
        async_: false,
        futures: false,
        streams: false,
        error_context: false,
        fixed_length_lists: random.chance(30),
        world_include: false,
        implements: random.chance(20),
        canonical_names: false,
    };
    let wasm = quietly(|| wit_smith::smith(&config, &mut Unstructured::new(&bytes))).ok()?.ok()?;
    let decoded = wit_component::decode(&wasm).ok()?;
    let resolve = decoded.resolve().clone();
    let worlds: Vec<WorldId> = resolve.worlds.iter().map(|(id, _)| id).collect();
    let world = *random.pick(&worlds)?;
    Some((resolve, world))
}
