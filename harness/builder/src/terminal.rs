//! Text on its way to a terminal: control characters of guests, recordings, names and hosts are escaped.
//!
//! A terminal takes control characters for commands: they move the cursor, hide lines, or set the window's title. All text
//! that the harness composes goes through [`out`], [`json`] or [`note`], or through [`escaped`] where a library prints it.
//! Files keep the bytes as they are, and so does the output of a guest that `polyfill run` passes on.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// Writes text to standard output, with control characters escaped.
///
/// # Errors
/// Standard output takes no more. A reader that closed the pipe is none.
pub fn out(text: &str) -> io::Result<()> {
    raw(escaped(text).as_bytes())
}

/// Writes JSON to standard output, with control characters escaped as JSON does it.
///
/// # Errors
/// As of [`out`].
pub fn json(text: &str) -> io::Result<()> {
    raw(escaped_json(text).as_bytes())
}

/// Writes bytes to standard output as they are: those of a file.
///
/// # Errors
/// As of [`out`].
pub fn raw(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        // A reader that has seen enough is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes text to standard error, with control characters escaped and a line end.
pub fn note(text: &str) {
    // Without standard error there is no place to report this to.
    let _ = io::stderr().lock().write_all(format!("{}\n", escaped(text)).as_bytes());
}

/// Text with its control characters escaped, but for line ends and tabs: `\u{1b}`.
///
/// Beside those of ASCII these are U+0080 to U+009F, the marks that change the direction of text, and invisible characters
/// that terminals do not show.
pub fn escaped(text: &str) -> Cow<'_, str> {
    replace(text, |c| !matches!(c, '\n' | '\t') && is_control(c), rust)
}

/// The same for text that has to stay on one line, a name for instance: line ends and tabs are escaped, too.
pub fn line(text: &str) -> Cow<'_, str> {
    replace(text, is_control, rust)
}

/// JSON with the control characters escaped that JSON lets stand in its strings: `\u009b`.
pub fn escaped_json(text: &str) -> Cow<'_, str> {
    let json = |to: &mut String, c: char| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(to, "\\u{unit:04x}");
        }
    };
    // Line ends and tabs stand between values only.
    replace(text, |c| !matches!(c, '\n' | '\r' | '\t') && is_control(c), json)
}

fn rust(to: &mut String, c: char) {
    match c {
        '\n' => to.push_str("\\n"),
        '\r' => to.push_str("\\r"),
        '\t' => to.push_str("\\t"),
        c => drop(write!(to, "\\u{{{:x}}}", u32::from(c))),
    }
}

fn replace(text: &str, wanted: impl Fn(char) -> bool, write: impl Fn(&mut String, char)) -> Cow<'_, str> {
    let Some(first) = text.find(&wanted) else { return Cow::Borrowed(text) };
    let mut replaced = String::with_capacity(text.len() + 16);
    replaced.push_str(&text[..first]);
    for c in text[first..].chars() {
        if wanted(c) { write(&mut replaced, c) } else { replaced.push(c) }
    }
    Cow::Owned(replaced)
}

/// Control characters, and formatting characters that change how the text around them is shown.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        let text = "\u{1b}]0;x\u{7}\u{8}\r\n\t\u{9b}31m\u{202e}\u{2066}\u{7f}\u{0}ä€👩\u{200d}🚀";
        let shown = "\\u{1b}]0;x\\u{7}\\u{8}\\r\n\t\\u{9b}31m\\u{202e}\\u{2066}\\u{7f}\\u{0}ä€👩\u{200d}🚀";
        assert_eq!(escaped(text), shown);
        assert_eq!(line("a\nb\tc"), "a\\nb\\tc");
        assert!(matches!(escaped("plain\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn every_control_character_is_escaped() {
        for c in (0..=0x10ffff).filter_map(char::from_u32).filter(|c| c.is_control()) {
            let text = c.to_string();
            assert_eq!(escaped(&text) != text, !matches!(c, '\n' | '\t'), "{c:?}");
            assert_ne!(line(&text), text, "{c:?}");
        }
    }

    #[test]
    fn escaped_json_is_the_same_value() {
        let text = "\u{1b}\u{9b}\u{202e}\u{e0001}\n\"";
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        let escaped = escaped_json(&json);
        assert!(!escaped.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{e0001}']), "{escaped}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&escaped).unwrap(), [text]);
    }
}
