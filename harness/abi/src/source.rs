//! Files of a description, as text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Files of a description. Reading them is left to the caller, so that this crate accesses no files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Path of the WITX file, as shown in messages.
    pub path: String,
    /// WITX files by path: the file at `path`, and those that it uses, relative to its directory.
    pub files: BTreeMap<String, String>,
    /// Path and text of the file of hints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hints: Option<(String, String)>,
}

impl Source {
    /// Returns a description in one WITX file.
    pub fn single(path: &str, witx: &str) -> Source {
        Source { path: path.to_string(), files: [(path.to_string(), witx.to_string())].into(), hints: None }
    }

    /// Adds a file of hints.
    pub fn with_hints(mut self, path: &str, toml: &str) -> Source {
        self.hints = Some((path.to_string(), toml.to_string()));
        self
    }

    /// Returns the paths in the `use` declarations of a WITX file, resolved relative to it.
    pub fn uses(path: &str, witx: &str) -> Vec<String> {
        let Ok(buffer) = wast_of_witx::parser::ParseBuffer::new(witx) else { return Vec::new() };
        let Ok(document) = wast_of_witx::parser::parse::<witx::parser::TopLevelDocument>(&buffer) else {
            return Vec::new();
        };
        let used = document.items.into_iter().filter_map(|item| match item.item {
            witx::parser::TopLevelSyntax::Use(name) => Some(sibling(path, name)),
            witx::parser::TopLevelSyntax::Decl(_) => None,
        });
        used.collect()
    }
}

/// Returns the path of a file that another one names.
pub(crate) fn sibling(path: &str, name: &str) -> String {
    match path.rsplit_once('/') {
        Some((directory, _)) => format!("{directory}/{name}"),
        None => name.to_string(),
    }
}
