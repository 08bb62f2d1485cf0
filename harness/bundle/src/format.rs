//! The file: a component, and custom sections at its end.

use std::ops::Range;

use polyfill_build::case::Case;
use polyfill_build::index::Sanitize;
use polyfill_runner::{Event, Failed, Inputs, Outcome, Returned, Trace};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use wasm_encoder::{ComponentSection, CustomSection};
use wasmparser::BinaryReader;

/// The version of the format.
const FORMAT: u32 = 1;

/// Names of the sections.
const ABOUT: &str = "polyfill:bundle";
const TRACE: &str = "polyfill:trace";
const MAIN: &str = "polyfill:main";
const ADAPTER: &str = "polyfill:adapter";
const SECTIONS: [&str; 4] = [ABOUT, TRACE, MAIN, ADAPTER];

/// The id of custom sections.
const CUSTOM: u8 = 0;

/// What a component begins with: the magic number, and the layer's and version's numbers of components.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// Why a file is no bundle.
#[derive(Debug, Error)]
pub enum BundleError {
    /// It is no component.
    #[error("this is no component, and so no bundle")]
    NoComponent,
    /// A section is not as it should be.
    #[error("malformed at byte {at}: {message}")]
    Malformed {
        /// Where.
        at: u64,
        /// What is wrong.
        message: String,
    },
    /// It is a component without a recorded run.
    #[error("the component holds no section `{section}`: it is no bundle (`polyfill record` makes them)")]
    Missing {
        /// The section.
        section: &'static str,
    },
    /// What a section says is not understood.
    #[error("section `{section}`, line {line}: {message}")]
    Content {
        /// The section.
        section: &'static str,
        /// The line in it, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// It was made by another version of the harness.
    #[error("a bundle of format {found}; this harness reads format {FORMAT}")]
    Format {
        /// Its format.
        found: u32,
    },
}

/// A run.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// What was run, and what was seen.
    pub about: About,
    /// The component, without the sections of the bundle.
    pub component: Vec<u8>,
    /// The calls across both boundaries.
    pub trace: Trace,
    /// Main, where it is known.
    pub main: Option<Vec<u8>>,
    /// The adapters in the order of the stack, as they were before anything was taken out of them.
    pub adapters: Vec<Vec<u8>>,
}

/// What was run, and what was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct About {
    /// The version of the format.
    pub format: u32,
    /// What made it.
    pub versions: Versions,
    /// The trial: `guest::case::adapter::host`.
    pub trial: String,
    /// The guest's name, which is its first argument.
    pub guest: String,
    /// Everything that the guest got to see.
    pub case: Case,
    /// The adapters, in the order of their sections.
    pub adapters: Vec<AdapterAbout>,
    /// How the run ended.
    pub outcome: Outcome,
    /// The calls that returned.
    pub returned: Vec<Returned>,
    /// What it wrote on standard output.
    #[serde(with = "text_or_bytes")]
    pub stdout: Vec<u8>,
    /// The same on standard error.
    #[serde(with = "text_or_bytes")]
    pub stderr: Vec<u8>,
    /// What differs from the case, as a trial's report says it; empty if nothing does.
    pub verdict: String,
    /// The same as data; older bundles have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Vec<Failed>>,
    /// What checks of calls have to know, if the component reports them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sanitize: Option<Sanitize>,
}

/// What made a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Versions {
    /// This harness.
    pub polyfill: String,
    /// The engine.
    pub wasmtime: String,
}

/// An adapter of the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AdapterAbout {
    /// As the stack names it.
    pub name: String,
    /// The import modules that it implements.
    pub implements: Vec<String>,
}

impl About {
    /// The number that new bundles carry.
    pub(crate) const FORMAT: u32 = FORMAT;
}

impl Bundle {
    /// What the guest got to see.
    pub fn inputs(&self) -> Result<Inputs, String> {
        Inputs::of(&self.about.guest, &self.about.case).map_err(|error| error.to_string())
    }

