//! The size of everything that a case says, without expanding any of it: repeated texts and series of variables are counted,
//! not made.

use std::collections::BTreeMap;

use thiserror::Error;

use super::{Bytes, Case, Expect, HostCalls, RepeatBytes, Stdin, Text};

/// Bytes that each value counts beside its own: a list of many empty texts takes memory, too.
const ITEM: u64 = 64;

/// The values of a case come to more bytes than a case may have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{key}` comes to {bytes} bytes: inputs, calls, answers and expectations of the case come to {total} bytes together, \
     expected at most {} (each value counts {ITEM} bytes more than its text)\nhelp: make `{key}` smaller",
    Case::MOST_BYTES
)]
pub struct TooLarge {
    /// The key with the most bytes.
    pub key: String,
    /// Its bytes.
    pub bytes: u64,
    /// Bytes of all keys together.
    pub total: u64,
}

impl Case {
    /// The most bytes that all inputs, calls, answers and expectations may come to. `files` are not among them: the private
    /// directory has a limit of its own.
    pub const MOST_BYTES: u64 = 64 << 20;

    /// Checks the total size of everything that the case says, before any of it is expanded.
    ///
    /// # Errors
    ///
    /// [`TooLarge`] names the key with the most bytes, and the total.
    pub fn check_size(&self) -> Result<(), TooLarge> {
        self.sizes().check()
    }

    fn sizes(&self) -> Sizes {
        let mut sizes = Sizes::default();
        sizes.add("args", self.args.iter().map(|arg| text(arg)));
        for (variable, content) in &self.env {
            sizes.add(&format!("env.{variable}"), [text(variable), value(content)]);
        }
        if let Some(series) = &self.env_series {
            // Names have a number of up to ten digits behind them.
            let each = (ITEM + 10).saturating_add(text(&series.name)).saturating_add(text(&series.value));
            sizes.put("env-series", each.saturating_mul(series.count.into()));
        }
        match &self.stdin {
            Some(Stdin::All(bytes)) => sizes.add("stdin", [content(bytes)]),
            Some(Stdin::Pieces(pieces)) => sizes.add("stdin.pieces", pieces.pieces.iter().map(|piece| text(piece))),
            Some(Stdin::Closed(_)) | None => {}
        }
        for call in &self.calls {
            sizes.add("call.invoke", [text(&call.invoke)]);
            sizes.add("call.write-stdin", call.write_stdin.iter().map(|written| text(written)));
            sizes.add("call.prints", call.prints.iter().map(|printed| text(printed)));
            sizes.add("call.returns", call.returns.iter().map(|value| text(value)));
        }
        for answer in &self.imports {
            sizes.add("import.function", [text(&answer.function)]);
            sizes.add("import.print", answer.print.iter().map(|printed| text(printed)));
            sizes.add("import.returns", answer.returns.iter().map(|value| text(value)));
        }
        if let Some(provider) = &self.encode.provider {
            sizes.add("encode.provider", [content(&Bytes::File(provider.clone()))]);
        }
        sizes.expect("expect", &self.expect);
        for on in &self.overrides {
            sizes.expect("override.expect", &on.expect);
        }
        sizes
    }
}

/// Bytes by key.
#[derive(Default)]
struct Sizes(BTreeMap<String, u64>);

impl Sizes {
    fn put(&mut self, key: &str, bytes: u64) {
        let size = self.0.entry(key.to_string()).or_default();
        *size = size.saturating_add(bytes);
    }

    fn add(&mut self, key: &str, values: impl IntoIterator<Item = u64>) {
        for bytes in values {
            self.put(key, bytes.saturating_add(ITEM));
        }
    }

    fn expect(&mut self, at: &str, expect: &Expect) {
        for (key, bytes) in [
            ("error", &expect.error),
            ("stdout", &expect.stdout),
            ("stderr", &expect.stderr),
            ("core-calls", &expect.core_calls),
            ("trace", &expect.trace),
        ] {
            self.add(&format!("{at}.{key}"), bytes.iter().map(content));
        }
        let calls: Vec<&String> = match &expect.host_calls {
            Some(HostCalls::Exactly(calls)) => calls.iter().collect(),
            Some(HostCalls::Some(some)) => {
                some.at_least.iter().chain(some.unordered.iter().flatten()).chain(&some.never).collect()
            }
            None => Vec::new(),
        };
        self.add(&format!("{at}.host-calls"), calls.into_iter().map(|call| text(call)));
        let texts = expect.trap.iter().chain(&expect.trap_in).chain(&expect.backtrace);
        let texts = texts.chain(expect.imports.iter().flatten()).chain(&expect.no_imports);
        self.add(at, texts.map(|word| text(word)));
        for (path, entry) in expect.files.iter().flatten() {
            let link = entry.node().and_then(|node| node.link.as_deref()).map_or(0, text);
            self.add(&format!("{at}.files"), [text(path), link, entry.content().map_or(0, content)]);
        }
    }

