//! A core module without some of its functions: whoever calls one of these traps.

use std::collections::BTreeMap;
use std::convert::Infallible;

use thiserror::Error;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, Function, FunctionSection, Module, NameMap, NameSection};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, FunctionSectionReader, KnownCustom, Name, Parser, Payload, TypeRef,
};

/// What functions are called while it is not known which ones run: `polyfill-function-7`.
pub(super) const NUMBERED: &str = "polyfill-function-";
/// Bytes of a function that traps, and of its size.
const STUB: usize = 4;

/// A module that cannot be rewritten.
#[derive(Debug, Error)]
#[error("the guest's core module cannot be rewritten: {0}")]
pub struct ReduceError(String);

impl From<wasmparser::BinaryReaderError> for ReduceError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self(error.to_string())
    }
}

/// What is known of a module's functions.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Functions that it imports; they come first.
    pub(super) imported: u32,
    /// Types of the others.
    types: Vec<u32>,
    /// Bytes of their bodies.
    pub(super) bodies: Vec<usize>,
    /// Names of all.
    names: BTreeMap<u32, String>,
    module_name: Option<String>,
}

impl Facts {
    /// Bytes of what stands for functions that are left out.
    pub(super) fn stubs(&self, keep: &[bool]) -> usize {
        removed_types(self, keep).len() * STUB
    }
}

/// How functions are called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// [`NUMBERED`], each by its index in the whole module, and each traps for itself.
    Numbers,
    /// As they were.
    Own,
}

/// Looks at a module.
pub(super) fn facts(module: &[u8]) -> Result<Facts, ReduceError> {
    let mut facts = Facts::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    facts.imported += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
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
                    // Names are a help, and may be anything.
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
    match facts.types.len() == facts.bodies.len() {
        true => Ok(facts),
        false => Err(ReduceError("it has another number of bodies than of functions".into())),
    }
}

/// The module with the functions to keep, of those that it defines.
pub(super) fn reduce(module: &[u8], facts: &Facts, keep: &[bool], names: Names) -> Result<Vec<u8>, ReduceError> {
    let mut reducer = Reducer { facts, keep, names, map: map(facts, keep, names) };
    let mut reduced = Module::new();
    reducer.parse_core_module(&mut reduced, Parser::new(0), module).map_err(|error| ReduceError(error.to_string()))?;
    reduced.section(&reducer.name_section());
    Ok(reduced.finish())
}

/// Types that functions which are left out have.
fn removed_types(facts: &Facts, keep: &[bool]) -> Vec<u32> {
    let removed = facts.types.iter().zip(keep).filter(|(_, keep)| !**keep).map(|(ty, _)| *ty);
    let mut types: Vec<u32> = removed.collect();
    types.sort_unstable();
    types.dedup();
    types
}

/// New indices of all functions. What is left out is one function for each type, behind the others.
fn map(facts: &Facts, keep: &[bool], names: Names) -> Vec<u32> {
    let mut map: Vec<u32> = (0..facts.imported).collect();
    if names == Names::Numbers {
        map.extend(facts.imported..facts.imported + keep.len() as u32);
        return map;
    }
    let kept = keep.iter().filter(|keep| **keep).count() as u32;
    let types = removed_types(facts, keep);
    let mut next = facts.imported;
    for (ty, keep) in facts.types.iter().zip(keep) {
        if *keep {
            map.push(next);
            next += 1;
        } else {
            let stub = types.binary_search(ty).unwrap_or_default() as u32;
            map.push(facts.imported + kept + stub);
        }
    }
    map
}

struct Reducer<'a> {
    facts: &'a Facts,
    keep: &'a [bool],
    names: Names,
    map: Vec<u32>,
}

type Result_ = Result<(), reencode::Error<Infallible>>;

impl Reencode for Reducer<'_> {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error<Infallible>> {
        // Validated before it was ever run.
        Ok(self.map.get(index as usize).copied().unwrap_or(index))
    }

    fn parse_function_section(&mut self, functions: &mut FunctionSection, _: FunctionSectionReader<'_>) -> Result_ {
        let all = self.facts.types.iter().zip(self.keep);
        for (ty, keep) in all {
            if *keep || self.names == Names::Numbers {
                functions.function(*ty);
            }
        }
        if self.names == Names::Own {
            for ty in removed_types(self.facts, self.keep) {
                functions.function(ty);
            }
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Result_ {
        let mut stub = Function::new([]);
        stub.instructions().unreachable().end();
        for (body, keep) in section.into_iter().zip(self.keep) {
            match (keep, self.names) {
                (true, _) => self.parse_function_body(code, body?)?,
                (false, Names::Numbers) => drop(code.function(&stub)),
                (false, Names::Own) => {}
            }
        }
        if self.names == Names::Own {
            for _ in removed_types(self.facts, self.keep) {
                code.function(&stub);
            }
        }
        Ok(())
    }

    /// Names are written anew, and what else there may be is about code that is not there any more.
    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result_ {
        Ok(())
    }
}

impl Reducer<'_> {
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
                    Some(own) => self.keep.get(own) == Some(&true),
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
