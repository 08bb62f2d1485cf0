//! Leak test: resources that grow with repeated calls of one function.

use std::collections::BTreeMap;
use std::fmt;

use super::End;

/// Number of calls after which an adapter has allocated everything that it caches.
pub(super) const FEW: u32 = 10;
/// Number of calls of the long run. An adapter without leaks holds no more after these than after `FEW`.
pub(super) const MANY: u32 = 1000;

/// Resources held after some calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// Result of the last call.
    pub(super) end: End,
    /// Amounts by name: host handles by type, pages, blocks of the guest's allocator.
    pub(super) held: BTreeMap<String, u64>,
}

/// Growth between a few calls and many calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct More {
    /// Result of the last of many calls, if it differs from the last of a few.
    end: Option<End>,
    more: Vec<(String, u64)>,
}

impl More {
    /// Returns `None` if nothing has grown.
    pub(super) fn of(few: &Held, many: &Held) -> Option<More> {
        let end = (few.end != many.end).then(|| many.end.clone());
        let grown = many.held.iter().filter_map(|(name, held)| {
            let more = held.saturating_sub(few.held.get(name).copied().unwrap_or_default());
            (more > 0).then(|| (name.clone(), more))
        });
        let more = More { end, more: grown.collect() };
        (more.end.is_some() || !more.more.is_empty()).then_some(more)
    }
}

impl fmt::Display for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = self.more.iter().map(|(name, more)| format!("{more} {name}"));
        let end = self.end.iter().map(|end| format!("ends with {end}"));
        f.write_str(&more.chain(end).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(end: &str, held: &[(&str, u64)]) -> Held {
        Held { end: end.into(), held: held.iter().map(|(name, count)| (name.to_string(), *count)).collect() }
    }

    #[test]
    fn unchanged_amounts_are_not_growth() {
        let few = held("success", &[("input-stream", 3), ("pages", 1)]);
        assert_eq!(More::of(&few, &few), None);
        let fewer = held("success", &[("pages", 1)]);
        assert_eq!(More::of(&few, &fewer), None);
        let many = held("mfile", &[("input-stream", 993), ("pages", 1), ("pollable", 1)]);
        let more = More::of(&few, &many).map(|more| more.to_string());
        assert_eq!(more.as_deref(), Some("990 input-stream, 1 pollable, ends with mfile"));
    }
}
