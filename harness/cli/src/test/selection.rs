//! Which cells of an index the command line asks for. Asking for nothing that is there is a mistake.

use std::collections::BTreeSet;

use polyfill_build::index::{Artifact, Cell, Index, without_engine};

use crate::args::TestArgs;
use crate::error::Error;
use crate::stack;

/// The cells that are asked for. Words in trial names were the build's business.
pub(super) struct Selection<'a> {
    args: &'a TestArgs,
    index: &'a Index,
}

impl<'a> Selection<'a> {
    /// Refuses to select nothing: a misspelt word must not look like success.
    pub(super) fn new(args: &'a TestArgs, index: &'a Index) -> Result<Selection<'a>, Error> {
        let selection = Selection { args, index };
        if selection.cells().next().is_none() {
            return Err(Error::NothingToTest(selection.nothing()));
        }
        Ok(selection)
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &'a Cell> {
        self.index.cells.iter().filter(|cell| self.wants(cell))
    }

    pub(super) fn wants(&self, cell: &Cell) -> bool {
        let adapter = |name: &String| stack::is_named(cell, name);
        // A host without an engine is that host on all of them.
        let host = |name: &String| cell.host == *name || without_engine(&cell.host) == name;
        let name = cell.name();
        let filters = &self.args.filters;
        (filters.is_empty() || filters.iter().any(|word| name.contains(word)))
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
        if cells.is_empty() && filters.is_empty() {
            return format!("`{}` has no trials: there are no guests in its folder `guests`", suite.display());
        }
        if cells.is_empty() {
            return format!("no trial's name contains {}; `--list` shows all names", quoted(filters));
        }
        let has = |names: Vec<&str>| quoted(BTreeSet::from_iter(names));
        let mut text = "no trial".to_string();
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
}

fn quoted<S: std::fmt::Display>(words: impl IntoIterator<Item = S>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
