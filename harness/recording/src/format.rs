//! File format of recordings: a component with custom sections at its end.

use std::ops::Range;

use polyfill_builder::case::Case;
use polyfill_builder::index::Sanitize;
use polyfill_runner::{Event, Failed, Inputs, Outcome, Returned, Trace};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use wasm_encoder::{ComponentSection, CustomSection};
use wasmparser::BinaryReader;

/// Version of the format.
const FORMAT: u32 = 1;

/// Names of the custom sections.
const ABOUT: &str = "polyfill:recording";
const TRACE: &str = "polyfill:trace";
const MAIN: &str = "polyfill:main";
const ADAPTER: &str = "polyfill:adapter";
const SECTIONS: [&str; 4] = [ABOUT, TRACE, MAIN, ADAPTER];

/// Id of custom sections.
const CUSTOM: u8 = 0;

/// Preamble of a component: magic number, version and layer.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// Error in reading a recording.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// The file is not a component.
    #[error("not a recording: expected a WebAssembly component")]
    NoComponent,
    /// A section is malformed.
    #[error("malformed at byte {at}: {message}")]
    Malformed {
        /// Byte offset in the file.
        at: u64,
        /// Description of the error.
        message: String,
    },
    /// The component has no section of a recording.
    #[error(
        "not a recording: the component has no section `{section}`\n  help: create a recording with `polyfill record`"
    )]
    Missing {
        /// Name of the section.
        section: &'static str,
    },
    /// The content of a section is invalid.
    #[error("section `{section}`, line {line}: {message}")]
    Content {
        /// Name of the section.
        section: &'static str,
        /// Line in the section, from 1.
        line: usize,
        /// Description of the error.
        message: String,
    },
    /// The format version is not supported.
    #[error("unsupported recording format: expected {FORMAT}, found {found}")]
    Format {
        /// Format version of the file.
        found: u32,
    },
}

/// A recording of one run.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Inputs and observation of the run.
    pub about: About,
    /// The component, without the sections of the recording.
    pub component: Vec<u8>,
    /// Calls across both boundaries.
    pub trace: Trace,
    /// Core module of the guest, if known.
    pub main: Option<Vec<u8>>,
    /// Adapters in the order of the chain, before garbage collection.
    pub adapters: Vec<Vec<u8>>,
}

/// Inputs and observation of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct About {
    /// Version of the format.
    pub format: u32,
    /// Versions of the tools that made the recording.
    pub versions: Versions,
    /// Name of the trial: `guest::case::adapter::host`.
    pub trial: String,
    /// Name of the guest, which is its first argument.
    pub guest: String,
    /// Case, with all inputs of the guest.
    pub case: Case,
    /// Adapters, in the order of their sections.
    pub adapters: Vec<AdapterAbout>,
    /// Outcome of the run.
    pub outcome: Outcome,
    /// Calls that returned.
    pub returned: Vec<Returned>,
    /// Standard output.
    #[serde(with = "text_or_bytes")]
    pub stdout: Vec<u8>,
    /// Standard error.
    #[serde(with = "text_or_bytes")]
    pub stderr: Vec<u8>,
    /// Report of the differences from the case. Empty if the trial passed.
    pub verdict: String,
    /// Failures as data. Missing in older recordings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Vec<Failed>>,
    /// Inputs of the sanitizer, if the component reports calls across the core boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sanitize: Option<Sanitize>,
    /// Descriptions of import modules, in addition to the standard ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub abis: Vec<polyfill_abi::Source>,
}

/// Versions of the tools that made a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Versions {
    /// Version of this harness.
    pub polyfill: String,
    /// Version of the engine.
    pub wasmtime: String,
}

/// An adapter of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AdapterAbout {
    /// Name of the adapter in the chain.
    pub name: String,
    /// Import modules that the adapter implements.
    pub implements: Vec<String>,
}

impl About {
    /// Format version of new recordings.
    pub(crate) const FORMAT: u32 = FORMAT;
}

impl Recording {
    /// Returns the inputs of the guest.
    ///
    /// # Errors
    ///
    /// Returns a message if a value of the recorded case or a description is invalid, or the case is too large.
    pub fn inputs(&self) -> Result<Inputs, String> {
        let inputs = Inputs::of(&self.about.guest, &self.about.case).map_err(|error| error.to_string())?;
        let abi = polyfill_abi::Descriptions::parse(&self.about.abis).map_err(|error| error.to_string())?;
        Ok(Inputs { abi, ..inputs })
    }

    /// Serializes the recording: the component, followed by the sections of the recording.
    pub fn write(&self) -> Vec<u8> {
        let mut file = self.component.clone();
        let mut section = |name: &str, data: &[u8]| {
            CustomSection { name: name.into(), data: data.into() }.append_to_component(&mut file);
        };
        // Serialization to JSON cannot fail: the data is plain, and all map keys are strings.
        section(ABOUT, &serde_json::to_vec_pretty(&self.about).unwrap_or_default());
        section(TRACE, polyfill_runner::json_lines(&self.trace).as_bytes());
        if let Some(main) = &self.main {
            section(MAIN, main);
        }
        for adapter in &self.adapters {
            section(ADAPTER, adapter);
        }
        file
    }

