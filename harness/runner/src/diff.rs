//! Two texts, or two rows of bytes, side by side: a unified diff that no output is too large for.

use similar::TextDiff;

/// Above this many bytes only the first difference is shown: a diff of more helps nobody.
const MOST_BYTES: usize = 128 * 1024;

/// Lines that a diff shows.
const MOST_LINES: usize = 200;

/// Characters that a line shows.
const MOST_CHARS: usize = 400;

/// Bytes in a line of digits.
const ROW: usize = 16;

/// The differences of two outputs: of lines where both are text, of rows of bytes otherwise.
pub(crate) fn bytes(expected: &[u8], seen: &[u8]) -> String {
    if expected.len().max(seen.len()) > MOST_BYTES {
        return first_difference(expected, seen);
    }
    match (text(expected), text(seen)) {
        (Some(expected), Some(seen)) => lines(expected, seen),
        _ => lines(&rows(expected, 0), &rows(seen, 0)),
    }
}

/// The differences of two texts.
pub(crate) fn lines(expected: &str, seen: &str) -> String {
    let diff = TextDiff::from_lines(expected, seen);
    let mut unified = diff.unified_diff();
    shorten(&unified.context_radius(3).missing_newline_hint(true).to_string())
}

/// The differences of two lists of lines.
pub(crate) fn lists(expected: &[String], seen: &[String]) -> String {
    lines(&joined(expected), &joined(seen))
}

/// Bytes for a reader: text as it stands, rows of digits otherwise; shortened.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let (bytes, cut) = match bytes.len() > MOST_BYTES {
        true => (&bytes[..MOST_BYTES], true),
        false => (bytes, false),
    };
    let mut shown = match text(bytes) {
        Some(text) => shorten(text),
        None if cut => shorten(&String::from_utf8_lossy(bytes)),
        None => shorten(&rows(bytes, 0)),
    };
    if cut {
        shown.push_str(&format!("\n(the first {MOST_BYTES} bytes)\n"));
    }
    shown
}

fn first_difference(expected: &[u8], seen: &[u8]) -> String {
    let at = expected.iter().zip(seen).take_while(|(expected, seen)| expected == seen).count();
    let start = at / ROW * ROW;
    let around = |bytes: &[u8]| {
        let end = bytes.len().min(start + 2 * ROW);
        rows(bytes.get(start..end).unwrap_or_default(), start)
    };
    format!(
        "{} bytes expected, {} seen; they differ from byte {at} on:\n{}",
        expected.len(),
        seen.len(),
        lines(&around(expected), &around(seen))
    )
}

fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).then_some(text)
}

/// `00000010  68 65 6c 6c 6f .. |hello|`, with the offset counted from `start`.
fn rows(bytes: &[u8], start: usize) -> String {
    let mut text = String::new();
    for (row, bytes) in bytes.chunks(ROW).enumerate() {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let plain: String = bytes
            .iter()
            .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { *byte as char } else { '.' })
            .collect();
        text.push_str(&format!("{:08x}  {:<47}  |{plain}|\n", start + row * ROW, digits.join(" ")));
    }
    text
}

fn shorten(text: &str) -> String {
    let mut shortened = String::new();
    let count = text.lines().count();
    for line in text.lines().take(MOST_LINES) {
        match line.char_indices().nth(MOST_CHARS) {
            None => shortened.push_str(line),
            Some((end, _)) => {
                shortened.push_str(&format!("{} .. ({} bytes more)", &line[..end], line.len() - end));
            }
        }
        shortened.push('\n');
    }
    if count > MOST_LINES {
        shortened.push_str(&format!("({} lines more)\n", count - MOST_LINES));
    }
    shortened
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_line_end_is_seen() {
        assert!(lines("a\n", "a").contains("No newline"));
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_digits() {
        let diff = bytes(b"\x00\x01", b"\x00\x02");
        assert!(diff.contains("-00000000  00 01 "), "{diff}");
        assert!(diff.contains("+00000000  00 02 "), "{diff}");
    }

    #[test]
    fn of_large_outputs_the_first_difference_is_shown() {
        let expected = vec![b'a'; 1 << 20];
        let mut seen = expected.clone();
        seen[70_000] = b'b';
        let diff = bytes(&expected, &seen);
        assert!(diff.contains("differ from byte 70000 on"), "{diff}");
        assert!(diff.len() < 1000, "{diff}");
        assert!(bytes(&expected, &expected[1..]).contains("1048575 seen"));
    }
}
