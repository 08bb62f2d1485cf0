//! What a run took: pages, calls, instructions.

use std::fmt;

use serde::Serialize;

use crate::observation::Observation;

/// What a run took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Figures {
    /// 64 KiB pages of all memories when they were created.
    pub pages_initial: u64,
    /// 64 KiB pages by which they grew.
    pub pages_grown: u64,
    /// Calls of the host's functions, on hosts that record them and in runs with a trace.
    pub host_calls: Option<u64>,
    /// Calls across the core boundary, where interposers report them.
    pub core_calls: Option<u64>,
    /// Instructions, on an engine that counts them.
    pub fuel: Option<u64>,
}

impl Figures {
    /// Those of a run.
    pub fn of(seen: &Observation) -> Figures {
        let core_calls = seen.core_calls.len() as u64 + seen.core_calls_dropped;
        Figures {
            pages_initial: seen.pages_initial,
            pages_grown: seen.pages_grown,
            host_calls: host_calls(seen),
            core_calls: (core_calls > 0).then_some(core_calls),
            fuel: seen.fuel_used,
        }
    }

    /// Pages at the end.
    pub fn pages(&self) -> u64 {
        self.pages_initial + self.pages_grown
    }

    /// What can be compared exactly: fuel is for budgets.
    pub(super) fn exact(&self) -> [Exact; 4] {
        [
            ("pages-initial", Some(self.pages_initial)),
            ("pages-grown", Some(self.pages_grown)),
            ("host-calls", self.host_calls),
            ("core-calls", self.core_calls),
        ]
    }
}

/// A figure's name, and the figure where there is one.
pub(super) type Exact = (&'static str, Option<u64>);

/// The one place that knows who records calls of the host's functions: some hosts, and traces.
fn host_calls(seen: &Observation) -> Option<u64> {
    if let Some(trace) = &seen.trace {
        return Some(trace.imports().count() as u64 + trace.dropped);
    }
    seen.calls_recorded.then_some(seen.calls.len() as u64 + seen.calls_dropped)
}

/// A difference in per cent of the old figure, with its sign.
pub(super) struct PerCent(pub(super) u64, pub(super) u64);

impl fmt::Display for PerCent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PerCent(old, new) = *self;
        match old {
            0 => write!(f, "from nothing"),
            _ => write!(f, "{:+.1} %", (new as f64 - old as f64) * 100.0 / old as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Outcome;

    #[test]
    fn what_nobody_counted_is_no_figure() {
        let mut seen = Observation::of(Outcome::Returned);
        assert_eq!(Figures::of(&seen), Figures::default());
        seen.calls_recorded = true;
        seen.core_calls = vec!["m.f()".to_string()];
        seen.core_calls_dropped = 2;
        let figures = Figures::of(&seen);
        assert_eq!((figures.host_calls, figures.core_calls, figures.fuel), (Some(0), Some(3), None));
    }

    #[test]
    fn per_cent_have_signs() {
        assert_eq!(PerCent(200, 210).to_string(), "+5.0 %");
        assert_eq!(PerCent(200, 199).to_string(), "-0.5 %");
        assert_eq!(PerCent(0, 1).to_string(), "from nothing");
    }
}