    /// Parses a recording without running anything.
    ///
    /// # Errors
    ///
    /// [`RecordingError`] if the bytes are not a component, or if a section of the recording is missing, duplicate,
    /// malformed or of another format version.
    pub fn read(file: &[u8]) -> Result<Self, RecordingError> {
        let (component, sections) = split(file)?;
        let find = |name: &'static str| sections.iter().filter(move |(known, _)| *known == name).map(|(_, data)| *data);
        let about = find(ABOUT).next().ok_or(RecordingError::Missing { section: ABOUT })?;
        let content = |section, line| {
            move |error: serde_json::Error| RecordingError::Content { section, line, message: error.to_string() }
        };
        // Check the format version first: another version may have other keys.
        let value: serde_json::Value = serde_json::from_slice(about).map_err(content(ABOUT, 1))?;
        let found = value.get("format").and_then(serde_json::Value::as_u64).unwrap_or_default();
        if found != u64::from(FORMAT) {
            return Err(RecordingError::Format { found: found.try_into().unwrap_or(u32::MAX) });
        }
        let about: About = serde_json::from_value(value).map_err(content(ABOUT, 1))?;
        let trace = find(TRACE).next().ok_or(RecordingError::Missing { section: TRACE })?;
        let lines = trace.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
        let events: Vec<Event> = lines
            .map(|(number, line)| serde_json::from_slice(line).map_err(content(TRACE, number + 1)))
            .collect::<Result<_, _>>()?;
        if let Some((index, within)) = out_of_order(&events) {
            let message =
                format!("call {index} is nested in call {within}: expected the number of an earlier call, from 0");
            return Err(RecordingError::Content { section: TRACE, line: index + 1, message });
        }
        Ok(Self {
            about,
            component: component.to_vec(),
            trace: Trace { events, dropped: 0 },
            main: find(MAIN).next().map(<[u8]>::to_vec),
            adapters: find(ADAPTER).map(<[u8]>::to_vec).collect(),
        })
    }
}

/// Returns the first call that is nested in a call that does not precede it, and the index of the latter.
fn out_of_order(events: &[Event]) -> Option<(usize, usize)> {
    let within = events.iter().enumerate().filter_map(|(index, event)| Some((index, event.within?)));
    within.into_iter().find(|(index, within)| within >= index)
}

/// A section of the recording: name and content.
type Section<'a> = (&'static str, &'a [u8]);

/// Splits a file into the component and the sections of the recording at its end.
fn split(file: &[u8]) -> Result<(&[u8], Vec<Section<'_>>), RecordingError> {
    let mut end = None;
    let mut found = Vec::new();
    for Part { id, whole, content } in parts(file)? {
        let mut reader = BinaryReader::new(&file[content.clone()], content.start as u64);
        let name = if id == CUSTOM { reader.read_string().map_err(malformed)? } else { "" };
        if let Some(known) = SECTIONS.iter().find(|known| **known == name) {
            if *known != ADAPTER && found.iter().any(|(other, _)| other == known) {
                let message = format!("duplicate section `{known}`");
                return Err(RecordingError::Malformed { at: whole.start as u64, message });
            }
            end.get_or_insert(whole.start);
            let rest = reader.bytes_remaining();
            found.push((*known, reader.read_bytes(rest).map_err(malformed)?));
        } else if end.is_some() {
            let message = "unexpected section after the sections of a recording".to_string();
            return Err(RecordingError::Malformed { at: whole.start as u64, message });
        }
    }
    Ok((&file[..end.unwrap_or(file.len())], found))
}

/// A section of a component.
pub(crate) struct Part {
    /// Id of the section.
    pub(crate) id: u8,
    /// Bytes of the section, including id and size.
    pub(crate) whole: Range<usize>,
    /// Content of the section, without id and size.
    pub(crate) content: Range<usize>,
}

/// Returns the top-level sections of a component.
pub(crate) fn parts(component: &[u8]) -> Result<Vec<Part>, RecordingError> {
    if !component.starts_with(COMPONENT) {
        return Err(RecordingError::NoComponent);
    }
    sections(component)
}

/// Returns the top-level sections of a component or of a core module. Both preambles have the same length.
pub(crate) fn sections(binary: &[u8]) -> Result<Vec<Part>, RecordingError> {
    let mut reader = BinaryReader::new(binary.get(COMPONENT.len()..).unwrap_or_default(), COMPONENT.len() as u64);
    let mut parts = Vec::new();
    while !reader.eof() {
        let start = reader.original_position() as usize;
        let id = reader.read_u8().map_err(malformed)?;
        let content = reader.read_reader().map_err(malformed)?.range();
        let content = content.start as usize..content.end as usize;
        parts.push(Part { id, whole: start..content.end, content });
    }
    Ok(parts)
}

fn malformed(error: wasmparser::BinaryReaderError) -> RecordingError {
    RecordingError::Malformed { at: error.offset(), message: error.message().to_string() }
}

/// Serializes bytes as a string if they are UTF-8 text.
mod text_or_bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let either = String::from_utf8(bytes.to_vec());
        either.map_or_else(|error| Either::Bytes(error.into_bytes()), Either::Text).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Ok(match Either::deserialize(deserializer)? {
            Either::Text(text) => text.into_bytes(),
            Either::Bytes(bytes) => bytes,
        })
    }
}
