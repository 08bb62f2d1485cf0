//! Reasons for kept functions of adapters, and lists of dropped functions.

use std::collections::HashMap;
use std::fmt;

use crate::plan::Plan;
use crate::trim::{Functions, KeptFunction, Reason};

/// A plan with the functions of each adapter.
pub(super) struct Detailed<'p>(pub &'p Plan);

impl fmt::Display for Detailed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        for module in &self.0.modules {
            let Some(trimmed) = &module.trimmed else { continue };
            let Functions { kept, generated, dropped } = &*trimmed.functions;
            writeln!(f, "\nfunctions of {}", module.name)?;
            let chains = Chains::new(&trimmed.functions);
            for function in kept {
                writeln!(f, "  keeps {}: {}", function.name, chains.of(function))?;
            }
            for (_, name) in generated {
                writeln!(f, "  adds {name}")?;
            }
            for (_, name) in dropped {
                writeln!(f, "  drops {name}")?;
            }
        }
        Ok(())
    }
}

/// Writes the number of functions by kind of reason, on one line.
pub(super) fn summary(f: &mut fmt::Formatter<'_>, functions: &Functions) -> fmt::Result {
    const KINDS: [&str; 4] = ["exported", "called", "in tables", "for the start function or globals"];
    let mut counts = [0; KINDS.len()];
    for function in &functions.kept {
        // Imports have no code in the adapter.
        if function.code.is_none() {
            continue;
        }
        counts[match &function.reason {
            Reason::Export(_) => 0,
            Reason::Called(_) => 1,
            Reason::AddressTaken(_) | Reason::InData { .. } | Reason::Element(_) | Reason::Table(_) => 2,
            Reason::Start | Reason::Global(_) => 3,
        }] += 1;
    }
    let parts = counts.iter().zip(KINDS).filter(|(count, _)| **count > 0);
    let parts: Vec<String> = parts.map(|(count, kind)| format!("{count} {kind}")).collect();
    if parts.is_empty() {
        return Ok(());
    }
    writeln!(f, "    functions: {}", parts.join(", "))
}

/// Functions by old index, to trace reasons back to a root such as an export.
pub(crate) struct Chains<'p>(HashMap<u32, &'p KeptFunction>);

impl<'p> Chains<'p> {
    /// Indexes the functions of one adapter.
    pub fn new(functions: &'p Functions) -> Self {
        Chains(functions.kept.iter().map(|function| (function.from, function)).collect())
    }

    /// Returns the chain of reasons from the function to a root.
    pub fn of(&self, function: &KeptFunction) -> String {
        let mut links = Vec::new();
        let mut next = Some(function);
        while let Some(function) = next {
            let by = function.reason.by().and_then(|by| self.0.get(&by).copied());
            let name = by.map_or("?", |by| &by.name);
            links.push(match &function.reason {
                Reason::Export(export) => format!("export `{export}`"),
                Reason::Start => "the start function".to_string(),
                Reason::Called(_) => format!("called by {name}"),
                Reason::AddressTaken(_) => format!("address taken by {name}"),
                Reason::InData { data, by: Some(_) } => {
                    format!("address in static data {}, used by {name}", data.join(" in "))
                }
                Reason::InData { data, by: None } => format!("address in static data {}", data.join(" in ")),
                Reason::Element(segment) => format!("in element segment {segment}"),
                Reason::Global(global) => format!("in the initial value of global {global}"),
                Reason::Table(table) => format!("in the initial value of table {table}"),
            });
            // Each function was found after the function that refers to it, so chains end.
            next = by;
        }
        links.join(", ")
    }
}