    fn check(self) -> Result<(), TooLarge> {
        let total = self.0.values().fold(0u64, |total, bytes| total.saturating_add(*bytes));
        if total <= Case::MOST_BYTES {
            return Ok(());
        }
        let largest = self.0.into_iter().max_by_key(|(_, bytes)| *bytes);
        largest.map_or(Ok(()), |(key, bytes)| Err(TooLarge { key, bytes, total }))
    }
}

fn text(text: &str) -> u64 {
    text.len() as u64
}

fn content(bytes: &Bytes) -> u64 {
    match bytes {
        Bytes::Repeat(text) => repeated(text),
        // Of these no more can be wrong than digits, which others check.
        bytes => bytes.length().ok().flatten().unwrap_or_default() as u64,
    }
}

fn value(value: &Text) -> u64 {
    match value {
        Text::Plain(plain) => text(plain),
        Text::Repeat(text) => repeated(text),
    }
}

/// Bytes of a repeated text, however many they are.
fn repeated(bytes: &RepeatBytes) -> u64 {
    text(&bytes.repeat).saturating_mul(bytes.times as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(case: &str) -> TooLarge {
        let case: Case = toml::from_str(case).unwrap();
        case.check_size().unwrap_err()
    }

    #[test]
    fn a_series_of_variables_is_counted_without_making_it() {
        let error = refused("env-series = { name = 'N', value = '', count = 4000000000 }");
        assert_eq!((error.key.as_str(), error.bytes), ("env-series", 4_000_000_000 * 75));
        assert!(error.to_string().contains("help: make `env-series` smaller"), "{error}");
    }

    #[test]
    fn totals_are_bounded_where_no_single_value_is_too_long() {
        let half = "{ repeat = 'x', times = 40000000 }";
        let fits = format!("stdin = {half}");
        assert_eq!(toml::from_str::<Case>(&fits).unwrap().check_size(), Ok(()));
        for both in [
            format!("stdin = {half}\n[expect]\nstdout = {half}"),
            format!("env = {{ A = {half}, B = {half} }}"),
            format!("[expect]\nstdout = {half}\nstderr = {half}"),
            format!("override = [{{ trials = '*', expect = {{ stdout = {half} }} }}]\n[expect]\nerror = {half}"),
            format!("[expect.files]\na = {half}\nb = {{ content = {half} }}"),
        ] {
            assert_eq!(refused(&both).total / 10_000_000, 8, "{both}");
        }
    }

    #[test]
    fn every_text_of_a_case_counts() {
        let long = "x".repeat(1000);
        for (key, case) in [
            ("args", "args = ['LONG']"),
            ("env.A", "env = { A = 'LONG' }"),
            ("env-series", "env-series = { name = 'A', value = 'LONG', count = 1 }"),
            ("stdin", "stdin = 'LONG'"),
            ("stdin.pieces", "stdin = { pieces = ['LONG'] }"),
            ("call.invoke", "call = [{ invoke = 'LONG' }]"),
            ("call.write-stdin", "call = [{ invoke = '', write-stdin = 'LONG' }]"),
            ("call.prints", "call = [{ invoke = '', prints = 'LONG' }]"),
            ("call.returns", "call = [{ invoke = '', returns = 'LONG' }]"),
            ("import.function", "import = [{ function = 'LONG' }]"),
            ("import.print", "import = [{ function = '', print = 'LONG' }]"),
            ("import.returns", "import = [{ function = '', returns = ['LONG'] }]"),
            ("expect.host-calls", "expect = { host-calls = ['LONG'] }"),
            ("expect.host-calls", "expect = { host-calls = { never = ['LONG'] } }"),
            ("expect.core-calls", "expect = { core-calls = 'LONG' }"),
            ("expect.trace", "expect = { trace = 'LONG' }"),
            ("expect", "expect = { backtrace = ['LONG'] }"),
        ] {
            let case: Case = toml::from_str(&case.replace("LONG", &long)).unwrap();
            let sizes = case.sizes();
            assert!(sizes.0.get(key).is_some_and(|bytes| (1000..1200).contains(bytes)), "{key}: {:?}", sizes.0);
        }
    }
}
