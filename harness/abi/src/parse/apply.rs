//! Applies hints to functions. Hints for types are applied where types are converted.

use toml::Spanned;

use super::convert::Types;
use crate::error::{AbiError, Location};
use crate::hints::{FunctionHint, Hints, LengthHint, ParameterHint, Varies};
use crate::model::{Abi, Count, Entries, Function, Length, Shape};
use crate::types::Kind;

/// Returns the place of a byte offset in the file of hints.
type At<'a> = &'a dyn Fn(usize) -> Location;

/// Applies all hints.
///
/// # Errors
///
/// Returns [`AbiError::Hint`] for each name that the description does not declare.
pub(super) fn apply(abi: &mut Abi, document: &witx::Document, hints: &Hints, at: At<'_>) -> Result<(), AbiError> {
    check_types(document, hints, at)?;
    let other = abi.clone();
    for (name, hint) in &hints.functions {
        let mut found = false;
        for module in &mut abi.modules {
            if let Some(function) = module.functions.iter_mut().find(|function| function.name == *name.get_ref()) {
                found = true;
                // Names of outputs come first, because other hints refer to them.
                name_outputs(function, hint, at)?;
            }
        }
        if !found {
            let known =
                other.modules.iter().flat_map(|module| module.functions.iter().map(|known| known.name.as_str()));
            return Err(unknown("function", name, known, at));
        }
    }
    let named = abi.clone();
    for (name, hint) in &hints.functions {
        for module in &mut abi.modules {
            if let Some(function) = module.functions.iter_mut().find(|function| function.name == *name.get_ref()) {
                let context = Context { module: named.module(&module.name), document, hints, at };
                context.function(function, hint)?;
            }
        }
    }
    Ok(())
}

/// Checks that the hints for types name types and fields.
fn check_types(document: &witx::Document, hints: &Hints, at: At<'_>) -> Result<(), AbiError> {
    for (name, hint) in &hints.types {
        let Some(named) = document.typename(&witx::Id::new(name.get_ref())) else {
            let names: Vec<String> = document.typenames().map(|ty| ty.name.as_str().to_string()).collect();
            return Err(unknown("type", name, names.iter().map(String::as_str), at));
        };
        let Some(varies) = &hint.varies else { continue };
        let Varies::Fields(fields) = varies.get_ref() else { continue };
        let known: Vec<String> = match &**named.type_() {
            witx::Type::Record(record) => {
                record.members.iter().map(|member| member.name.as_str().to_string()).collect()
            }
            _ => Vec::new(),
        };
        if let Some(field) = fields.iter().find(|field| !known.contains(field)) {
            let field = Spanned::new(varies.span(), field.clone());
            return Err(unknown("field", &field, known.iter().map(String::as_str), at));
        }
    }
    Ok(())
}

fn name_outputs(function: &mut Function, hint: &FunctionHint, at: At<'_>) -> Result<(), AbiError> {
    let Some(names) = &hint.outputs else { return Ok(()) };
    if names.get_ref().len() != function.outputs.len() {
        let (expected, found) = (function.outputs.len(), names.get_ref().len());
        return Err(AbiError::Hint {
            location: at(names.span().start),
            message: format!("`{}` has {expected} outputs, found {found} names", function.name),
        });
    }
    for (output, name) in function.outputs.iter_mut().zip(names.get_ref()) {
        output.name.clone_from(name);
    }
    Ok(())
}

/// Description that hints of a function refer to.
struct Context<'a> {
    module: Option<&'a crate::model::Module>,
    document: &'a witx::Document,
    hints: &'a Hints,
    at: At<'a>,
}

