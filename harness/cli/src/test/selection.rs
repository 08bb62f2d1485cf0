//! Which cells of an index the command line asks for. Asking for nothing that is there is a mistake.

use std::collections::{BTreeMap, BTreeSet};

use polyfill_build::Built;
use polyfill_build::index::{Artifact, Cell, Index, Stage, without_engine};

use crate::args::TestArgs;
use crate::error::Error;
use crate::stack;

/// Trials that are left out, in a message.
const SHOWN: usize = 10;

/// The cells that are asked for. Words in trial names were the build's business.
pub(super) struct Selection<'a> {
    args: &'a TestArgs,
    index: &'a Index,
    built: &'a Built,
}

impl<'a> Selection<'a> {
    /// Refuses to select nothing: a misspelt word must not look like success.
    pub(super) fn new(args: &'a TestArgs, index: &'a Index, built: &'a Built) -> Result<Selection<'a>, Error> {
        let selection = Selection { args, index, built };
        if selection.cells().next().is_none() {
            return Err(Error::NothingToTest(selection.nothing()));
        }
        let idle = args.filters.iter().filter(|word| !index.cells.iter().any(|cell| is_selected(cell, word)));
        let idle: Vec<&String> = idle.collect();
        if !idle.is_empty() {
            return Err(Error::NothingToTest(selection.unmatched(&idle)));
        }
        Ok(selection)
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &'a Cell> {
        self.index.cells.iter().filter(|cell| self.wants(cell))
    }

    /// Whether no word, adapter or host selects some of the trials.
    pub(super) fn is_whole(&self) -> bool {
        let TestArgs { filters, adapter, host, .. } = self.args;
        filters.is_empty() && adapter.is_none() && host.is_none()
    }

    pub(super) fn wants(&self, cell: &Cell) -> bool {
        let adapter = |name: &String| stack::is_named(cell, name);
        // A host without an engine is that host on all of them.
        let host = |name: &String| cell.host == *name || without_engine(&cell.host) == name;
        let filters = &self.args.filters;
        (filters.is_empty() || filters.iter().any(|word| is_selected(cell, word)))
            && self.args.adapter.as_ref().is_none_or(adapter)
            && self.args.host.as_ref().is_none_or(host)
    }

    /// How many of everything those cells come to.
    pub(super) fn size(&self) -> String {
        let distinct = |of: fn(&Cell) -> &str| self.cells().map(of).collect::<BTreeSet<_>>().len();
        let counted = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        [
            counted(distinct(|cell| &cell.guest), "guest"),
            counted(distinct(|cell| &cell.adapter), "stack"),
            counted(distinct(|cell| &cell.host), "host"),
            counted(self.components(), "component"),
        ]
        .join(", ")
    }

    fn components(&self) -> usize {
        let component = |cell: &'a Cell| match &cell.artifact {
            Artifact::Component(file) => Some(file.as_str()),
            Artifact::Module(_) | Artifact::Ignored(_) | Artifact::Failed { .. } => None,
        };
        self.cells().filter_map(component).collect::<BTreeSet<_>>().len()
    }

    fn nothing(&self) -> String {
        let TestArgs { filters, suite, adapter, host, .. } = self.args;
        let cells = &self.index.cells;
        let left_out = &self.built.left_out;
        if cells.is_empty() && filters.is_empty() {
            let suite = suite.display();
            return match (self.built.guests, left_out.len()) {
                (0, _) => format!("`{suite}` has no trials: there are no guests in its folder `guests`"),
                (_, 0) => format!(
                    "`{suite}` has no trials: nothing that its cases and `group.toml` name (`adapters`, `hosts`, `[[run]]`) is \
                     for its guests"
                ),
                _ => format!(
                    "`{suite}` has no trials: its cases leave out every one (`[[exclude]]`):{}",
                    self.reasons(left_out)
                ),
            };
        }
        if cells.is_empty() {
            return self.unmatched(&filters.iter().collect::<Vec<_>>());
        }
        let has = |names: Vec<&str>| quoted(BTreeSet::from_iter(names));
        let mut text = "no trial".to_string();
        if !filters.is_empty() {
            text.push_str(&format!(" whose name contains {}", quoted(filters)));
        }
        if let Some(adapter) = adapter {
            let stacks = has(cells.iter().map(|cell| cell.adapter.as_str()).collect());
            text.push_str(&format!(" with adapter `{adapter}` (of {stacks})"));
        }
        if let Some(host) = host {
            let hosts = has(cells.iter().map(|cell| cell.host.as_str()).collect());
            text.push_str(&format!(" on host `{host}` (of {hosts})"));
        }
        text
    }

    /// Words that select nothing: a misspelt one must not go unnoticed beside others.
    fn unmatched(&self, words: &[&String]) -> String {
        let contains = |name: &String| words.iter().any(|word| name.contains(word.as_str()));
        let left_out: BTreeMap<String, String> = (self.built.left_out.iter())
            .filter(|(name, _)| contains(name))
            .map(|(name, reason)| (name.clone(), reason.clone()))
            .collect();
        match left_out.is_empty() {
            true => format!("no trial's name contains {}; `--list` shows all names", quoted(words)),
            false => format!(
                "no trial that is run contains {} in its name; cases leave these out (`[[exclude]]`):{}",
                quoted(words),
                self.reasons(&left_out)
            ),
        }
    }

    /// Trials that are left out, a line each; the first few.
    fn reasons(&self, left_out: &BTreeMap<String, String>) -> String {
        let mut text: String = left_out.iter().take(SHOWN).map(|(name, why)| format!("\n  {name}: {why}")).collect();
        if left_out.len() > SHOWN {
            text.push_str(&format!("\n  ({} more)", left_out.len() - SHOWN));
        }
        text
    }
}

/// Whether a word selects a cell: it is in its name. A case that cannot be read has one cell, whatever its others would be.
fn is_selected(cell: &Cell, word: &str) -> bool {
    let is_broken = matches!(cell.artifact, Artifact::Failed { stage: Stage::Case, .. });
    cell.name().contains(word) || (is_broken && word.starts_with(&format!("{}::", cell.case_key())))
}

fn quoted<S: std::fmt::Display>(words: impl IntoIterator<Item = S>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
