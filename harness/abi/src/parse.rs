//! Parses descriptions: WITX files by the `witx` crate, then the hints.

mod apply;
mod convert;

use std::collections::BTreeSet;
use std::path::Path;

use wast_of_witx::parser::{ParseBuffer, parse};
use witx::parser::{TopLevelDocument, TopLevelSyntax};

use crate::error::{AbiError, Location};
use crate::hints::{Hints, location};
use crate::model::Abi;
use crate::source::{Source, sibling};

impl Abi {
    /// Parses a description.
    ///
    /// # Errors
    ///
    /// Returns [`AbiError`] for invalid WITX or hints, hints for names that the WITX does not declare, functions without
    /// a core type, and a description without functions.
    pub fn parse(source: &Source) -> Result<Abi, AbiError> {
        let hints = match &source.hints {
            Some((path, text)) => Hints::parse(path, text)?,
            None => Hints::default(),
        };
        let document = document(source)?;
        let mut abi = convert::abi(&document, &hints, source)?;
        if let Some((path, text)) = &source.hints {
            let at = |offset| location(path, text, offset);
            apply::apply(&mut abi, &document, &hints, &at)?;
        }
        Ok(abi)
    }
}

/// Parses a WITX file and those that it uses.
fn document(source: &Source) -> Result<witx::Document, AbiError> {
    let mut reader =
        Reader { source, validation: witx::DocValidation::new(), definitions: Vec::new(), read: BTreeSet::new() };
    reader.read(&source.path, &source.path)?;
    Ok(reader.validation.into_document(reader.definitions))
}

struct Reader<'a> {
    source: &'a Source,
    validation: witx::DocValidation,
    definitions: Vec<witx::Definition>,
    /// Paths of files that were read, or are being read.
    read: BTreeSet<String>,
}

impl Reader<'_> {
    fn read(&mut self, path: &str, by: &str) -> Result<(), AbiError> {
        if !self.read.insert(path.to_string()) {
            return Ok(());
        }
        let Some(text) = self.source.files.get(path) else {
            return Err(AbiError::NoFile { by: by.to_string(), path: path.to_string() });
        };
        let invalid = |error: wast_of_witx::Error| {
            let (line, column) = error.span().linecol_in(text);
            let location = Location { path: path.to_string(), line: line + 1, column: column + 1 };
            AbiError::Witx { location, message: error.message() }
        };
        let buffer = ParseBuffer::new(text).map_err(invalid)?;
        let document = parse::<TopLevelDocument>(&buffer).map_err(invalid)?;
        for item in document.items {
            match item.item {
                TopLevelSyntax::Use(name) => self.read(&sibling(path, name), path)?,
                TopLevelSyntax::Decl(declaration) => self
                    .validation
                    .scope(text, Path::new(path))
                    .validate_decl(&declaration, &item.comments, &mut self.definitions)
                    .map_err(|error| refused(&error))?,
            }
        }
        Ok(())
    }
}

/// Converts an error of the `witx` crate.
fn refused(error: &witx::ValidationError) -> AbiError {
    use witx::ValidationError::*;
    let (UnknownName { location, .. }
    | NameAlreadyExists { at_location: location, .. }
    | WrongKindName { location, .. }
    | Recursive { location, .. }
    | InvalidRepr { location, .. }
    | Abi { location, .. }
    | AnonymousRecord { location }
    | UnionSizeMismatch { location, .. }
    | InvalidUnionTag { location, .. }
    | InvalidUnionField { location, .. }) = error;
    let witx::Location { path, line, column } = location;
    let location = Location { path: path.display().to_string(), line: *line, column: *column };
    let earlier = match error {
        NameAlreadyExists { previous_location, .. } => format!("; first declared in line {}", previous_location.line),
        _ => String::new(),
    };
    AbiError::Witx { location, message: format!("{error}{earlier}") }
}