impl Context<'_> {
    fn function(&self, function: &mut Function, hint: &FunctionHint) -> Result<(), AbiError> {
        for (name, known) in &hint.known {
            let output = self.output(function, name)?;
            function.outputs[output].known = Some(*known);
        }
        if let Some(name) = &hint.closes {
            function.closes = Some(self.handle(function, name)?);
        }
        if let Some([from, to]) = &hint.moves {
            function.moves = Some([self.handle(function, from)?, self.handle(function, to)?]);
        }
        for (name, hint) in &hint.parameters {
            self.parameter(function, name, hint)?;
        }
        Ok(())
    }

    /// Finds a parameter that is a handle.
    fn handle(&self, function: &Function, name: &Spanned<String>) -> Result<usize, AbiError> {
        let index = self.find(function, name)?;
        if !matches!(*function.parameters[index].ty.kind, Kind::Handle) {
            return Err(self.error(name, format!("parameter `{}` is no handle", name.get_ref())));
        }
        Ok(index)
    }

    fn find(&self, function: &Function, name: &Spanned<String>) -> Result<usize, AbiError> {
        let found = function.parameters.iter().position(|parameter| parameter.name == *name.get_ref());
        let known = function.parameters.iter().map(|parameter| parameter.name.as_str());
        found.ok_or_else(|| unknown("parameter", name, known, self.at))
    }

    fn output(&self, function: &Function, name: &Spanned<String>) -> Result<usize, AbiError> {
        let found = function.outputs.iter().position(|output| output.name == *name.get_ref());
        let known = function.outputs.iter().map(|output| output.name.as_str());
        found.ok_or_else(|| unknown("output", name, known, self.at))
    }

    fn parameter(&self, function: &mut Function, name: &Spanned<String>, hint: &ParameterHint) -> Result<(), AbiError> {
        let index = self.find(function, name)?;
        let counted = match &hint.length {
            Some(length) => Some(self.length(function, index, length)?),
            None => None,
        };
        let count = match &hint.filled {
            Some(output) => Some(Count::Output(self.output(function, output)?)),
            None => hint.partial.then_some(Count::Unreported),
        };
        let described = self.entries(hint)?;
        match &mut function.parameters[index].shape {
            Shape::Buffers { filled, written: true, .. } if counted.is_none() && described.is_none() => {
                *filled = count.unwrap_or(*filled);
            }
            Shape::Memory { length, filled, entries, written, .. } if *written || count.is_none() => {
                if let Some(counted) = counted {
                    *length = counted;
                }
                *filled = count.unwrap_or(*filled);
                *entries = described;
            }
            _ => {
                let message = format!("parameter `{}` is no address that the function writes to", name.get_ref());
                return Err(self.error(name, message));
            }
        }
        Ok(())
    }

    fn length(&self, function: &mut Function, of: usize, hint: &Spanned<LengthHint>) -> Result<Length, AbiError> {
        let text = match hint.get_ref() {
            LengthHint::Number(1) => return Ok(Length::One),
            LengthHint::Number(number) => {
                return Err(self.error(hint, format!("length {number}; help: use 1, or the name of a parameter")));
            }
            LengthHint::Name(text) => text,
        };
        if let Some((name, output)) = text.split_once('.') {
            let found = self
                .module
                .and_then(|module| module.function(name))
                .and_then(|function| Some((function, function.outputs.iter().position(|known| known.name == output)?)));
            let Some((function, output)) = found else {
                return Err(self.error(hint, format!("no function `{name}` with an output `{output}`")));
            };
            return Ok(Length::Reported { function: function.name.clone(), output });
        }
        let index = self.find(function, &Spanned::new(hint.span(), text.clone()))?;
        if !matches!(*function.parameters[index].ty.kind, Kind::Integer { .. }) {
            return Err(self.error(hint, format!("parameter `{text}` is no integer")));
        }
        function.parameters[index].shape = Shape::LengthOf(of);
        Ok(Length::Parameter(function.parameters[index].core))
    }

    fn entries(&self, hint: &ParameterHint) -> Result<Option<Entries>, AbiError> {
        let Some(name) = &hint.entries else { return Ok(None) };
        let Some(named) = self.document.typename(&witx::Id::new(name.get_ref())) else {
            let names: Vec<String> = self.document.typenames().map(|ty| ty.name.as_str().to_string()).collect();
            return Err(unknown("type", name, names.iter().map(String::as_str), self.at));
        };
        let header = Types { hints: self.hints }.of(&witx::TypeRef::Name(named));
        let Kind::Record(fields) = &*header.kind else {
            return Err(self.error(name, format!("type `{}` is no record", name.get_ref())));
        };
        let Some(tail) = &hint.tail else { return Ok(Some(Entries { header, tail: None })) };
        let found = fields.iter().find(|field| field.name == *tail.get_ref());
        let known = fields.iter().map(|field| field.name.as_str());
        let field = found.ok_or_else(|| unknown("field", tail, known, self.at))?;
        let tail = Some((field.offset, field.ty.size));
        Ok(Some(Entries { header, tail }))
    }

    fn error<T>(&self, part: &Spanned<T>, message: String) -> AbiError {
        AbiError::Hint { location: (self.at)(part.span().start), message }
    }
}

fn unknown<'a>(what: &str, name: &Spanned<String>, known: impl Iterator<Item = &'a str>, at: At<'_>) -> AbiError {
    const MOST: usize = 12;
    let mut known: Vec<String> = known.map(|known| format!("`{known}`")).collect();
    let more = known.len().saturating_sub(MOST);
    known.truncate(MOST);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let help = if known.is_empty() { "there are none".to_string() } else { format!("{}{rest}", known.join(", ")) };
    AbiError::Hint {
        location: at(name.span().start),
        message: format!("no {what} `{}`; help: declared: {help}", name.get_ref()),
    }
}
