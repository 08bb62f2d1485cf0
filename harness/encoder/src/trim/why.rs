//! Why each function of an adapter is kept: who asked for it first. And the names of those that nobody asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use wasmparser::{Export, SymbolInfo};

use super::data::Units;
use super::module::Module;
use super::numbers::Numbers;
use super::offsets::Offsets;

/// What first asked for something, as an index of the original module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It is exported, and somebody wants the export.
    Export,
    /// It is the start function.
    Start,
    /// This function calls it.
    Call(u32),
    /// This function takes its address.
    Address(u32),
    /// This unit of static data holds its address.
    Data(usize),
    /// It is in this element segment.
    Element(u32),
    /// It is in the initial value of this global.
    Global(u32),
    /// It is in the initial value of this table.
    Table(u32),
}

/// Who asked first for what.
#[derive(Debug, Default)]
pub(super) struct Whys {
    pub functions: BTreeMap<u32, Why>,
    pub units: BTreeMap<usize, Why>,
}

/// What became of an adapter's functions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Functions {
    /// The functions that stay, imports included, by their old indices.
    pub kept: Vec<KeptFunction>,
    /// New functions: index and name. One that is imported is called `module#field`.
    pub generated: Vec<(u32, String)>,
    /// The functions that are gone: old index and name.
    pub dropped: Vec<(u32, String)>,
}

/// A function that stays.
#[derive(Clone, Debug)]
pub(crate) struct KeptFunction {
    /// Its old index.
    pub from: u32,
    /// Its new index.
    pub to: u32,
    /// By the `name` section, by its export or import, or its index.
    pub name: String,
    /// Why it is kept.
    pub reason: Reason,
    /// Its body, before and after, in bytes from the start of the code section's contents; none for an import.
    pub code: Option<(Range<u32>, Range<u32>)>,
}

/// Why a function is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// An export that somebody asked for.
    Export(String),
    /// The start function.
    Start,
    /// Called by a function, given by its old index.
    Called(u32),
    /// Its address is taken by a function, given by its old index.
    AddressTaken(u32),
    /// Its address is in static data.
    InData {
        /// The data, by its symbols: what holds the address, what holds that one's address, and so on.
        data: Vec<String>,
        /// The function that mentions the last of them.
        by: Option<u32>,
    },
    /// It is in this element segment of a table in use.
    Element(u32),
    /// It is in the initial value of this global.
    Global(u32),
    /// It is in the initial value of this table.
    Table(u32),
}

impl Reason {
    /// The function behind it, by its old index.
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
    whys: &Whys,
    numbers: &Numbers,
    offsets: &Offsets,
    exports: &[&Export<'_>],
    balanced: Option<u32>,
) -> Functions {
    let code: BTreeMap<u32, _> =
        offsets.functions().iter().map(|moved| (moved.from, (moved.old.clone(), moved.new.clone()))).collect();
    let mut symbols = BTreeMap::new();
    if whys.functions.values().any(|why| matches!(why, Why::Data(_))) {
        symbols = unit_names(module, units);
    }
    let mut functions = Functions::default();
    let named = first_names(module.exports.values().filter(|export| super::is_function(export)));
    let exported = first_names(exports.iter().copied());
    for index in 0..module.functions.len() as u32 {
        let name = name(module, index, &named);
        match (whys.functions.get(&index), numbers.functions.get(&index)) {
            (Some(why), Some(to)) => functions.kept.push(KeptFunction {
                from: index,
                to: *to,
                name,
                reason: reason(*why, index, whys, &symbols, &exported),
                code: code.get(&index).cloned(),
            }),
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

/// The first name under which each function is exported.
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

fn reason(
    why: Why,
    index: u32,
    whys: &Whys,
    symbols: &BTreeMap<usize, &str>,
    exported: &BTreeMap<u32, &str>,
) -> Reason {
    match why {
        Why::Export => Reason::Export(exported.get(&index).map(|name| name.to_string()).unwrap_or_default()),
        Why::Start => Reason::Start,
        Why::Call(by) => Reason::Called(by),
        Why::Address(by) => Reason::AddressTaken(by),
        Why::Data(first) => {
            let mut data = Vec::new();
            let mut next = Some(Why::Data(first));
            while let Some(Why::Data(unit)) = next {
                data.push(symbols.get(&unit).map_or_else(|| format!("data {unit}"), |name| name.to_string()));
                next = whys.units.get(&unit).copied();
            }
            let by = match next {
                Some(Why::Call(by) | Why::Address(by)) => Some(by),
                _ => None,
            };
            Reason::InData { data, by }
        }
        Why::Element(segment) => Reason::Element(segment),
        Why::Global(global) => Reason::Global(global),
        Why::Table(table) => Reason::Table(table),
    }
}

/// A symbol for each unit of static data: the first one in it.
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
