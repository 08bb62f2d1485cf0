//! Selection of trials by the command line. An empty selection is an error.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use polyfill_builder::Built;
use polyfill_builder::index::{Artifact, Index, Stage, Trial, without_engine};

use crate::args::TestArgs;
use crate::chain;

/// Maximum number of skipped trials in a message.
const SHOWN: usize = 10;

/// The selected trials. Name filters are already applied by the build.
pub(super) struct Selection<'a> {
    args: &'a TestArgs,
    index: &'a Index,
    built: &'a Built,
}

impl<'a> Selection<'a> {
    /// Returns an error if the selection is empty: a misspelled filter must not look like success.
    pub(super) fn new(args: &'a TestArgs, index: &'a Index, built: &'a Built) -> anyhow::Result<Selection<'a>> {
        let selection = Selection { args, index, built };
        if selection.trials().next().is_none() {
            bail!(selection.nothing());
        }
        let idle = args.filters.iter().filter(|word| !index.trials.iter().any(|trial| is_selected(trial, word)));
        let idle: Vec<&String> = idle.collect();
        if !idle.is_empty() {
            bail!(selection.unmatched(&idle));
        }
        Ok(selection)
    }

    pub(super) fn trials(&self) -> impl Iterator<Item = &'a Trial> {
        self.index.trials.iter().filter(|trial| self.wants(trial))
    }

    /// Returns true if no filter, adapter or host is given.
    pub(super) fn is_whole(&self) -> bool {
        let TestArgs { filters, adapter, host, .. } = self.args;
        filters.is_empty() && adapter.is_none() && host.is_none()
    }

    pub(super) fn wants(&self, trial: &Trial) -> bool {
        let adapter = |name: &String| chain::is_named(trial, name);
        // A host without an engine matches that host on all engines.
        let host = |name: &String| trial.host == *name || without_engine(&trial.host) == name;
        let filters = &self.args.filters;
        (filters.is_empty() || filters.iter().any(|word| is_selected(trial, word)))
            // A test of wasi-testsuite that cannot be read has a single trial, without an adapter.
            && (self.args.wasi_testsuite.is_some() && is_broken(trial) || self.args.adapter.as_ref().is_none_or(adapter))
            && self.args.host.as_ref().is_none_or(host)
    }

    /// Formats the numbers of guests, adapter chains, hosts and components of the trials.
    pub(super) fn size(&self) -> String {
        let distinct = |of: fn(&Trial) -> &str| self.trials().map(of).collect::<BTreeSet<_>>().len();
        let counted = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        [
            counted(distinct(|trial| &trial.guest), "guest"),
            counted(distinct(|trial| &trial.adapter), "adapter chain"),
            counted(distinct(|trial| &trial.host), "host"),
            counted(self.components(), "component"),
        ]
        .join(", ")
    }

    fn components(&self) -> usize {
        let component = |trial: &'a Trial| match &trial.artifact {
            Artifact::Component(file) => Some(file.as_str()),
            Artifact::Module(_) | Artifact::Ignored(_) | Artifact::Failed { .. } => None,
        };
        self.trials().filter_map(component).collect::<BTreeSet<_>>().len()
    }

    fn nothing(&self) -> String {
        let TestArgs { filters, suite, adapter, host, .. } = self.args;
        let trials = &self.index.trials;
        let left_out = &self.built.left_out;
        if trials.is_empty() && filters.is_empty() {
            let suite = suite.display();
            return match (self.built.guests, left_out.len()) {
                (0, _) => format!("`{suite}` has no trials: its directory `guests` contains no guests"),
                (_, 0) => format!(
                    "`{suite}` has no trials: no adapter or host that its cases and `group.toml` select \
                     (`adapters`, `hosts`, `[[run]]`) matches its guests"
                ),
                _ => format!(
                    "`{suite}` has no trials: its cases skip every trial (`[[skip]]`):{}",
                    self.reasons(left_out)
                ),
            };
        }
        if trials.is_empty() {
            return self.unmatched(&filters.iter().collect::<Vec<_>>());
        }
        let has = |names: Vec<&str>| quoted(BTreeSet::from_iter(names));
        let mut text = "no trial".to_string();
        if !filters.is_empty() {
            text.push_str(&format!(" whose name contains {}", quoted(filters)));
        }
        if let Some(adapter) = adapter {
            let chains = has(trials.iter().map(|trial| trial.adapter.as_str()).collect());
            text.push_str(&format!(" with adapter `{adapter}` (available: {chains})"));
        }
        if let Some(host) = host {
            let hosts = has(trials.iter().map(|trial| trial.host.as_str()).collect());
            text.push_str(&format!(" on host `{host}` (available: {hosts})"));
        }
        text
    }

    /// Returns the message for filters that match nothing. A misspelled filter must not go unnoticed next to others.
    fn unmatched(&self, words: &[&String]) -> String {
        let contains = |name: &String| words.iter().any(|word| name.contains(word.as_str()));
        let left_out: BTreeMap<String, String> = (self.built.left_out.iter())
            .filter(|(name, _)| contains(name))
            .map(|(name, reason)| (name.clone(), reason.clone()))
            .collect();
        match left_out.is_empty() {
            true => format!("no trial name contains {}\n  help: list all names with `--list`", quoted(words)),
            false => format!(
                "no trial name contains {}, except those that cases skip (`[[skip]]`):{}",
                quoted(words),
                self.reasons(&left_out)
            ),
        }
    }

    /// Lists the first skipped trials, one per line.
    fn reasons(&self, left_out: &BTreeMap<String, String>) -> String {
        let mut text: String = left_out.iter().take(SHOWN).map(|(name, why)| format!("\n  {name}: {why}")).collect();
        if left_out.len() > SHOWN {
            text.push_str(&format!("\n  ({} more)", left_out.len() - SHOWN));
        }
        text
    }
}

/// Returns true if a filter matches a trial's name. An unreadable case has a single trial, which stands for all of
/// its trials.
fn is_selected(trial: &Trial, word: &str) -> bool {
    trial.name().contains(word) || (is_broken(trial) && word.starts_with(&format!("{}::", trial.case_key())))
}

fn is_broken(trial: &Trial) -> bool {
    matches!(trial.artifact, Artifact::Failed { stage: Stage::Case, .. })
}

fn quoted<S: std::fmt::Display>(words: impl IntoIterator<Item = S>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
