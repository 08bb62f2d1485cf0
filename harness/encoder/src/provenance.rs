//! Provenance: the origin of each core module, instance and function of a component, as a section of the component.
//!
//! The custom section `polyfill-provenance` is at the root of the component and contains JSON. It is written if
//! [`Options::provenance`](crate::Options::provenance) is set, and is read by [`provenance`]. Indices refer to the
//! component's core index spaces ([Component Model, "Index Spaces"]).
//!
//! [Component Model, "Index Spaces"]:
//! https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#index-spaces

use serde::{Deserialize, Serialize};
use wasmparser::{Parser, Payload};

/// Name of the custom section.
pub(crate) const SECTION: &str = "polyfill-provenance";

/// Version of the format.
pub(crate) const VERSION: u32 = 1;

/// Contents of a component and their origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of the format, currently 1. New fields can be added without a new version number.
    pub version: u32,
    /// Core modules by index.
    pub core_modules: Vec<CoreModule>,
    /// Core instances by index.
    pub core_instances: Vec<CoreInstance>,
    /// Core functions at the root of the component, by index.
    pub core_functions: Vec<CoreFunction>,
}

/// A core module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoreModule {
    /// Origin of the module.
    #[serde(flatten)]
    pub origin: Origin,
    /// Functions of an adapter after garbage collection, by index. `None` for modules that are unmodified or generated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functions: Option<Vec<Function>>,
}

/// Origin of a core module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Origin {
    /// The guest's core module.
    Main {
        /// Name in the input.
        name: String,
    },
    /// An adapter.
    Adapter {
        /// Name in the input.
        name: String,
        /// Import modules that the adapter implements.
        implements: Vec<String>,
    },
    /// Generated module whose functions call indirectly through a table.
    Shim,
    /// Generated module that fills table entries and initializes adapters before main's instantiation, for main's start
    /// function.
    Prepare,
    /// Generated module that fills the shim table and initializes the other modules.
    Fixup,
    /// Generated module that reports calls by the canonical ABI to main's task hook.
    Hooks,
    /// Generated module that defines an isolated adapter's memory and copies from and to main's memory.
    Memory {
        /// Name of the adapter.
        adapter: String,
    },
    /// Generated module that accesses main's memory for the copies of an isolated adapter.
    Reach {
        /// Name of the adapter.
        adapter: String,
    },
}

/// A function of a garbage-collected adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Name of the function.
    pub name: String,
    /// Indices in the adapter before garbage collection. Empty for a generated function; several if imports were
    /// merged.
    pub old_indices: Vec<u32>,
    /// Position of the body in the contents of the code section. `None` for imports and generated functions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Reason why the function is kept.
    pub reason: String,
}

/// Byte ranges of a function body before and after garbage collection, as `(start, end)` with an exclusive end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Range in the input adapter.
    pub old: (u32, u32),
    /// Range in the component's core module.
    pub new: (u32, u32),
}

/// A core instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CoreInstance {
    /// Instance of a core module.
    Module {
        /// Index of the core module.
        core_module: u32,
    },
    /// Inline exports that are passed to an instance as one import module.
    Imports {
        /// Index of the importing core module.
        core_module: u32,
        /// Name of the import module.
        import_module: String,
    },
}

/// A core function at the root of the component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoreFunction {
    /// Definition of the function.
    #[serde(flatten)]
    pub what: Definition,
    /// Uses of the function.
    pub uses: Vec<Use>,
}

/// Definition of a core function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Definition {
    /// `canon lower` of an imported function.
    Lower {
        /// WIT path of the function: `interface#function`, or `function` if the world imports it directly.
        function: String,
        /// Reason for the `memory` option, if it is set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memory: Option<String>,
        /// Reason for the `realloc` option, if it is set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        realloc: Option<String>,
    },
    /// `canon resource.new`.
    ResourceNew {
        /// The resource, as `interface#resource`.
        resource: String,
    },
    /// `canon resource.rep`.
    ResourceRep {
        /// The resource, as `interface#resource`.
        resource: String,
    },
    /// `canon resource.drop`.
    ResourceDrop {
        /// The resource, as `interface#resource`.
        resource: String,
    },
    /// An export of a core instance.
    Export {
        /// Index of the core instance.
        core_instance: u32,
        /// Name of the export.
        export: String,
    },
    /// Function of the shim that calls indirectly through a table entry.
    Slot {
        /// Index of the shim's core instance.
        core_instance: u32,
        /// Index of the table entry. It is also the name of the export.
        slot: u32,
        /// Description of the function that the table entry contains.
        stands_for: String,
    },
}

