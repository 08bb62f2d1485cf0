//! Functions of an ABI, with the roles of their core parameters.

use std::fmt;

use crate::types::{Kind, Type};

/// Description of one or several import modules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abi {
    /// Import modules by name.
    pub modules: Vec<Module>,
}

/// Import module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Name of the import module.
    pub name: String,
    /// Functions in the order of the description.
    pub functions: Vec<Function>,
}

/// Function of an import module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Name of the import.
    pub name: String,
    /// Declared parameters. One of them can be several parameters of the core function.
    pub parameters: Vec<Parameter>,
    /// Declared results.
    pub outputs: Vec<Output>,
    /// Type of the error code that the core function returns, where 0 is success. `None` if it cannot fail.
    pub error: Option<Type>,
    /// Parameters of the core function.
    pub params: Vec<Core>,
    /// Results of the core function.
    pub results: Vec<Core>,
    /// Set if the function does not return.
    pub ends: bool,
    /// Index in `parameters` of the handle that a successful call closes.
    pub closes: Option<usize>,
    /// Indices in `parameters` of two handles: a successful call closes the second one, and moves the first one to its
    /// number.
    pub moves: Option<[usize; 2]>,
}

/// Type of a core value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
}

impl fmt::Display for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Core::I32 => "i32",
            Core::I64 => "i64",
            Core::F32 => "f32",
            Core::F64 => "f64",
        })
    }
}

/// Declared parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name of the parameter.
    pub name: String,
    /// Declared type.
    pub ty: Type,
    /// Index of its first core parameter.
    pub core: usize,
    /// Meaning of its core parameters.
    pub shape: Shape,
}

/// Meaning of the core parameters of a declared parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The value itself, in one core parameter.
    Value,
    /// Length of another parameter, which has this index in `parameters`.
    LengthOf(usize),
    /// Values in memory: at an address, with a length.
    Memory {
        /// Type of the values.
        element: Type,
        /// Number of values.
        length: Length,
        /// Set if the callee writes them. Otherwise, it reads them.
        written: bool,
        /// Number of values that a successful call has written. Always [`Count::All`] if the callee reads them.
        filled: Count,
        /// Contents of a buffer of bytes.
        entries: Option<Entries>,
    },
    /// List of buffers: an array of address and length pairs.
    Buffers {
        /// Type of the pairs. [`Type::as_buffer`] returns their parts.
        element: Type,
        /// Set if the callee writes to the buffers. Otherwise, it reads them.
        written: bool,
        /// Number of values in all buffers that a successful call has written, in order.
        filled: Count,
    },
}

/// Entries of variable length in a buffer of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries {
    /// Type at the start of each entry.
    pub header: Type,
    /// Offset and size of the field with the number of bytes that follow the header. `None` if none follow.
    pub tail: Option<(u64, u64)>,
}

/// Number of values at the address in a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Length {
    /// In this core parameter.
    Parameter(usize),
    /// One.
    One,
    /// Returned before by another function.
    Reported {
        /// Name of the function.
        function: String,
        /// Index in its outputs.
        output: usize,
    },
    /// Not described: nothing is known about this memory.
    Unknown,
}

/// Number of values that a successful call has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// All.
    All,
    /// As many as the output with this index says, at most all.
    Output(usize),
    /// Any number, which the call does not report.
    Unreported,
}

/// Declared result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Name in texts: from the hints, from the description, or else the name of its type.
    pub name: String,
    /// Type.
    pub ty: Type,
    /// Index of the core parameter with the address to write it to. `None` if it is the result of the core function.
    pub core: Option<usize>,
    /// Set if the value follows from the inputs of a run.
    pub known: Option<Known>,
}

/// Number that follows from the inputs of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// Number of arguments.
    ArgsCount,
    /// Size of all arguments in bytes, each with a terminating zero.
    ArgsBytes,
    /// Number of environment variables.
    EnvCount,
    /// Size of all environment variables in bytes, each as `NAME=VALUE` with a terminating zero.
    EnvBytes,
}

impl Abi {
    /// Finds an import module by name.
    pub fn module(&self, name: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.name == name)
    }

    /// Finds a function by the names of its import.
    pub fn function(&self, module: &str, name: &str) -> Option<&Function> {
        self.module(module)?.function(name)
    }
}

impl Module {
    /// Finds a function by name.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }
}

impl Function {
    /// Returns the name of a parameter of the core function, including those for the addresses of outputs.
    pub fn parameter_name(&self, core: usize) -> Option<&str> {
        if let Some(output) = self.outputs.iter().find(|output| output.core == Some(core)) {
            return Some(&output.name);
        }
        let last = self.parameters.iter().rev().find(|parameter| parameter.core <= core)?;
        (core < self.params.len()).then_some(last.name.as_str())
    }

    /// Returns the output with the new handle that a successful call returns.
    pub fn opens(&self) -> Option<&Output> {
        self.outputs.iter().find(|output| matches!(*output.ty.kind, Kind::Handle))
    }

    /// Returns the text of its core type, as in `(i32, i64) -> i32`.
    pub fn core_type(&self) -> String {
        let list = |types: &[Core]| types.iter().map(Core::to_string).collect::<Vec<_>>().join(", ");
        match &self.results[..] {
            [] => format!("({})", list(&self.params)),
            results => format!("({}) -> {}", list(&self.params), list(results)),
        }
    }
}
