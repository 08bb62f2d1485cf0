//! Smaller samples: fewer items in the worlds, plainer types. What goes from one world may go from its module too.

use wit_parser::{Resolve, Type, TypeDefKind, WorldId};

use crate::generate::{Sample, Unit};
use crate::inputs;

/// All samples with one thing less in one world.
pub fn candidates(sample: &Sample) -> Box<dyn Iterator<Item = Sample> + '_> {
    Box::new(sample.units().enumerate().flat_map(move |(number, unit)| {
        smaller_worlds(unit).map(move |wit| {
            let mut smaller = sample.clone();
            smaller.units_mut().nth(number).expect("as many").wit = wit;
            smaller
        })
    }))
}

/// The texts of all worlds with one thing less.
fn smaller_worlds(unit: &Unit) -> Box<dyn Iterator<Item = String>> {
    let Ok((resolve, world)) = inputs::resolve(&unit.wit, &unit.world) else { return Box::new(std::iter::empty()) };
    let (name, before) = (unit.world.clone(), unit.wit.clone());
    let cuts = cuts(&resolve, world);
    Box::new(cuts.into_iter().filter_map(move |cut| {
        let mut resolve = resolve.clone();
        apply(&mut resolve, world, &cut);
        let text = inputs::print(&resolve, world).ok()?;
        // Some cuts leave loose ends: such a text cannot be read.
        (text != before && inputs::resolve(&text, &name).is_ok()).then_some(text)
    }))
}

/// Something to take out of a package graph, by its place in the graph.
enum Cut {
    World(usize),
    Import(usize),
    Export(usize),
    Interface(usize),
    Function(usize, usize),
    Param(usize, usize, usize),
    Result(usize, usize),
    Type(usize, usize),
    Field(wit_parser::TypeId, usize),
    Plain(wit_parser::TypeId),
}

fn cuts(resolve: &Resolve, world: WorldId) -> Vec<Cut> {
    let mut cuts = Vec::new();
    cuts.extend((0..resolve.worlds.len()).map(Cut::World));
    cuts.extend((0..resolve.worlds[world].exports.len()).map(Cut::Export));
    cuts.extend((0..resolve.worlds[world].imports.len()).map(Cut::Import));
    cuts.extend((0..resolve.interfaces.len()).map(Cut::Interface));
    for (number, (_, interface)) in resolve.interfaces.iter().enumerate() {
        for (function, item) in interface.functions.values().enumerate() {
            cuts.push(Cut::Function(number, function));
            cuts.push(Cut::Result(number, function));
            cuts.extend((0..item.params.len()).rev().map(|param| Cut::Param(number, function, param)));
        }
        cuts.extend((0..interface.types.len()).rev().map(|ty| Cut::Type(number, ty)));
    }
    for (id, ty) in resolve.types.iter() {
        let fields = match &ty.kind {
            TypeDefKind::Record(record) => record.fields.len(),
            TypeDefKind::Variant(variant) => variant.cases.len(),
            TypeDefKind::Enum(cases) => cases.cases.len(),
            TypeDefKind::Flags(flags) => flags.flags.len(),
            TypeDefKind::Tuple(tuple) => tuple.types.len(),
            _ => 0,
        };
        cuts.extend((0..fields).rev().map(|field| Cut::Field(id, field)));
        if !matches!(ty.kind, TypeDefKind::Resource | TypeDefKind::Handle(_)) {
            cuts.push(Cut::Plain(id));
        }
    }
    cuts
}

fn apply(resolve: &mut Resolve, world: WorldId, cut: &Cut) {
    match *cut {
        Cut::World(number) => {
            let Some((id, other)) = resolve.worlds.iter().nth(number) else { return };
            let (name, package) = (other.name.clone(), other.package);
            if id != world
                && let Some(package) = package
            {
                resolve.packages[package].worlds.shift_remove(&name);
            }
        }
        Cut::Import(number) => drop(resolve.worlds[world].imports.shift_remove_index(number)),
        Cut::Export(number) => drop(resolve.worlds[world].exports.shift_remove_index(number)),
        Cut::Interface(number) => {
            let Some((_, interface)) = resolve.interfaces.iter().nth(number) else { return };
            if let (Some(name), Some(package)) = (interface.name.clone(), interface.package) {
                resolve.packages[package].interfaces.shift_remove(&name);
            }
        }
        Cut::Function(interface, number) => {
            if let Some((_, interface)) = resolve.interfaces.iter_mut().nth(interface) {
                interface.functions.shift_remove_index(number);
            }
        }
        Cut::Param(interface, number, param) => {
            if let Some((_, interface)) = resolve.interfaces.iter_mut().nth(interface)
                && let Some((_, function)) = interface.functions.get_index_mut(number)
            {
                function.params.remove(param);
            }
        }
        Cut::Result(interface, number) => {
            if let Some((_, interface)) = resolve.interfaces.iter_mut().nth(interface)
                && let Some((_, function)) = interface.functions.get_index_mut(number)
            {
                function.result = None;
            }
        }
        Cut::Type(interface, number) => {
            if let Some((_, interface)) = resolve.interfaces.iter_mut().nth(interface) {
                interface.types.shift_remove_index(number);
            }
        }
        Cut::Field(id, field) => match &mut resolve.types[id].kind {
            TypeDefKind::Record(record) => drop(record.fields.remove(field)),
            TypeDefKind::Variant(variant) => drop(variant.cases.remove(field)),
            TypeDefKind::Enum(cases) => drop(cases.cases.remove(field)),
            TypeDefKind::Flags(flags) => drop(flags.flags.remove(field)),
            TypeDefKind::Tuple(tuple) => drop(tuple.types.remove(field)),
            _ => {}
        },
        Cut::Plain(id) => resolve.types[id].kind = TypeDefKind::Type(Type::U8),
    }
}
