//! What calls came to, as text: the same in every run.

use std::fmt;

use super::again::{FEW, MANY, More};
use super::shape::Shape;
use super::table::Table;
use crate::hunt::FUNCTIONS;

/// What all calls of an adapter came to.
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) subject: String,
    pub(super) host: String,
    pub(super) plain: Table,
    /// By function: what there is more of after many calls than after a few.
    pub(super) more: Vec<(&'static str, More)>,
    pub(super) shapes: Vec<(Shape, Shaped)>,
}

/// What became of guests of another shape.
#[derive(Clone, Debug)]
pub(super) enum Shaped {
    /// They ran.
    Ran(Table),
    /// No component was made of one.
    Refused(String),
}

impl Report {
    /// How many runs of the plain guest there were in which a call was made out of the allocator.
    pub fn runs(&self) -> usize {
        self.plain.runs()
    }

    /// In how many of these both calls ended as they do alone.
    pub fn usual(&self) -> usize {
        self.plain.usual()
    }

    /// The shapes of guests in which calls at bad times do not end as they do alone.
    pub fn unusual(&self) -> Vec<Shape> {
        let shaped = self.shapes.iter().filter_map(|(shape, shaped)| match shaped {
            Shaped::Ran(table) => Some((*shape, table)),
            Shaped::Refused(_) => None,
        });
        let all = std::iter::once((Shape::Plain, &self.plain)).chain(shaped);
        all.filter(|(_, table)| table.usual() < table.runs()).map(|(shape, _)| shape).collect()
    }

    /// Whether there is more of anything after many calls of a function than after a few.
    pub fn keeps_more(&self) -> bool {
        !self.more.is_empty()
    }

    fn shape(&self, f: &mut fmt::Formatter<'_>, shape: Shape, shaped: &Shaped) -> fmt::Result {
        writeln!(f, "\na guest that {shape}")?;
        let table = match shaped {
            Shaped::Refused(why) => return writeln!(f, "  is refused: {}", why.trim_end().replace('\n', "\n  ")),
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
        match table.told(Some(&self.plain)) {
            same if same.is_empty() => writeln!(f, "  out of the allocator: the same, {usual} of {runs} as usual"),
            others => {
                writeln!(f, "  out of the allocator: {usual} of {runs} as usual, what is not the same:")?;
                let lines = others.lines().filter(|line| !line.is_empty());
                lines.into_iter().try_for_each(|line| writeln!(f, "    {line}"))
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} on {}", self.subject, self.host)?;
        writeln!(f, "\nas the first call        allocations  ends")?;
        for (function, (end, allocations)) in FUNCTIONS.iter().zip(&self.plain.firsts) {
            writeln!(f, "{:<24} {allocations:>11}  {end}", function.name)?;
        }
        writeln!(f, "\nout of the allocator, while it is asked for memory by another call")?;
        f.write_str(&self.plain.told(None))?;
        let (runs, usual) = (self.plain.runs(), self.plain.usual());
        writeln!(f, "\n{runs} runs, in {usual} of them both calls end as they do alone")?;

        writeln!(f, "\nafter {MANY} calls there is more than after {FEW} of")?;
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
