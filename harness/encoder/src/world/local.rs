//! Names of the worlds that modules are written against, which have no meaning in the component.
//!
//! Main and an adapter may both have a `my:app/w`, or a `root:component/root` printed by tools. `wit-parser` merges
//! worlds with the same name as copies of one world, so different worlds are renamed first.

use wit_parser::{Resolve, WorldId, WorldKey};

/// Renames the worlds in `from` whose names are used in `into` by worlds with other items, or by `joined`.
pub(super) fn rename_taken(from: &mut Resolve, into: &Resolve, joined: WorldId) {
    let mut taken = Vec::new();
    for (id, package) in from.packages.iter() {
        let Some(other) = into.package_names.get(&package.name) else { continue };
        let others = &into.packages[*other].worlds;
        for (name, world) in &package.worlds {
            if let Some(other) = others.get(name)
                && (*other == joined || items(from, *world) != items(into, *other))
            {
                let is_free = |free: &String| !others.contains_key(free) && !package.worlds.contains_key(free);
                let free = (2..).map(|number| format!("{name}-{number}")).find(is_free);
                taken.extend(free.map(|free| (id, name.clone(), *world, free)));
            }
        }
    }
    for (package, name, world, free) in taken {
        from.packages[package].worlds.shift_remove(&name);
        from.packages[package].worlds.insert(free.clone(), world);
        from.worlds[world].name = free;
    }
}

/// Returns the sorted names of a world's imports and exports.
fn items(resolve: &Resolve, world: WorldId) -> [Vec<String>; 2] {
    let world = &resolve.worlds[world];
    [&world.imports, &world.exports].map(|items| {
        let mut names: Vec<String> = items.keys().map(|key: &WorldKey| resolve.name_world_key(key)).collect();
        names.sort();
        names
    })
}
