//! What is in a bundle, for people.

use std::borrow::Cow;

use polyfill_build::terminal;
use polyfill_runner::lines_in;

use crate::format::Bundle;

/// Calls that are shown at the beginning of a trace, and as many at its end.
const CALLS: usize = 200;
/// Lines that are shown of each text.
const LINES: usize = 400;
/// Characters that are shown of each line.
const CHARACTERS: usize = 1000;

/// How much of a bundle is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Amount {
    /// The beginning and the end of a long trace, the first lines of a long text, and the beginning of a long line. Notes in
    /// their places say how much is left out.
    #[default]
    Cut,
    /// All of it.
    All,
}

/// Everything but the modules, of which the sizes are told.
///
/// Names and calls are on one line each, with control characters escaped; other text is printed by
/// [`terminal::out`](polyfill_build::terminal::out).
pub fn show(bundle: &Bundle, amount: Amount) -> String {
    let about = &bundle.about;
    let mut page = Page { text: String::new(), amount };
    page.line(&about.trial);
    page.line(&format!("recorded by polyfill {} with wasmtime {}", about.versions.polyfill, about.versions.wasmtime));
    if let Some(description) = &about.case.description {
        page.lines(description.trim_end());
    }
    page.line("");
    page.line(&format!("component  {} bytes", bundle.component.len()));
    if let Some(main) = &bundle.main {
        page.line(&format!("main       {} bytes", main.len()));
    }
    for (adapter, module) in about.adapters.iter().zip(&bundle.adapters) {
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
    page.calls(bundle);
    if !about.verdict.is_empty() {
        page.line("");
        page.line("verdict:");
        page.lines(about.verdict.trim_end());
    }
    page.text
}

/// A text in the making.
struct Page {
    text: String,
    amount: Amount,
}

impl Page {
    /// A text on one line.
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

    /// A text of several lines; an empty one is an empty line.
    fn lines(&mut self, text: &str) {
        if text.is_empty() {
            self.line("");
        }
        let most = if self.amount == Amount::All { usize::MAX } else { LINES };
        let mut lines = text.lines();
        for line in lines.by_ref().take(most) {
            // A tab is fine here.
            let line = line.split('\t').map(terminal::line).collect::<Vec<_>>().join("    ");
            self.line(&line);
        }
        let more = lines.count();
        if more > 0 {
            self.line(&format!("({more} more lines: `--all` shows them)"));
        }
    }

    fn calls(&mut self, bundle: &Bundle) {
        let all = bundle.trace.events.len();
        self.line(&format!("trace ({all} calls):"));
        let left_out = match self.amount {
            Amount::Cut if all > 2 * CALLS => CALLS..all - CALLS,
            _ => all..all,
        };
        for call in lines_in(&bundle.trace, 0..left_out.start) {
            self.line(&format!("  {call}"));
        }
        if !left_out.is_empty() {
            self.line(&format!("  ({} calls left out: `--all` shows them)", left_out.len()));
            for call in lines_in(&bundle.trace, left_out.end..all) {
                self.line(&format!("  {call}"));
            }
        }
    }
}
