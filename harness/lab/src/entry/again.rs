//! One call again and again: what there is more of in the end is more in every program that runs for long.

use std::collections::BTreeMap;
use std::fmt;

use super::End;

/// Calls after which an adapter has what it keeps.
pub(super) const FEW: u32 = 10;
/// Calls after which it has no more than that.
pub(super) const MANY: u32 = 1000;

/// What there is after some calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// How the last call ended.
    pub(super) end: End,
    /// How much there is, by what it is: handles of the host by their types, pages, blocks of the guest's allocator.
    pub(super) held: BTreeMap<String, u64>,
}

/// What there is more of after many calls than after a few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct More {
    /// How the last call ended, if not like the last one of a few.
    end: Option<End>,
    more: Vec<(String, u64)>,
}

impl More {
    /// None if there is nothing more.
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
        let end = self.end.iter().map(|end| format!("it ends by {end}"));
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
    fn what_stays_as_it_is_is_no_more() {
        let few = held("success", &[("input-stream", 3), ("pages", 1)]);
        assert_eq!(More::of(&few, &few), None);
        let fewer = held("success", &[("pages", 1)]);
        assert_eq!(More::of(&few, &fewer), None);
        let many = held("mfile", &[("input-stream", 993), ("pages", 1), ("pollable", 1)]);
        let more = More::of(&few, &many).map(|more| more.to_string());
        assert_eq!(more.as_deref(), Some("990 input-stream, 1 pollable, it ends by mfile"));
    }
}
