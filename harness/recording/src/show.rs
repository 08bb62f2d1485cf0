//! Textual dump of a recording.

use std::borrow::Cow;

use polyfill_builder::terminal;
use polyfill_runner::lines_in;

use crate::format::Recording;

/// Number of calls shown from the beginning of a trace, and from its end.
const CALLS: usize = 200;
/// Number of lines shown of each text.
const LINES: usize = 400;
/// Number of characters shown of each line.
const CHARACTERS: usize = 1000;

/// Amount of detail to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Amount {
    /// Both ends of a long trace, the first lines of a long text, and the beginning of a long line. Notes give the
    /// size of each omitted part.
    #[default]
    Cut,
    /// Everything.
    All,
}

/// Formats a recording as text; modules are represented by their sizes.
///
/// Names and calls take one line each, with control characters escaped. Print other text with
/// [`terminal::out`](polyfill_builder::terminal::out).
pub fn show(recording: &Recording, amount: Amount) -> String {
    let about = &recording.about;
    let mut page = Page { text: String::new(), amount };
    page.line(&about.trial);
    page.line(&format!("recorded by polyfill {} with wasmtime {}", about.versions.polyfill, about.versions.wasmtime));
    if let Some(description) = &about.case.description {
        page.lines(description.trim_end());
    }
    page.line("");
    page.line(&format!("component  {} bytes", recording.component.len()));
    if let Some(main) = &recording.main {
        page.line(&format!("main       {} bytes", main.len()));
    }
    for (adapter, module) in about.adapters.iter().zip(&recording.adapters) {
        page.line(&format!(
            "adapter    {} bytes, {} for {}",
            module.len(),
            adapter.name,
            adapter.implements.join(", ")
        ));
    }
    page.line("");
    page.lines(&format!("outcome: {}", about.outcome));
    page.lines(about.outcome.backtrace().trim_end());
    for (name, bytes) in [("stdout", &about.stdout), ("stderr", &about.stderr)] {
        if !bytes.is_empty() {
            page.line(&format!("{name}: {}", polyfill_runner::bytes_text(bytes)));
        }
    }
    page.line("");
    page.calls(recording);
    if !about.verdict.is_empty() {
        page.line("");
        page.line("verdict:");
        page.lines(about.verdict.trim_end());
    }
    page.text
}

/// Text output under construction.
struct Page {
    text: String,
    amount: Amount,
}

impl Page {
    /// Adds a text on one line.
    fn line(&mut self, line: &str) {
        let line = terminal::line(line);
        let cut = match line.char_indices().nth(CHARACTERS).filter(|_| self.amount == Amount::Cut) {
            Some((end, _)) => {
                let more = line[end..].chars().count();
                Cow::Owned(format!("{} .. ({more} more characters: `--all` shows them)", &line[..end]))
            }
            None => line,
        };
        self.text.push_str(&cut);
        self.text.push('\n');
    }

    /// Adds a text of several lines. An empty text is an empty line.
    fn lines(&mut self, text: &str) {
        if text.is_empty() {
            self.line("");
        }
        let most = if self.amount == Amount::All { usize::MAX } else { LINES };
        let mut lines = text.lines();
        for line in lines.by_ref().take(most) {
            // Tabs are allowed here.
            let line = line.split('\t').map(terminal::line).collect::<Vec<_>>().join("    ");
            self.line(&line);
        }
        let more = lines.count();
        if more > 0 {
            self.line(&format!("({more} more lines: `--all` shows them)"));
        }
    }

    fn calls(&mut self, recording: &Recording) {
        let all = recording.trace.events.len();
        self.line(&format!("trace ({all} calls):"));
        let left_out = match self.amount {
            Amount::Cut if all > 2 * CALLS => CALLS..all - CALLS,
            _ => all..all,
        };
        for call in lines_in(&recording.trace, 0..left_out.start) {
            self.line(&format!("  {call}"));
        }
        if !left_out.is_empty() {
            self.line(&format!("  ({} calls left out: `--all` shows them)", left_out.len()));
            for call in lines_in(&recording.trace, left_out.end..all) {
                self.line(&format!("  {call}"));
            }
        }
    }
}