/// Use of a core function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Use {
    /// Satisfies an import.
    Import {
        /// Name of the importing module in the input.
        importer: String,
        /// Module name of the import.
        module: String,
        /// Field name of the import.
        field: String,
        /// Reason for the indirect call, for functions of the shim.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Is stored in a table entry of the shim.
    Slot {
        /// Index of the table entry.
        slot: u32,
    },
    /// Is lifted as an export of the component.
    Lift {
        /// WIT path of the function.
        function: String,
    },
    /// Is the `realloc` option of a lift or lower.
    Realloc {
        /// WIT path of the function.
        function: String,
        /// Reason for the option.
        reason: String,
    },
    /// Is called after a lifted function (`post-return`).
    PostReturn {
        /// WIT path of the function.
        function: String,
    },
    /// Destroys a resource.
    Destructor {
        /// The resource, as `interface#resource`.
        resource: String,
    },
    /// Initializes its module.
    Initialize,
    /// Copies between an isolated adapter's memory and main's.
    Copy {
        /// Name of the adapter.
        adapter: String,
    },
}

/// A provenance section could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProvenanceError {
    /// The binary is not a component, or is malformed.
    #[error("not a component, or malformed at byte {offset:#x}: {message}")]
    Malformed {
        /// Offset in the component, in bytes.
        offset: u64,
        /// Message of the parser.
        message: String,
    },
    /// The contents of the section are invalid.
    #[error("invalid `polyfill-provenance` section at byte {offset:#x}: {message}")]
    Contents {
        /// Offset of the contents, in bytes.
        offset: u64,
        /// Reason.
        message: String,
    },
    /// The component has more than one provenance section.
    #[error("duplicate `polyfill-provenance` section at byte {offset:#x}")]
    Twice {
        /// Offset of the second section's contents, in bytes.
        offset: u64,
    },
    /// The section has an unsupported format version.
    #[error(
        "unsupported version {found} of the `polyfill-provenance` section, expected {VERSION}; read it with another release"
    )]
    Version {
        /// Version of the section.
        found: u64,
    },
}

/// Reads the provenance section of a component. Returns `None` if it has no such section.
///
/// Sections of nested components are ignored. The contents are not compared with the component.
///
/// # Errors
///
/// Returns an error if the binary is not a component or is malformed, or if the section is invalid, duplicate, or of an
/// unsupported version.
pub fn provenance(component: &[u8]) -> Result<Option<Provenance>, ProvenanceError> {
    let mut found = None;
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        let malformed = |message: &str, offset| ProvenanceError::Malformed { offset, message: message.to_string() };
        let payload = payload.map_err(|error| malformed(error.message(), error.offset()))?;
        match payload {
            Payload::Version { encoding: wasmparser::Encoding::Module, .. } if depth == 0 => {
                return Err(malformed("a core module", 0));
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 && section.name() == SECTION => {
                let offset = section.data_offset();
                if found.is_some() {
                    return Err(ProvenanceError::Twice { offset });
                }
                found = Some(contents(section.data(), offset)?);
            }
            _ => {}
        }
    }
    Ok(found)
}

fn contents(data: &[u8], offset: u64) -> Result<Provenance, ProvenanceError> {
    #[derive(Deserialize)]
    struct Version {
        version: u64,
    }
    let error = |error: serde_json::Error| ProvenanceError::Contents { offset, message: error.to_string() };
    // The version is read first because the other fields depend on it.
    let Version { version } = serde_json::from_slice(data).map_err(error)?;
    if version != u64::from(VERSION) {
        return Err(ProvenanceError::Version { found: version });
    }
    serde_json::from_slice(data).map_err(error)
}
