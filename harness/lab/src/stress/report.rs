//! Reproducible text report of all calls.

use std::fmt;

use super::again::{FEW, MANY, More};
use super::shape::Shape;
use super::table::Table;
use crate::fuzz::FUNCTIONS;

/// Results of all calls of an adapter.
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) subject: String,
    pub(super) host: String,
    pub(super) plain: Table,
    /// Growth after many calls, by function.
    pub(super) more: Vec<(&'static str, More)>,
    pub(super) shapes: Vec<(Shape, Shaped)>,
}

/// Results of guests of another layout.
#[derive(Clone, Debug)]
pub(super) enum Shaped {
    /// The guests ran.
    Ran(Table),
    /// No component could be encoded.
    Refused(String),
}

impl Report {
    /// Returns the number of runs of the plain guest in which a call was made from the allocator.
    pub fn runs(&self) -> usize {
        self.plain.runs()
    }

    /// Returns the number of these runs in which both calls end as they do alone.
    pub fn usual(&self) -> usize {
        self.plain.usual()
    }

    /// Returns the layouts in which first calls or calls from the allocator do not end as they do alone.
    pub fn unusual(&self) -> Vec<Shape> {
        let shaped = self.shapes.iter().filter_map(|(shape, shaped)| match shaped {
            Shaped::Ran(table) => Some((*shape, table)),
            Shaped::Refused(_) => None,
        });
        let all = std::iter::once((Shape::Plain, &self.plain)).chain(shaped);
        all.filter(|(_, table)| table.usual() < table.runs()).map(|(shape, _)| shape).collect()
    }

    /// Returns true if a resource has grown after many calls of a function.
    pub fn keeps_more(&self) -> bool {
        !self.more.is_empty()
    }

    fn shape(&self, f: &mut fmt::Formatter<'_>, shape: Shape, shaped: &Shaped) -> fmt::Result {
        writeln!(f, "\na guest that {shape}")?;
        let table = match shaped {
            Shaped::Refused(why) => return writeln!(f, "  rejected: {}", why.trim_end().replace('\n', "\n  ")),
            Shaped::Ran(table) => table,
        };
        match table.other_firsts(&self.plain) {
            same if same.is_empty() => writeln!(f, "  first calls: the same")?,
            others => write!(f, "  first calls:\n{}", others.replace("  ", "    "))?,
        }
        if table.within.is_empty() {
            return Ok(());
        }
        let (runs, usual) = (table.runs(), table.usual());
        match table.nested(Some(&self.plain)) {
            same if same.is_empty() => writeln!(f, "  calls from the allocator: the same, {usual} of {runs} as usual"),
            others => {
                writeln!(f, "  calls from the allocator: {usual} of {runs} as usual, differences:")?;
                let lines = others.lines().filter(|line| !line.is_empty());
                lines.into_iter().try_for_each(|line| writeln!(f, "    {line}"))
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} on {}", self.subject, self.host)?;
        writeln!(f, "\nfirst call               allocations  result")?;
        for (function, (end, allocations)) in FUNCTIONS.iter().zip(&self.plain.firsts) {
            writeln!(f, "{:<24} {allocations:>11}  {end}", function.name)?;
        }
        writeln!(f, "\ncalls from the allocator, during an allocation by an outer call")?;
        f.write_str(&self.plain.nested(None))?;
        let (runs, usual) = (self.plain.runs(), self.plain.usual());
        writeln!(f, "\n{runs} runs, in {usual} of which both calls end as they do alone")?;

        writeln!(f, "\ngrowth from {FEW} to {MANY} calls")?;
        for (function, more) in &self.more {
            writeln!(f, "  {function}: {more}")?;
        }
        if self.more.is_empty() {
            writeln!(f, "  nothing")?;
        }
        for (shape, shaped) in &self.shapes {
            self.shape(f, *shape, shaped)?;
        }
        Ok(())
    }
}
