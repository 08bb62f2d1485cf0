//! Resource use of a run: pages, calls, instructions.

use std::fmt;

use serde::Serialize;

use crate::observation::Observation;

/// Resource use of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Figures {
    /// Number of 64 KiB pages of all memories at their creation.
    pub pages_initial: u64,
    /// Number of 64 KiB pages by which all memories grew.
    pub pages_grown: u64,
    /// Number of host calls, if the host records them or the run has a trace.
    pub host_calls: Option<u64>,
    /// Number of calls across the core boundary, if interposers report them.
    pub core_calls: Option<u64>,
    /// Number of instructions, if the engine counts them.
    pub fuel: Option<u64>,
}

impl Figures {
    /// Returns the resource use of a run.
    pub fn of(observation: &Observation) -> Figures {
        let core_calls = observation.core_calls.len() as u64 + observation.core_calls_dropped;
        Figures {
            pages_initial: observation.pages_initial,
            pages_grown: observation.pages_grown,
            host_calls: host_calls(observation),
            core_calls: (core_calls > 0).then_some(core_calls),
            fuel: observation.fuel_used,
        }
    }

    /// Returns the number of pages at the end of the run.
    pub fn pages(&self) -> u64 {
        self.pages_initial + self.pages_grown
    }

    /// Returns the figures that are compared exactly. Fuel is compared by budgets only.
    pub(super) fn exact(&self) -> [Exact; 4] {
        [
            ("pages-initial", Some(self.pages_initial)),
            ("pages-grown", Some(self.pages_grown)),
            ("host-calls", self.host_calls),
            ("core-calls", self.core_calls),
        ]
    }
}

/// Name of a figure, and its value if available.
pub(super) type Exact = (&'static str, Option<u64>);

/// Returns the number of host calls, from the trace or from a host that records calls.
fn host_calls(observation: &Observation) -> Option<u64> {
    if let Some(trace) = &observation.trace {
        return Some(trace.imports().count() as u64 + trace.dropped);
    }
    observation.calls_recorded.then_some(observation.calls.len() as u64 + observation.calls_dropped)
}

/// Signed difference in percent of the first figure.
pub(super) struct PerCent(pub(super) u64, pub(super) u64);

impl fmt::Display for PerCent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PerCent(baseline, candidate) = *self;
        match baseline {
            0 => write!(f, "from 0"),
            _ => write!(f, "{:+.1} %", (candidate as f64 - baseline as f64) * 100.0 / baseline as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Outcome;

    #[test]
    fn uncounted_figures_are_absent() {
        let mut observation = Observation::of(Outcome::Returned);
        assert_eq!(Figures::of(&observation), Figures::default());
        observation.calls_recorded = true;
        observation.core_calls = vec!["m.f()".to_string()];
        observation.core_calls_dropped = 2;
        let figures = Figures::of(&observation);
        assert_eq!((figures.host_calls, figures.core_calls, figures.fuel), (Some(0), Some(3), None));
    }

    #[test]
    fn percentages_have_signs() {
        assert_eq!(PerCent(200, 210).to_string(), "+5.0 %");
        assert_eq!(PerCent(200, 199).to_string(), "-0.5 %");
        assert_eq!(PerCent(0, 1).to_string(), "from 0");
    }
}
