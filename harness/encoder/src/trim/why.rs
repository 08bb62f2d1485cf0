//! Reasons for which functions of an adapter are kept: the first reference to each. Also lists the dropped functions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use wasmparser::{Export, SymbolInfo};

use super::data::Units;
use super::module::Module;
use super::numbers::Numbers;
use super::offsets::Offsets;

/// First reference to an item, as indices of the original module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstUse {
    /// Exported, and the export was requested.
    Export,
    /// Start function.
    Start,
    /// Called by this function.
    Call(u32),
    /// Address taken by this function.
    Address(u32),
    /// Address held in this data chunk.
    Data(usize),
    /// Contained in this element segment.
    Element(u32),
    /// Contained in the initial value of this global.
    Global(u32),
    /// Contained in the initial value of this table.
    Table(u32),
}

/// First references to functions and data chunks.
#[derive(Debug, Default)]
pub(super) struct FirstUses {
    pub functions: BTreeMap<u32, FirstUse>,
    pub units: BTreeMap<usize, FirstUse>,
}

/// Kept, generated and dropped functions of an adapter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Functions {
    /// Kept functions, including imports, in the order of their original indices.
    pub kept: Vec<KeptFunction>,
    /// Generated functions: index and name. An import is named `module#field`.
    pub generated: Vec<(u32, String)>,
    /// Dropped functions: original index and name.
    pub dropped: Vec<(u32, String)>,
}

/// A kept function.
#[derive(Clone, Debug)]
pub(crate) struct KeptFunction {
    /// Original index.
    pub from: u32,
    /// New index.
    pub to: u32,
    /// Name from the `name` section, else the import or export, else `function` and the index.
    pub name: String,
    /// Reason for which it is kept.
    pub reason: Reason,
    /// Old and new body, in bytes from the start of the code section's contents. `None` for an import.
    pub code: Option<(Range<u32>, Range<u32>)>,
}

/// Reason for which a function is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A requested export.
    Export(String),
    /// The start function.
    Start,
    /// Called by the function with this original index.
    Called(u32),
    /// Address taken by the function with this original index.
    AddressTaken(u32),
    /// Address held in static data.
    InData {
        /// Data chunks by their symbols: the one with the address, then the one that refers to it, and so on.
        data: Vec<String>,
        /// Original index of the function that refers to the last chunk.
        by: Option<u32>,
    },
    /// Contained in this element segment of a live table.
    Element(u32),
    /// Contained in the initial value of this global.
    Global(u32),
    /// Contained in the initial value of this table.
    Table(u32),
}

impl Reason {
    /// Returns the original index of the referencing function, if there is one.
    pub fn by(&self) -> Option<u32> {
        match self {
            Reason::Called(by) | Reason::AddressTaken(by) => Some(*by),
            Reason::InData { by, .. } => *by,
            _ => None,
        }
    }
}

/// Lists all functions of a module.
pub(super) fn functions(
    module: &Module<'_>,
    units: &Units<'_>,
    whys: &FirstUses,
    numbers: &Numbers,
    offsets: &Offsets,
    exports: &[&Export<'_>],
    balanced: Option<u32>,
) -> Functions {
    let code: BTreeMap<u32, _> =
        offsets.functions().iter().map(|moved| (moved.from, (moved.old.clone(), moved.new.clone()))).collect();
    let mut symbols = BTreeMap::new();
    if whys.functions.values().any(|why| matches!(why, FirstUse::Data(_))) {
        symbols = unit_names(module, units);
    }
    let mut functions = Functions::default();
    let named = first_names(module.exports.values().filter(|export| super::is_function(export)));
    let exported = first_names(exports.iter().copied());
    for index in 0..module.functions.len() as u32 {
        let name = name(module, index, &named);
        match (whys.functions.get(&index), numbers.functions.get(&index)) {
            (Some(why), Some(to)) => {
                let reason = reason(*why, exported.get(&index).unwrap_or(&name.as_str()), whys, &symbols);
                let code = code.get(&index).cloned();
                functions.kept.push(KeptFunction { from: index, to: *to, name, reason, code });
            }
            _ => functions.dropped.push((index, name)),
        }
    }
    let first = (numbers.imports.len() + numbers.own.len()) as u32;
    let known: BTreeSet<u32> = numbers.functions.values().copied().collect();
    let imports = (0..).zip(numbers.imports.keys()).filter(|(index, _)| !known.contains(index));
    functions.generated = imports.map(|(index, (module, name))| (index, format!("{module}#{name}"))).collect();
    let own = (first..).zip(&numbers.generated).map(|(index, (new, _))| (index, new.name().to_string()));
    functions.generated.extend(own);
    if let Some(first) = balanced {
        functions.generated.extend((first..).zip(exports).map(|(index, export)| (index, export.name.to_string())));
    }
    functions
}

/// Returns the first export name of each function.
fn first_names<'a, 'e>(exports: impl Iterator<Item = &'e Export<'a>>) -> BTreeMap<u32, &'a str>
where
    'a: 'e,
{
    let mut names = BTreeMap::new();
    for export in exports {
        names.entry(export.index).or_insert(export.name);
    }
    names
}

fn name(module: &Module<'_>, index: u32, exported: &BTreeMap<u32, &str>) -> String {
    if let Some(name) = module.names.functions.get(&index) {
        return name.to_string();
    }
    let import = module.functions.get(index as usize).and_then(|f| f.import()).and_then(|i| module.imports.get(i));
    if let Some(import) = import {
        return format!("{}#{}", import.module, import.name);
    }
    exported.get(&index).map_or_else(|| format!("function {index}"), |name| name.to_string())
}

fn reason(why: FirstUse, name: &str, whys: &FirstUses, symbols: &BTreeMap<usize, &str>) -> Reason {
    match why {
        FirstUse::Export => Reason::Export(name.to_string()),
        FirstUse::Start => Reason::Start,
        FirstUse::Call(by) => Reason::Called(by),
        FirstUse::Address(by) => Reason::AddressTaken(by),
        FirstUse::Data(first) => {
            let mut data = Vec::new();
            let mut next = Some(FirstUse::Data(first));
            while let Some(FirstUse::Data(unit)) = next {
                data.push(symbols.get(&unit).map_or_else(|| format!("data {unit}"), |name| name.to_string()));
                next = whys.units.get(&unit).copied();
            }
            let by = match next {
                Some(FirstUse::Call(by) | FirstUse::Address(by)) => Some(by),
                _ => None,
            };
            Reason::InData { data, by }
        }
        FirstUse::Element(segment) => Reason::Element(segment),
        FirstUse::Global(global) => Reason::Global(global),
        FirstUse::Table(table) => Reason::Table(table),
    }
}

/// Names each data chunk by its first symbol.
fn unit_names<'a>(module: &Module<'a>, units: &Units<'a>) -> BTreeMap<usize, &'a str> {
    let mut names = BTreeMap::new();
    for symbol in &module.linking.symbols {
        let SymbolInfo::Data { name, symbol: Some(symbol), .. } = symbol else { continue };
        if let Some(unit) = units.unit_of(symbol) {
            names.entry(unit).or_insert(*name);
        }
    }
    names
}
