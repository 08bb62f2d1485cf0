//! Provenance: where each core module, instance and function of a component came from, in a section of the component.
//!
//! The section is custom, called `polyfill-provenance`, at the component's root; its contents are JSON. It is written
//! where [`Options::provenance`](crate::Options::provenance) asks for it, and read by [`provenance`]. Indices are those
//! of the component's core index spaces (Component Model, "Index Spaces").

use serde::{Deserialize, Serialize};
use wasmparser::{Parser, Payload};

/// The section's name.
pub(crate) const SECTION: &str = "polyfill-provenance";

/// The version of the format.
pub(crate) const VERSION: u32 = 1;

/// What is in a component, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The version of the format: 1. Later versions of the same number may add fields.
    pub version: u32,
    /// The core modules, by index.
    pub core_modules: Vec<CoreModule>,
    /// The core instances, by index.
    pub core_instances: Vec<CoreInstance>,
    /// The core functions at the component's root, by index.
    pub core_functions: Vec<CoreFunction>,
}

/// A core module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoreModule {
    /// What it is.
    #[serde(flatten)]
    pub origin: Origin,
    /// For an adapter, which was trimmed: its functions, by index. None for a module that is as it was given, or new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functions: Option<Vec<Function>>,
}

/// What a core module is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Origin {
    /// The guest's module.
    Main {
        /// Its name in the input.
        name: String,
    },
    /// An adapter.
    Adapter {
        /// Its name in the input.
        name: String,
        /// The import modules that it implements.
        implements: Vec<String>,
    },
    /// The module whose functions forward through a table of slots.
    Shim,
    /// The module that does before main what the fixup would do later, for main's start function.
    Prepare,
    /// The module that fills the slots and initialises the others.
    Fixup,
    /// The module that tells main's task hook of what the canonical ABI calls.
    Hooks,
    /// The module that holds an isolated adapter's memory, and copies.
    Memory {
        /// The adapter.
        adapter: String,
    },
    /// The module that has main's memory, for the copies of an isolated adapter.
    Reach {
        /// The adapter.
        adapter: String,
    },
}

/// A function of a trimmed adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its indices in the adapter as it was given: none if it is new, several if imports became one.
    pub old_indices: Vec<u32>,
    /// Its body, as bytes from the start of the code section's contents; none for an import and for a new function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Why it is there.
    pub reason: String,
}

/// Where a body was and is: first byte, and the byte behind the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// In the adapter as it was given.
    pub old: (u32, u32),
    /// In the component's core module.
    pub new: (u32, u32),
}

/// A core instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CoreInstance {
    /// Of a core module.
    Module {
        /// The module's index.
        core_module: u32,
    },
    /// Items given to an instance under one import module's name.
    Imports {
        /// The index of the core module that imports them.
        core_module: u32,
        /// The import module.
        import_module: String,
    },
}

/// A core function at the component's root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoreFunction {
    /// What it is.
    #[serde(flatten)]
    pub what: What,
    /// What it is for.
    pub uses: Vec<Use>,
}

/// What a core function is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum What {
    /// `canon lower` of an imported function.
    Lower {
        /// The function's path in WIT: `interface#function`, or `function` at the root.
        function: String,
        /// Why it has a memory, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memory: Option<String>,
        /// Why it has a realloc, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        realloc: Option<String>,
    },
    /// `canon resource.new`.
    ResourceNew {
        /// The resource: `interface#resource`.
        resource: String,
    },
    /// `canon resource.rep`.
    ResourceRep {
        /// The resource: `interface#resource`.
        resource: String,
    },
    /// `canon resource.drop`.
    ResourceDrop {
        /// The resource: `interface#resource`.
        resource: String,
    },
    /// An export of a core instance.
    Export {
        /// The instance's index.
        core_instance: u32,
        /// The export's name.
        export: String,
    },
    /// The shim's function for a slot.
    Slot {
        /// The shim's instance.
        core_instance: u32,
        /// The slot, which is the export's name, too.
        slot: u32,
        /// What is behind it, in words.
        stands_for: String,
    },
}

/// What a core function is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Use {
    /// It satisfies an import.
    Import {
        /// The importing module's name in the input.
        importer: String,
        /// The import's module.
        module: String,
        /// The import's field.
        field: String,
        /// For the function of a slot: why there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It is put behind a slot.
    Slot {
        /// The slot.
        slot: u32,
    },
    /// It is lifted as an export of the component.
    Lift {
        /// The function's path in WIT.
        function: String,
    },
    /// It is the realloc of a lift or lower.
    Realloc {
        /// The function's path in WIT.
        function: String,
        /// Why that has one.
        reason: String,
    },
    /// It is called after a lifted function.
    PostReturn {
        /// The function's path in WIT.
        function: String,
    },
    /// It destroys a resource.
    Destructor {
        /// The resource: `interface#resource`.
        resource: String,
    },
    /// It initialises its module.
    Initialize,
    /// It is a part of an isolated adapter's copies.
    Copy {
        /// The adapter.
        adapter: String,
    },
}

/// Why a provenance section cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProvenanceError {
    /// The bytes are no component.
    #[error("not a component, or malformed at byte {offset:#x}: {message}")]
    Malformed {
        /// Where.
        offset: u64,
        /// What the parser says.
        message: String,
    },
    /// The section's contents are not what they should be.
    #[error("the section `polyfill-provenance` at byte {offset:#x} cannot be read: {message}")]
    Contents {
        /// Where the contents start.
        offset: u64,
        /// Why.
        message: String,
    },
    /// There are several such sections.
    #[error("a second section `polyfill-provenance` at byte {offset:#x}")]
    Twice {
        /// Where its contents start.
        offset: u64,
    },
    /// The section has another version of the format.
    #[error("the section `polyfill-provenance` has version {found}, expected {VERSION}; read it with another release")]
    Version {
        /// Its version.
        found: u64,
    },
}

/// Reads the provenance section of a component; none if it has none.
///
/// Sections of components inside of it are not looked at. What the section says is not compared with the component.
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
    // What else is there depends on the version.
    let Version { version } = serde_json::from_slice(data).map_err(error)?;
    if version != u64::from(VERSION) {
        return Err(ProvenanceError::Version { found: version });
    }
    serde_json::from_slice(data).map_err(error)
}
