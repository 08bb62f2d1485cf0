//! Removal of functions from a core module: calls to them trap, or return zeros.

use std::collections::BTreeMap;
use std::convert::Infallible;

use thiserror::Error;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, Function, FunctionSection, Module, NameMap, NameSection, ValType};
use wasmparser::{
    CodeSectionReader, CompositeInnerType, CustomSectionReader, FunctionSectionReader, KnownCustom, Name, Parser,
    Payload, SubType, TypeRef,
};

/// Prefix of the names of functions while the functions that run are unknown: `polyfill-function-7`.
pub(super) const NUMBERED: &str = "polyfill-function-";

/// Treatment of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// Unmodified.
    Kept,
    /// Replaced by a trap.
    Traps,
    /// Replaced by an empty body, which returns zeros.
    Empty,
}

/// Error in rewriting a module.
#[derive(Debug, Error)]
#[error("cannot rewrite the guest's core module: {0}")]
pub struct ReduceError(pub(super) String);

impl From<wasmparser::BinaryReaderError> for ReduceError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self(error.to_string())
    }
}

/// Properties of a module's functions.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Number of imported functions. They come first in the index space.
    pub(super) imported: u32,
    /// Types of the defined functions.
    types: Vec<u32>,
    /// Results of each type; `None` if a function of that type cannot be empty.
    results: Vec<Option<Vec<ValType>>>,
    /// Sizes in bytes of the function bodies.
    pub(super) bodies: Vec<usize>,
    /// Names of all functions.
    names: BTreeMap<u32, String>,
    module_name: Option<String>,
}

impl Facts {
    /// Returns true if the function can be empty: all its results have zero values.
    pub(super) fn can_be_empty(&self, function: usize) -> bool {
        let ty = self.types.get(function).and_then(|ty| self.results.get(*ty as usize));
        ty.is_some_and(Option::is_some)
    }
}

/// Names of functions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// [`NUMBERED`], followed by the index in the module. Each removed function has a separate trap.
    Numbers,
    /// Original names.
    Own,
}

