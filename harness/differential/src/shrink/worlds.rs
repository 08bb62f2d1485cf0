//! Reductions of worlds: fewer items, simpler types.
//!
//! Items that several worlds share must be removed from all of them at once to keep the worlds compatible. Therefore a
//! cut refers to its item by name. Core functions whose type depends on the item are changed accordingly.

use wasmparser::FuncType;
use wit_component::dummy_module;
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve, Type, TypeDefKind, TypeOwner, WorldId, WorldItem};

use super::Edit;
use crate::encoders::quietly;
use crate::generate::{Sample, Unit};
use crate::inputs;
use crate::module::{Core, ImportType};

/// A removable part of a package graph.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cut {
    /// A world other than the module's.
    World(String),
    /// An import or export of the module's world, by name.
    Item(bool, String),
    /// An interface.
    Interface(String),
    /// A function, by interface (`None` for the world) and name.
    Function(Option<String>, String),
    /// The result of a function.
    Result(Option<String>, String),
    /// A parameter of a function.
    Param(Option<String>, String, usize),
    /// A named type, by interface and name: the whole type, one of its fields or cases, or its definition.
    Type(String, String, Change),
}

/// Edit of a type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Change {
    /// Removes the type.
    Remove,
    /// Removes a field or case.
    Field(usize),
    /// Replaces the type by `u8`.
    Plain,
}

/// Lists all cuts: from all worlds at once, then from each.
pub(super) fn edits(sample: &Sample) -> Vec<Edit> {
    let mut shared: Vec<Cut> = Vec::new();
    let mut edits = Vec::new();
    for (number, unit) in sample.units().enumerate() {
        let Ok((resolve, world)) = inputs::resolve(&unit.wit, &unit.world) else { continue };
        for cut in cuts(&resolve, world) {
            if !sample.adapters.is_empty() {
                edits.push(Edit::Cut(Some(number), cut.clone()));
            }
            if !shared.contains(&cut) {
                shared.push(cut);
            }
        }
    }
    shared.into_iter().map(|cut| Edit::Cut(None, cut)).chain(edits).collect()
}

/// Applies a cut to one module's world, or to all.
pub(super) fn apply(sample: &Sample, module: Option<usize>, cut: &Cut) -> Option<Sample> {
    let mut smaller = sample.clone();
    for (number, unit) in smaller.units_mut().enumerate() {
        if module.is_none_or(|module| module == number) {
            // Some cuts leave dangling references: the resulting text does not parse.
            quietly(|| cut_unit(unit, cut)).ok()?.ok()?;
        }
    }
    Some(smaller)
}

fn cut_unit(unit: &mut Unit, cut: &Cut) -> anyhow::Result<()> {
    let (mut resolve, world) = inputs::resolve(&unit.wit, &unit.world)?;
    remove(&mut resolve, world, cut);
    let text = inputs::print(&resolve, world)?;
    if text == unit.wit {
        return Ok(());
    }
    let (resolve, world) = inputs::resolve(&text, &unit.world)?;
    unit.wit = text;
    if matches!(cut, Cut::Result(..) | Cut::Param(..) | Cut::Type(..)) {
        retype(&mut unit.core, &resolve, world)?;
    }
    Ok(())
}

/// Updates the core types of the world's functions.
fn retype(core: &mut Core, resolve: &Resolve, world: WorldId) -> anyhow::Result<()> {
    for mangling in [ManglingAndAbi::Legacy(LiftLowerAbi::Sync), ManglingAndAbi::Standard32] {
        let dummy = Core::read(&dummy_module(resolve, world, mangling))?;
        for import in &mut core.imports {
            let same = dummy.imports.iter().find(|other| other.module == import.module && other.field == import.field);
            if let (Some(same), ImportType::Func(_)) = (same, &import.ty) {
                import.ty = same.ty.clone();
            }
        }
        for function in &mut core.functions {
            let types = function.exports.iter().filter_map(|name| dummy.exported(name));
            if let Some(ty) = types.map(|other| other.ty.clone()).next() {
                function.ty = FuncType::clone(&ty);
            }
        }
    }
    Ok(())
}

fn cuts(resolve: &Resolve, world: WorldId) -> Vec<Cut> {
    let mut cuts = Vec::new();
    for (id, other) in resolve.worlds.iter() {
        if id != world {
            cuts.push(Cut::World(other.name.clone()));
        }
    }
    let this = &resolve.worlds[world];
    for (exported, items) in [(true, &this.exports), (false, &this.imports)] {
        cuts.extend(items.keys().map(|key| Cut::Item(exported, resolve.name_world_key(key))));
    }
    for (_, interface) in resolve.interfaces.iter() {
        cuts.extend(interface.name.clone().map(Cut::Interface));
    }
    for item in this.exports.values().chain(this.imports.values()) {
        if let WorldItem::Function(function) = item {
            function_cuts(None, function, &mut cuts);
        }
    }
    for (name, interface) in named_interfaces(resolve, world) {
        let interface = &resolve.interfaces[interface];
        for function in interface.functions.values() {
            cuts.push(Cut::Function(Some(name.clone()), function.name.clone()));
            function_cuts(Some(&name), function, &mut cuts);
        }
        for (ty, id) in interface.types.iter().rev() {
            let mut push = |what| cuts.push(Cut::Type(name.clone(), ty.clone(), what));
            push(Change::Remove);
            (0..fields(&resolve.types[*id].kind)).rev().for_each(|field| push(Change::Field(field)));
            push(Change::Plain);
        }
    }
    cuts
}

