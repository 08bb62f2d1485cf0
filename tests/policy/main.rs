//! Rules of this repository: sources, language, findings.

mod findings;
mod language;
mod tidy;
