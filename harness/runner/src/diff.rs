//! Two texts, or two rows of bytes, side by side: a unified diff that no output is too large for.

use similar::TextDiff;

/// Above this many bytes only the first difference is shown: a diff of more helps nobody.
const MOST_BYTES: usize = 128 * 1024;

/// Lines that a diff shows.
const MOST_LINES: usize = 200;

/// Lines at the end of an output that was not compared.
const TAIL_LINES: usize = 20;

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

/// The end of an output for a reader: text as it stands, rows of digits otherwise.
pub(crate) fn tail(bytes: &[u8]) -> String {
    // No more than can be shown is looked at: whole characters and, in a row of digits, whole rows.
    let mut start = bytes.len().saturating_sub(MOST_BYTES) / ROW * ROW;
    while start > 0 && std::str::from_utf8(bytes).is_ok() && bytes[start] & 0xc0 == 0x80 {
        start += 1;
    }
    let end = &bytes[start..];
    let all = text(end).map_or_else(|| rows(end, start), str::to_string);
    let lines = all.lines().count();
    let skipped = lines.saturating_sub(TAIL_LINES);
    let shown: Vec<&str> = all.lines().skip(skipped).collect();
    match (start, skipped) {
        (0, 0) => shorten(&all),
        (0, _) => format!("({skipped} lines before)\n{}", shorten(&shown.join("\n"))),
        _ => format!("(the end of {} bytes)\n{}", bytes.len(), shorten(&shown.join("\n"))),
    }
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
    fn the_end_of_an_output_is_shown() {
        let lines: String = (0..100).map(|line| format!("{line}\n")).collect();
        assert!(tail(lines.as_bytes()).starts_with("(80 lines before)\n80\n"));
        assert_eq!(tail(b"a\nb"), "a\nb\n");
        assert!(tail(&vec![0; 1 << 20]).starts_with("(the end of 1048576 bytes)\n000ffec0  00 "));
        assert!(tail("ä".repeat(1 << 20).as_bytes()).starts_with("(the end of 2097152 bytes)\nää"));
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