    /// The file.
    pub fn write(&self) -> Vec<u8> {
        let mut file = self.component.clone();
        let mut section = |name: &str, data: &[u8]| {
            CustomSection { name: name.into(), data: data.into() }.append_to_component(&mut file);
        };
        // Plain data without maps under other keys than strings: there is nothing that JSON lacks.
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

    /// Reads a file. Nothing in it is run.
    pub fn read(file: &[u8]) -> Result<Self, BundleError> {
        let (component, sections) = split(file)?;
        let find = |name: &'static str| sections.iter().filter(move |(known, _)| *known == name).map(|(_, data)| *data);
        let about = find(ABOUT).next().ok_or(BundleError::Missing { section: ABOUT })?;
        let content = |section, line| {
            move |error: serde_json::Error| BundleError::Content { section, line, message: error.to_string() }
        };
        // The format first: another one may have other keys.
        let value: serde_json::Value = serde_json::from_slice(about).map_err(content(ABOUT, 1))?;
        let found = value.get("format").and_then(serde_json::Value::as_u64).unwrap_or_default();
        if found != u64::from(FORMAT) {
            return Err(BundleError::Format { found: found.try_into().unwrap_or(u32::MAX) });
        }
        let about: About = serde_json::from_value(value).map_err(content(ABOUT, 1))?;
        let trace = find(TRACE).next().ok_or(BundleError::Missing { section: TRACE })?;
        let lines = trace.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
        let events: Vec<Event> = lines
            .map(|(number, line)| serde_json::from_slice(line).map_err(content(TRACE, number + 1)))
            .collect::<Result<_, _>>()?;
        if let Some((index, within)) = out_of_order(&events) {
            let message =
                format!("call {index} is within call {within}: expected the number of an earlier call, from 0");
            return Err(BundleError::Content { section: TRACE, line: index + 1, message });
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

/// A call that is within one that is no earlier one, and the number of that.
fn out_of_order(events: &[Event]) -> Option<(usize, usize)> {
    let within = events.iter().enumerate().filter_map(|(index, event)| Some((index, event.within?)));
    within.into_iter().find(|(index, within)| within >= index)
}

/// A section of the bundle: its name, and what is in it.
type Section<'a> = (&'static str, &'a [u8]);

/// The component, and the sections of the bundle, which are at its end.
fn split(file: &[u8]) -> Result<(&[u8], Vec<Section<'_>>), BundleError> {
    let mut end = None;
    let mut found = Vec::new();
    for Part { id, whole, content } in parts(file)? {
        let mut reader = BinaryReader::new(&file[content.clone()], content.start as u64);
        let name = if id == CUSTOM { reader.read_string().map_err(malformed)? } else { "" };
        if let Some(known) = SECTIONS.iter().find(|known| **known == name) {
            if *known != ADAPTER && found.iter().any(|(other, _)| other == known) {
                let message = format!("a second section `{known}`");
                return Err(BundleError::Malformed { at: whole.start as u64, message });
            }
            end.get_or_insert(whole.start);
            let rest = reader.bytes_remaining();
            found.push((*known, reader.read_bytes(rest).map_err(malformed)?));
        } else if end.is_some() {
            let message = "a section behind those of a bundle".to_string();
            return Err(BundleError::Malformed { at: whole.start as u64, message });
        }
    }
    Ok((&file[..end.unwrap_or(file.len())], found))
}

/// A section of a component.
pub(crate) struct Part {
    /// What it holds.
    pub(crate) id: u8,
    /// All of it.
    pub(crate) whole: Range<usize>,
    /// The same without id and size.
    pub(crate) content: Range<usize>,
}

/// The sections of a component; not those of what is in it.
pub(crate) fn parts(component: &[u8]) -> Result<Vec<Part>, BundleError> {
    if !component.starts_with(COMPONENT) {
        return Err(BundleError::NoComponent);
    }
    sections(component)
}

/// The sections of a component, or of a core module: what begins them is as long.
pub(crate) fn sections(binary: &[u8]) -> Result<Vec<Part>, BundleError> {
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

fn malformed(error: wasmparser::BinaryReaderError) -> BundleError {
    BundleError::Malformed { at: error.offset(), message: error.message().to_string() }
}

/// Bytes as a string where they are text.
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