fn function_cuts(interface: Option<&String>, function: &wit_parser::Function, cuts: &mut Vec<Cut>) {
    if function.result.is_some() {
        cuts.push(Cut::Result(interface.cloned(), function.name.clone()));
    }
    for param in (0..function.params.len()).rev() {
        cuts.push(Cut::Param(interface.cloned(), function.name.clone(), param));
    }
}

/// Returns all interfaces by a name that is the same in every graph: their own, or their name in the world.
fn named_interfaces(resolve: &Resolve, world: WorldId) -> Vec<(String, wit_parser::InterfaceId)> {
    let world = &resolve.worlds[world];
    let mut named: Vec<_> = resolve.interfaces.iter().filter_map(|(id, _)| Some((resolve.id_of(id)?, id))).collect();
    for (key, item) in world.imports.iter().chain(&world.exports) {
        if let WorldItem::Interface { id, .. } = item
            && resolve.id_of(*id).is_none()
        {
            named.push((resolve.name_world_key(key), *id));
        }
    }
    named
}

fn fields(kind: &TypeDefKind) -> usize {
    match kind {
        TypeDefKind::Record(record) => record.fields.len(),
        TypeDefKind::Variant(variant) => variant.cases.len(),
        TypeDefKind::Enum(cases) => cases.cases.len(),
        TypeDefKind::Flags(flags) => flags.flags.len(),
        _ => 0,
    }
}

fn remove(resolve: &mut Resolve, world: WorldId, cut: &Cut) {
    match cut {
        Cut::World(name) => {
            let other = resolve.worlds.iter().find(|(id, other)| *id != world && other.name == *name);
            if let Some(package) = other.and_then(|(_, other)| other.package) {
                resolve.packages[package].worlds.shift_remove(name);
            }
        }
        Cut::Item(exported, name) => {
            let this = &resolve.worlds[world];
            let items = if *exported { &this.exports } else { &this.imports };
            let Some(key) = items.keys().find(|key| resolve.name_world_key(key) == *name).cloned() else { return };
            let this = &mut resolve.worlds[world];
            let items = if *exported { &mut this.exports } else { &mut this.imports };
            items.shift_remove(&key);
        }
        Cut::Interface(name) => {
            for (_, package) in resolve.packages.iter_mut() {
                package.interfaces.shift_remove(name);
            }
        }
        Cut::Function(interface, name) => {
            for id in interfaces(resolve, world, interface.as_ref()) {
                resolve.interfaces[id].functions.shift_remove(name);
            }
        }
        Cut::Result(interface, name) => change(resolve, world, interface.as_ref(), name, |f| f.result = None),
        Cut::Param(interface, name, param) => change(resolve, world, interface.as_ref(), name, |f| {
            if *param < f.params.len() {
                f.params.remove(*param);
            }
        }),
        Cut::Type(interface, name, what) => {
            for id in interfaces(resolve, world, Some(interface)) {
                let Some(ty) = resolve.interfaces[id].types.get(name).copied() else { continue };
                match what {
                    Change::Remove => drop(resolve.interfaces[id].types.shift_remove(name)),
                    Change::Field(field) => remove_field(&mut resolve.types[ty].kind, *field),
                    Change::Plain if resolve.types[ty].owner == TypeOwner::Interface(id) => {
                        resolve.types[ty].kind = TypeDefKind::Type(Type::U8);
                    }
                    Change::Plain => {}
                }
            }
        }
    }
}

fn interfaces(resolve: &Resolve, world: WorldId, name: Option<&String>) -> Vec<wit_parser::InterfaceId> {
    let named = named_interfaces(resolve, world).into_iter();
    named.filter(|(other, _)| Some(other) == name).map(|(_, id)| id).collect()
}

/// Edits a function of an interface or of the world.
fn change(
    resolve: &mut Resolve,
    world: WorldId,
    interface: Option<&String>,
    name: &str,
    change: impl Fn(&mut wit_parser::Function),
) {
    if interface.is_none() {
        let this = &mut resolve.worlds[world];
        for item in this.imports.values_mut().chain(this.exports.values_mut()) {
            if let WorldItem::Function(function) = item
                && function.name == name
            {
                change(function);
            }
        }
    }
    for id in interfaces(resolve, world, interface) {
        if let Some(function) = resolve.interfaces[id].functions.get_mut(name) {
            change(function);
        }
    }
}

fn remove_field(kind: &mut TypeDefKind, field: usize) {
    if field >= fields(kind) {
        return;
    }
    match kind {
        TypeDefKind::Record(record) => drop(record.fields.remove(field)),
        TypeDefKind::Variant(variant) => drop(variant.cases.remove(field)),
        TypeDefKind::Enum(cases) => drop(cases.cases.remove(field)),
        TypeDefKind::Flags(flags) => drop(flags.flags.remove(field)),
        _ => {}
    }
}
