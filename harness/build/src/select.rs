//! Which guests a build is about, from words that trial names have to contain.

use std::collections::BTreeSet;

use crate::discover::{CaseFile, Guest, Layout};
use crate::index::{Artifact, Cell};
use crate::stack::{self, Stack};

/// Words, one of which a trial's name contains; no words select all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter(pub(crate) Vec<String>);

impl Filter {
    pub(crate) fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn selects(&self, name: &str) -> bool {
        self.is_all() || self.0.iter().any(|word| name.contains(word.as_str()))
    }

    /// The guests that can have a trial of such a name: no other one has to be compiled.
    pub(crate) fn guests<'a>(&self, layout: &'a Layout, hosts: &[String]) -> BTreeSet<&'a str> {
        let possible = stack::possible(&layout.adapters);
        let selected = |guest: &&Guest| {
            self.is_all() || guest.cases.iter().any(|case| self.may_select(guest, case, &possible, hosts))
        };
        layout.guests.iter().filter(selected).map(|guest| guest.name.as_str()).collect()
    }

    fn may_select(&self, guest: &Guest, case: &CaseFile, possible: &[Stack], hosts: &[String]) -> bool {
        let given = case.case.as_ref().ok();
        let named = given.and_then(|case| case.adapters.as_ref());
        let stacks: Vec<String> = named.cloned().unwrap_or_else(|| possible.iter().map(Stack::to_string).collect());
        let hosts = given.and_then(|case| case.hosts.as_deref()).unwrap_or(hosts);
        stacks.iter().any(|stack| {
            hosts.iter().any(|host| {
                let (guest, case) = (guest.name.clone(), case.name.clone());
                let artifact = Artifact::Ignored(String::new());
                self.selects(&Cell { guest, case, adapter: stack.clone(), host: host.clone(), artifact }.name())
            })
        })
    }
}