/// Reads the properties of a module's functions.
pub(super) fn facts(module: &[u8]) -> Result<Facts, ReduceError> {
    let mut facts = Facts::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    facts.imported += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
            }
            Payload::TypeSection(section) => {
                for group in section {
                    facts.results.extend(group?.into_types().map(|ty| results(&ty)));
                }
            }
            Payload::FunctionSection(section) => facts.types = section.into_iter().collect::<Result<_, _>>()?,
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                facts.bodies.push((range.end - range.start) as usize);
            }
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { continue };
                for name in names {
                    // Names are optional, and can be malformed.
                    match name {
                        Ok(Name::Module { name, .. }) => facts.module_name = Some(name.to_string()),
                        Ok(Name::Function(map)) => {
                            let known = map.into_iter().flatten().map(|name| (name.index, name.name.to_string()));
                            facts.names.extend(known);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    if facts.types.len() == facts.bodies.len() {
        Ok(facts)
    } else {
        Err(ReduceError("the numbers of functions and of function bodies differ".into()))
    }
}

/// Returns the results of a function of that type, if all are numbers.
fn results(ty: &SubType) -> Option<Vec<ValType>> {
    let CompositeInnerType::Func(ty) = &ty.composite_type.inner else { return None };
    let number = |ty: &wasmparser::ValType| match ty {
        wasmparser::ValType::I32 => Some(ValType::I32),
        wasmparser::ValType::I64 => Some(ValType::I64),
        wasmparser::ValType::F32 => Some(ValType::F32),
        wasmparser::ValType::F64 => Some(ValType::F64),
        _ => None,
    };
    ty.results().iter().map(number).collect()
}

/// Rewrites the module with the given fate of each defined function.
pub(super) fn reduce(module: &[u8], facts: &Facts, fates: &[Fate], names: Names) -> Result<Vec<u8>, ReduceError> {
    let stubs = stubs(facts, fates);
    let map = map(facts, fates, &stubs, names);
    let mut reducer = Reducer { facts, fates, names, map, stubs };
    let mut reduced = Module::new();
    reducer.parse_core_module(&mut reduced, Parser::new(0), module).map_err(|error| ReduceError(error.to_string()))?;
    reduced.section(&reducer.name_section());
    Ok(reduced.finish())
}

/// Replacements of removed functions: one for each combination of fate and type.
fn stubs(facts: &Facts, fates: &[Fate]) -> Vec<(Fate, u32)> {
    let all = fates.iter().copied().zip(facts.types.iter().copied());
    let mut stubs: Vec<(Fate, u32)> = all.filter(|(fate, _)| *fate != Fate::Kept).collect();
    stubs.sort_unstable();
    stubs.dedup();
    stubs
}

/// New indices of all functions. Replacements follow the functions that are kept.
fn map(facts: &Facts, fates: &[Fate], stubs: &[(Fate, u32)], names: Names) -> Vec<u32> {
    let mut map: Vec<u32> = (0..facts.imported).collect();
    if names == Names::Numbers {
        map.extend(facts.imported..facts.imported + fates.len() as u32);
        return map;
    }
    let kept = fates.iter().filter(|fate| **fate == Fate::Kept).count() as u32;
    let mut next = facts.imported;
    for (fate, ty) in fates.iter().zip(&facts.types) {
        if *fate == Fate::Kept {
            map.push(next);
            next += 1;
        } else {
            let stub = stubs.binary_search(&(*fate, *ty)).unwrap_or_default() as u32;
            map.push(facts.imported + kept + stub);
        }
    }
    map
}

struct Reducer<'a> {
    facts: &'a Facts,
    fates: &'a [Fate],
    names: Names,
    map: Vec<u32>,
    stubs: Vec<(Fate, u32)>,
}

type Result_ = Result<(), reencode::Error<Infallible>>;

impl Reencode for Reducer<'_> {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error<Infallible>> {
        // The module was validated before it ran.
        Ok(self.map.get(index as usize).copied().unwrap_or(index))
    }

    fn parse_function_section(&mut self, functions: &mut FunctionSection, _: FunctionSectionReader<'_>) -> Result_ {
        for (fate, ty) in self.fates.iter().zip(&self.facts.types) {
            if *fate == Fate::Kept || self.names == Names::Numbers {
                functions.function(*ty);
            }
        }
        if self.names == Names::Own {
            for (_, ty) in &self.stubs {
                functions.function(*ty);
            }
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Result_ {
        for (index, (body, fate)) in section.into_iter().zip(self.fates).enumerate() {
            match (fate, self.names) {
                (Fate::Kept, _) => self.parse_function_body(code, body?)?,
                (_, Names::Numbers) => drop(code.function(&self.stub(*fate, self.facts.types[index]))),
                (_, Names::Own) => {}
            }
        }
        if self.names == Names::Own {
            for (fate, ty) in &self.stubs {
                code.function(&self.stub(*fate, *ty));
            }
        }
        Ok(())
    }

    /// Drops custom sections: names are written separately, and others may describe removed code.
    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result_ {
        Ok(())
    }
}

impl Reducer<'_> {
    fn stub(&self, fate: Fate, ty: u32) -> Function {
        let mut stub = Function::new([]);
        let mut code = stub.instructions();
        let results = self.facts.results.get(ty as usize).and_then(Option::as_ref).filter(|_| fate == Fate::Empty);
        match results {
            None => drop(code.unreachable()),
            Some(results) => {
                for ty in results {
                    match ty {
                        ValType::I64 => code.i64_const(0),
                        ValType::F32 => code.f32_const(0.0.into()),
                        ValType::F64 => code.f64_const(0.0.into()),
                        _ => code.i32_const(0),
                    };
                }
            }
        }
        code.end();
        stub
    }

    fn name_section(&self) -> NameSection {
        let mut names = NameMap::new();
        match self.names {
            Names::Numbers => {
                for index in 0..self.map.len() {
                    names.append(index as u32, &format!("{NUMBERED}{index}"));
                }
            }
            Names::Own => {
                let kept = |index: &u32| match (*index as usize).checked_sub(self.facts.imported as usize) {
                    Some(own) => self.fates.get(own) == Some(&Fate::Kept),
                    None => true,
                };
                for (index, name) in self.facts.names.iter().filter(|(index, _)| kept(index)) {
                    if let Some(new) = self.map.get(*index as usize) {
                        names.append(*new, name);
                    }
                }
            }
        }
        let mut section = NameSection::new();
        if let Some(name) = &self.facts.module_name {
            section.module(name);
        }
        section.functions(&names);
        section
    }
}
