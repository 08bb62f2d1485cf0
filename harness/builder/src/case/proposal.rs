//! Proposals of core WebAssembly that a case enables.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A proposal of core WebAssembly, by the name that the option `-W` of the command `wasmtime` has for it.
///
/// Engines enable most of them by default: see [`Config`](https://docs.rs/wasmtime/latest/wasmtime/struct.Config.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Proposal {
    /// Compact encodings of the import section.
    CompactImports,
    /// Memories with pages of one byte.
    CustomPageSizes,
    /// Tags, `throw` and `try_table`.
    Exceptions,
    /// Arithmetic in constant expressions.
    ExtendedConst,
    /// Typed references to functions, and `call_ref`.
    FunctionReferences,
    /// Structs, arrays and `i31ref`.
    Gc,
    /// Memories and tables with 64-bit indices.
    Memory64,
    /// More than one memory in a module.
    MultiMemory,
    /// `externref`, `funcref`, and several tables.
    ReferenceTypes,
    /// SIMD instructions whose results depend on the machine.
    RelaxedSimd,
    /// Shared functions, tables and globals.
    SharedEverythingThreads,
    /// Continuations: `cont.new`, `suspend`, `resume`.
    StackSwitching,
    /// `return_call` and its relatives.
    TailCall,
    /// Shared memories and atomic instructions.
    Threads,
    /// 128-bit addition, subtraction and multiplication.
    WideArithmetic,
}

impl Proposal {
    /// All proposals, sorted by name.
    pub const ALL: [Proposal; 15] = [
        Proposal::CompactImports,
        Proposal::CustomPageSizes,
        Proposal::Exceptions,
        Proposal::ExtendedConst,
        Proposal::FunctionReferences,
        Proposal::Gc,
        Proposal::Memory64,
        Proposal::MultiMemory,
        Proposal::ReferenceTypes,
        Proposal::RelaxedSimd,
        Proposal::SharedEverythingThreads,
        Proposal::StackSwitching,
        Proposal::TailCall,
        Proposal::Threads,
        Proposal::WideArithmetic,
    ];
}

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Proposal::CompactImports => "compact-imports",
            Proposal::CustomPageSizes => "custom-page-sizes",
            Proposal::Exceptions => "exceptions",
            Proposal::ExtendedConst => "extended-const",
            Proposal::FunctionReferences => "function-references",
            Proposal::Gc => "gc",
            Proposal::Memory64 => "memory64",
            Proposal::MultiMemory => "multi-memory",
            Proposal::ReferenceTypes => "reference-types",
            Proposal::RelaxedSimd => "relaxed-simd",
            Proposal::SharedEverythingThreads => "shared-everything-threads",
            Proposal::StackSwitching => "stack-switching",
            Proposal::TailCall => "tail-call",
            Proposal::Threads => "threads",
            Proposal::WideArithmetic => "wide-arithmetic",
        })
    }
}

impl FromStr for Proposal {
    type Err = String;

    /// Reads a proposal's name.
    ///
    /// # Errors
    ///
    /// An unknown name; the message lists the known ones.
    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|proposal| proposal.to_string() == name);
        found
            .ok_or_else(|| format!("unknown proposal; expected one of {}", Self::ALL.map(|p| p.to_string()).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_and_the_command_line_use_the_same_names() {
        for proposal in Proposal::ALL {
            let name = proposal.to_string();
            assert_eq!(name.parse(), Ok(proposal));
            assert_eq!(serde_json::to_value(proposal).unwrap(), serde_json::Value::String(name));
        }
        assert!("thread".parse::<Proposal>().unwrap_err().contains("threads"));
    }
}
