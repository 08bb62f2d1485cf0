//! Distributes one world over main and adapters.

use wit_component::dummy_module;
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve, WorldId, WorldItem, WorldKey};

use super::{Sample, Unit, smith, wiring};
use crate::inputs;
use crate::module::Core;
use crate::random::Random;

/// Names of adapters. One is the name of an interface, one is also the import module of a memory.
const NAMES: [&str; 5] = ["old", "wasi_snapshot_preview1", "env", "t:t/i0", "legacy:host/calls@0.2.0"];

/// Generates a world by wit-smith.
pub fn sample(random: &mut Random) -> Option<Sample> {
    let (resolve, world) = smith::world(random)?;
    share(random, &resolve, world)
}

/// Distributes the imports and exports of a world over main and one or more adapters, and connects them.
pub fn share(random: &mut Random, resolve: &Resolve, world: WorldId) -> Option<Sample> {
    let count = if random.chance(70) { 1 } else { 2 + random.below(2) };
    let first = random.below(NAMES.len());
    let names: Vec<&str> = (0..count).map(|number| NAMES[(first + number) % NAMES.len()]).collect();
    let shares = Shares::draw(random, resolve, world, count + 1);
    let mut units = Vec::new();
    for module in 0..=count {
        let (resolve, world) = shares.of(resolve, world, module)?;
        let is_legacy = random.chance(80);
        let mangling = if is_legacy { ManglingAndAbi::Legacy(LiftLowerAbi::Sync) } else { ManglingAndAbi::Standard32 };
        let core = Core::read(&dummy_module(&resolve, world, mangling)).ok()?;
        units.push(smith::unit(random, &resolve, world, core)?);
    }
    let main = units.remove(0);
    let adapters: Vec<(String, Unit)> = names.iter().map(|name| name.to_string()).zip(units).collect();
    let mut sample = Sample { main, adapters, options: smith::options(random) };
    wiring::connect(random, &mut sample);
    Some(sample)
}

/// Assignment of imports and exports to modules.
struct Shares {
    imports: Vec<(WorldKey, Vec<bool>)>,
    exports: Vec<(WorldKey, Vec<bool>)>,
}

impl Shares {
    fn draw(random: &mut Random, resolve: &Resolve, world: WorldId, modules: usize) -> Shares {
        let world = &resolve.worlds[world];
        let everybody = |item: &WorldItem| matches!(item, WorldItem::Type { .. });
        let imports = world.imports.iter().map(|(key, item)| {
            let has = (0..modules).map(|_| everybody(item) || random.chance(50)).collect();
            (key.clone(), has)
        });
        let imports = imports.collect();
        let exports = world.exports.iter().map(|(key, _)| {
            // Rarely, two modules have the same export.
            let owner = if random.chance(50) { 0 } else { random.below(modules) };
            let second = random.chance(1).then(|| random.below(modules));
            let has = (0..modules).map(|module| module == owner || second == Some(module)).collect();
            (key.clone(), has)
        });
        Shares { imports, exports: exports.collect() }
    }

    /// Reduces a world to a module's own items. Type dependencies are added again when the text is parsed.
    fn of(&self, resolve: &Resolve, world: WorldId, module: usize) -> Option<(Resolve, WorldId)> {
        let mut resolve = resolve.clone();
        let has = |shares: &[(WorldKey, Vec<bool>)], key: &WorldKey| {
            shares.iter().any(|(other, has)| other == key && has[module])
        };
        // Worlds of the same name would have to be equal.
        let name = if module == 0 { "module".to_string() } else { format!("adapt-{module}") };
        let changed = &mut resolve.worlds[world];
        changed.imports.retain(|key, _| has(&self.imports, key));
        changed.exports.retain(|key, _| has(&self.exports, key));
        let before = std::mem::replace(&mut changed.name, name.clone());
        if let Some(package) = changed.package {
            let worlds = &mut resolve.packages[package].worlds;
            worlds.shift_remove(&before);
            worlds.insert(name.clone(), world);
        }
        let text = inputs::print(&resolve, world).ok()?;
        inputs::resolve(&text, &name).ok()
    }
}
