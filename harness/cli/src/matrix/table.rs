//! Text format of the matrix: results by bug and release, descriptions of the failures, and a summary.

use std::fmt;

use polyfill_builder::reference;

use super::trials::{Release, Row, Status};

/// The matrix: all rows.
pub(super) struct Matrix {
    rows: Vec<Row>,
}

impl Matrix {
    pub(super) fn new(rows: Vec<Row>) -> Matrix {
        Matrix { rows }
    }

    /// Returns true if exactly the releases known to have a bug fail, and the guest without adapters passes, which
    /// validates its case.
    pub(super) fn is_as_known(&self) -> bool {
        let native = |row: &Row| !matches!(row.native, Some(Status::Failed(_) | Status::NotRun(_)));
        self.rows.iter().all(|row| native(row) && row.releases.iter().flatten().all(|release| !release.is_unexpected()))
    }

    fn count(&self, wanted: impl Fn(&Release) -> bool) -> usize {
        self.rows.iter().flat_map(|row| row.releases.iter().flatten()).filter(|release| wanted(release)).count()
    }
}

impl Release {
    fn is_unexpected(&self) -> bool {
        match self.known {
            _ if matches!(self.status, Status::NotRun(_)) => true,
            Some(bad) => self.status != Status::Ignored && bad == (self.status == Status::Passed),
            None => false,
        }
    }

    /// Returns the symbol of a result, followed by `!` if it contradicts the expectation.
    fn symbol(&self) -> String {
        let mark = if self.is_unexpected() { "!" } else { "" };
        format!("{}{mark}", symbol(&self.status))
    }
}

fn symbol(status: &Status) -> char {
    match status {
        Status::Passed => '.',
        Status::Failed(_) => 'X',
        Status::NotRun(_) | Status::Ignored => '?',
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "X: bug reproduced, .: not reproduced, ?: did not run, !: contradicts the known result\n")?;
        self.table(f)?;
        self.details(f)?;
        self.summary(f)
    }
}

impl Matrix {
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| name(row).len()).max().unwrap_or_default();
        let heads: Vec<&str> =
            ["native"].into_iter().chain(reference::releases().iter().map(|release| release.version)).collect();
        let mut lines = vec![format!("{:width$}  {}", "", heads.join(" "))];
        for row in &self.rows {
            let native = row.native.as_ref().map_or(String::new(), |status| symbol(status).to_string());
            let releases = row.releases.iter().map(|release| release.as_ref().map_or(String::new(), Release::symbol));
            let symbols = [native].into_iter().chain(releases).zip(&heads);
            let trials: Vec<String> =
                symbols.map(|(symbol, head)| format!("{symbol:<width$}", width = head.len())).collect();
            lines.push(format!("{:width$}  {}", name(row), trials.join(" ")));
        }
        lines.iter().try_for_each(|line| writeln!(f, "{}", line.trim_end()))
    }

    /// Prints the description of each bug, and the failures, with consecutive releases merged.
    fn details(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            writeln!(f, "\n{}: {}", name(row), row.description)?;
            writeln!(
                f,
                "  {} through {} on {}{}",
                row.case,
                row.chain,
                row.host,
                row.link.iter().map(|link| format!(", {link}")).collect::<String>()
            )?;
            if let Some(Status::Failed(how) | Status::NotRun(how)) = &row.native {
                writeln!(f, "  native: {how}")?;
            }
            let mut from = 0;
            while from < row.releases.len() {
                let status =
                    |number: usize| row.releases.get(number).and_then(Option::as_ref).map(|release| &release.status);
                let mut to = from;
                while to + 1 < row.releases.len() && status(to + 1) == status(from) {
                    to += 1;
                }
                if let Some(Status::Failed(how) | Status::NotRun(how)) = status(from) {
                    let version = |number: usize| reference::releases()[number].version;
                    match from == to {
                        true => writeln!(f, "  {}: {how}", version(from))?,
                        false => writeln!(f, "  {} to {}: {how}", version(from), version(to))?,
                    }
                }
                from = to + 1;
            }
        }
        Ok(())
    }

    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = |release: &Release| matches!(release.status, Status::Failed(_));
        let passed = |release: &Release| release.status == Status::Passed;
        let known = |bad: Option<bool>| move |release: &Release| release.known == bad;
        let count =
            |bad, wanted: &dyn Fn(&Release) -> bool| self.count(|release| known(bad)(release) && wanted(release));
        let native = self.rows.iter().filter(|row| row.native == Some(Status::Passed)).count();
        writeln!(f, "\nrows: {}, releases: {}", self.rows.len(), reference::releases().len())?;
        for (title, bad) in
            [("known to have the bug", Some(true)), ("known not to have the bug", Some(false)), ("unknown", None)]
        {
            let all = count(bad, &|_| true);
            writeln!(f, "{title}: {all} trials, {} failed, {} passed", count(bad, &failed), count(bad, &passed))?;
        }
        writeln!(
            f,
            "without an adapter: {native} passed of {}",
            self.rows.iter().filter(|row| row.native.is_some()).count()
        )
    }
}

fn name(row: &Row) -> String {
    format!("{} {}", row.bug, row.case.split("::").next().unwrap_or_default())
}
