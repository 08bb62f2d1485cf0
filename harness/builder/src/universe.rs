//! Enumerates the possible trials of a case in every mode of the suite. Patterns that match none of them are
//! errors.

use std::collections::BTreeSet;

use polyfill_encoder::fits;

use crate::case::Case;
use crate::chain::AdapterChain;
use crate::index::{ENGINE, ENGINES, without_engine};
use crate::matrix::Pattern;
use crate::near;

/// Every `adapter` and `host` that a case declares, regardless of installed tools and filters.
#[derive(Debug, Default)]
pub(crate) struct Universe {
    pub(crate) trials: BTreeSet<(String, String)>,
    /// Set if the adapters depend on a guest that could not be compiled: any adapter is possible.
    pub(crate) any_adapter: bool,
}

impl Universe {
    /// Adds a chain on a host, in every release.
    pub(crate) fn add(&mut self, stack: &AdapterChain, host: &str) {
        self.trials.insert((stack.to_string(), host.to_string()));
        for release in stack.clone().every_release() {
            self.trials.insert((release.to_string(), host.to_string()));
        }
    }

    /// Returns a line for each pattern of a case that matches no trial, with its key.
    pub(crate) fn problems(&self, case: &Case) -> Vec<String> {
        let mut problems = Vec::new();
        let excluded = |adapter: &str, host: &str| case.leaves_out(adapter, host);
        for skip in &case.skip {
            self.check("skip", &skip.trials, |_, _| false, &mut problems);
        }
        for on in &case.overrides {
            self.check("override", &on.trials, excluded, &mut problems);
        }
        for fails in &case.xfail {
            self.check("xfail", &fails.trials, excluded, &mut problems);
        }
        problems
    }

    fn check(&self, key: &str, trials: &Pattern, is_excluded: impl Fn(&str, &str) -> bool, problems: &mut Vec<String>) {
        for pattern in trials.patterns() {
            if self.any_adapter && self.is_on_a_host(pattern) {
                continue;
            }
            let mut hit = self.all().filter(|(adapter, host)| includes(pattern, adapter, host)).peekable();
            if hit.peek().is_none() {
                problems
                    .push(format!("`{key}.trials`: `{pattern}` matches no trial of the case{}", self.hint(pattern)));
            } else if hit.all(|(adapter, host)| is_excluded(&adapter, &host)) {
                problems.push(format!("`{key}.trials`: `skip` leaves out every trial that `{pattern}` matches"));
            }
        }
    }

    /// Returns true if a pattern can match with some adapter.
    fn is_on_a_host(&self, pattern: &str) -> bool {
        match pattern.rsplit_once('@') {
            // A release.
            None => true,
            Some((_, host)) if host.starts_with(|c: char| c.is_ascii_digit()) => true,
            Some((_, host)) => self.all().any(|(_, name)| fits(host, "*", &name)),
        }
    }

    /// Returns all trials, each on all engines.
    fn all(&self) -> impl Iterator<Item = (String, String)> {
        self.trials.iter().flat_map(|(adapter, host)| {
            let on = |engine: &&str| format!("{host}{ENGINE}{engine}");
            let hosts: Vec<String> = [host.clone()].into_iter().chain(ENGINES.iter().map(on)).collect();
            hosts.into_iter().map(|host| (adapter.clone(), host))
        })
    }

    /// Returns similar names, or all known names.
    fn hint(&self, pattern: &str) -> String {
        let (adapter, host) = pattern.rsplit_once('@').unwrap_or((pattern, ""));
        let hosts: BTreeSet<&str> = self.trials.iter().map(|(_, host)| host.as_str()).collect();
        let adapters: BTreeSet<&str> = self.trials.iter().map(|(adapter, _)| adapter.as_str()).collect();
        let is_host = |name: &str| fits(without_engine(host), "*", without_engine(name));
        if let Some((_, engine)) = host.split_once(ENGINE)
            && !ENGINES.iter().any(|known| fits(engine, "*", known))
        {
            return format!(": no engine `{engine}`{}", near::hint(engine, ENGINES));
        }
        if !host.is_empty()
            && !hosts.iter().any(|name| is_host(name))
            && !host.starts_with(|c: char| c.is_ascii_digit())
        {
            return format!(": no host `{host}`{}", near::hint(host, hosts));
        }
        let named: Vec<&str> = adapters.into_iter().filter(|adapter| !adapter.contains('@')).collect();
        format!(": no adapter `{adapter}`{}", near::hint(adapter, named))
    }
}

fn includes(pattern: &str, adapter: &str, host: &str) -> bool {
    Pattern::One(pattern.to_string()).includes(adapter, host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(case: &str) -> Vec<String> {
        let mut universe = Universe::default();
        for (stack, host) in [("none", "native"), ("reference-command", "wasi"), ("a+b", "wasi")] {
            universe.add(&AdapterChain::parse(stack), host);
        }
        universe.problems(&toml::from_str(case).unwrap())
    }

    fn on(pattern: &str) -> Vec<String> {
        problems(&format!("[[override]]\ntrials = '{pattern}'\nexpect = {{}}\n"))
    }

    #[test]
    fn patterns_of_every_release_and_engine_match() {
        for pattern in [
            "*",
            "*@native",
            "none@*",
            "reference-command@wasi",
            "reference-*@24.*@wasi",
            "reference-command@24.*",
            "*@wasi/winch",
            "*@native/pulley+pooling",
            "a+*@wasi",
        ] {
            assert_eq!(on(pattern), Vec::<String>::new(), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_match_no_cell_are_errors_that_name_the_wrong_part() {
        for (pattern, part) in [
            ("*@nativ", "no host `nativ`; help: did you mean `native`?"),
            ("reference-command@wazi", "no host `wazi`; help: did you mean `wasi`?"),
            ("*@foo", "no host `foo`"),
            ("reference-comand@wasi", "no adapter `reference-comand`; help: did you mean `reference-command`?"),
            ("reference-command@native", "no adapter `reference-command`"),
            ("*@wasi/winsch", "no engine `winsch`; help: did you mean `winch`?"),
            ("reference-command@23.*", "no "),
        ] {
            let problems = on(pattern);
            assert!(problems.len() == 1 && problems[0].contains(part), "{pattern}: {problems:?}");
        }
    }

    #[test]
    fn any_adapter_is_possible_where_the_guest_could_not_be_compiled() {
        let mut universe = Universe { any_adapter: true, ..Universe::default() };
        universe.add(&AdapterChain::default(), "wasi");
        let problems = |trials: &str| {
            let case = format!("[[xfail]]\ntrials = '{trials}'\nreason = 'r'\n");
            universe.problems(&toml::from_str(&case).unwrap()).len()
        };
        assert_eq!(["mine@wasi", "reference-*@24.*", "mine@wasi/winch", "mine@wazi"].map(problems), [0, 0, 0, 1]);
    }

    #[test]
    fn a_pattern_of_nothing_but_excluded_cells_is_an_error() {
        let excluded = "[[skip]]\ntrials = '*@wasi'\nreason = 'r'\n";
        let fails = |trials: &str| problems(&format!("{excluded}[[xfail]]\ntrials = '{trials}'\nreason = 'r'\n"));
        assert!(fails("reference-*").join("").contains("`skip` leaves out every trial"), "{:?}", fails("reference-*"));
        assert!(fails("*").is_empty());
    }
}
